"""Secret links of calendars as documents; one that is taken back is no more."""

from collections.abc import Mapping
from typing import Any

from chassis.documents import Database, Index
from services.calendar.domain.publications import Detail, Publication


class PublicationStore:
    """The collection `publications`."""

    indexes = (
        Index("publications", (("calendar", 1),)),
        Index("publications", (("digest", 1),), unique=True),
    )

    def __init__(self, database: Database) -> None:
        self._publications = database["publications"]

    async def insert(self, publication: Publication) -> None:
        await self._publications.insert_one({
            "_id": f"{publication.owner}.{publication.id}",
            "id": publication.id,
            "owner": publication.owner,
            "calendar": publication.calendar,
            "epoch": publication.epoch,
            "digest": publication.digest,
            "detail": publication.detail.value,
            "label": publication.label,
            "created_at": publication.created_at,
        })  # fmt: skip

    async def of(self, calendar: str) -> list[Publication]:
        """Those of a calendar, oldest first."""
        found = [_publication(each) async for each in self._publications.find({"calendar": calendar})]
        return sorted(found, key=lambda each: each.id)

    async def by_digest(self, digest: str) -> Publication | None:
        found = await self._publications.find_one({"digest": digest})
        return _publication(found) if found is not None else None

    async def remove(self, owner: str, publication_id: str) -> bool:
        """Whether there was one."""
        answer = await self._publications.delete_one({"_id": f"{owner}.{publication_id}"})
        return bool(answer.deleted_count)

    async def forget_calendar(self, calendar: str) -> None:
        await self._publications.delete_many({"calendar": calendar})


def _publication(document: Mapping[str, Any]) -> Publication:
    return Publication(
        id=document["id"],
        owner=document["owner"],
        calendar=document["calendar"],
        epoch=document["epoch"],
        digest=document["digest"],
        detail=Detail(document["detail"]),
        label=document["label"],
        created_at=document["created_at"],
    )
