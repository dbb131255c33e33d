"""Rooms and equipment as principals (RFC 6638 §2.4): each says its type, and where its calendar is."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from workspace.calendar.v1 import resources_pb2 as pb

from chassis.errors import NotFound
from chassis.identity import Identity
from gateway.edges.dav.caldav import rules
from gateway.edges.dav.elements import Element
from gateway.edges.dav.kinds import Place
from gateway.edges.dav.names import caldav
from gateway.edges.dav.paths import PRINCIPALS, Path
from gateway.edges.dav.people import MOST
from gateway.edges.dav.writing import href

_CUTYPES = {pb.RESOURCE_KIND_ROOM: "ROOM", pb.RESOURCE_KIND_EQUIPMENT: "RESOURCE"}
_KINDS = {cutype: kind for kind, cutype in _CUTYPES.items()}
CUTYPES = frozenset(_KINDS)
_LONGEST = 200


class Places:
    """Asks `ResourceService` in the name of whoever asks."""

    def __init__(self, resources: Any) -> None:
        self._resources = resources

    async def place(self, identity: Identity, address: str) -> Place | None:
        """Also for who administers it and does not book it."""
        found = await self._at(address)
        return _place(found) if found is not None else None

    async def _at(self, address: str) -> pb.Resource | None:
        """By its address alone: ids are no names of principals."""
        if "@" not in address or len(address) > _LONGEST:
            return None
        try:
            found: pb.Resource = await self._resources.GetResource(pb.GetResourceRequest(id=address))
        except NotFound:
            return None
        return found

    async def places(self, identity: Identity, text: str, cutype: str) -> Sequence[Place]:
        """None of a type that no place has; of many, so many as an answer takes and one more, by name."""
        if cutype and cutype not in CUTYPES:
            return []
        if "@" in text:
            found = await self._at(text.strip())
            return [_place(found)] if found is not None and found.may_book else []
        kind = _KINDS.get(cutype, pb.RESOURCE_KIND_UNSPECIFIED)
        asked = pb.ListResourcesRequest(text=text[:_LONGEST], kind=kind, page_size=MOST + 1)
        answer = await self._resources.ListResources(asked)
        # Who administers one that others book does not book it.
        return [_place(each) for each in answer.resources if each.may_book]


def _place(resource: pb.Resource) -> Place:
    address = resource.address
    home = Path((rules.SEGMENT, address)).href
    links = (f"mailto:{address}", Path((PRINCIPALS, address)).href)
    return Place(
        address,
        resource.name,
        {
            caldav("calendar-user-type"): _CUTYPES[resource.kind],
            caldav("calendar-user-address-set"): partial(_hrefs, *links),
            caldav("calendar-home-set"): partial(_hrefs, home),
            caldav("schedule-inbox-URL"): partial(_hrefs, f"{home}{rules.INBOX}/"),
        },
    )


def _hrefs(*links: str) -> list[Element]:
    return [href(each) for each in links]
