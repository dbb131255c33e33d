"""Calendar with an object store, in which files are kept."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from chassis.blobs import Bucket, connect_objects
from chassis.identity import Identity
from chassis.ids import new_id
from deploy.local.standins import ObjectStore
from services.calendar.settings import Settings
from tests.calendar.conftest import Api
from tests.calendar.dav.conftest import CalendarClient, client, condition, mine, others
from tests.calendar.office import Office, event

NOTE = b"ordre du jour\n" * 10
_IDS = re.compile(r"MANAGED-ID=([0-9a-f]{32})")


async def kept_in(store: ObjectStore, **said: str) -> Settings:
    """With a bucket of its own."""
    settings = Settings(
        s3_endpoint=store.endpoint,
        s3_access_key=store.access_key,
        s3_secret_key=store.secret_key,
        service_keys="k1:" + "A" * 43 + "=",
        bucket=f"test-{new_id().lower()}",
        attachment_octets=26 * 1024 * 1024,
        **said,
    )
    await Bucket(connect_objects(settings), settings.bucket).ensure()
    return settings


@pytest.fixture
async def calendar_settings(object_store: ObjectStore) -> Settings:
    return await kept_in(object_store)


@dataclass
class Files:
    """What one person does with files of events in the own calendar."""

    client: CalendarClient

    async def post(self, query: str, body: bytes = b"", name: str = "e1.ics", **headers: str) -> httpx.Response:
        return await self.client.ask("POST", f"{self.client.calendar}{name}?{query}", body, **headers)

    async def add(
        self, body: bytes = NOTE, filename: str = "ordre.txt", more: str = "", **headers: str
    ) -> httpx.Response:
        headers.setdefault("content_type", "text/plain")
        headers.setdefault("content_disposition", f'attachment; filename="{filename}"')
        return await self.post(f"action=attachment-add{more}", body, **headers)

    async def added(self, body: bytes = NOTE, filename: str = "ordre.txt", more: str = "") -> str:
        """The id of a file that was attached."""
        answer = await self.add(body, filename, more)
        assert answer.status_code == 201, answer.text
        return answer.headers["cal-managed-id"]

    async def content(self, name: str = "e1.ics") -> str:
        """The object, unfolded."""
        answer = await self.client.ask("GET", self.client.calendar + name)
        return answer.text.replace("\r\n ", "")

    async def open(self, managed_id: str, **headers: str) -> httpx.Response:
        return await self.client.ask("GET", f"/dav/calendars/attachments/{managed_id}/x", **headers)


def ids_in(content: str | bytes) -> list[str]:
    text = content if isinstance(content, str) else content.decode()
    return _IDS.findall(text.replace("\r\n ", ""))


@pytest.fixture
async def files(mine: CalendarClient) -> Files:
    """Of somebody who has one event."""
    assert (await mine.store("e1.ics")).status_code == 201
    return Files(mine)


@pytest.fixture
def files_of(client: Callable[[Identity], CalendarClient]) -> Callable[[Identity], Files]:
    return lambda who: Files(client(who))


__all__ = ["NOTE", "Api", "Files", "Office", "client", "condition", "event", "ids_in", "mine", "others"]
