"""The local stack with the calendars that are measured, written past its processes as those of the others are."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import psutil
from pydantic import SecretStr

from chassis.documents.connect import close
from deploy.local.standins import documents_url
from services.calendar import bootstrap
from services.calendar.domain.calendars import Calendar, id_of
from services.calendar.domain.objects import read_object
from services.calendar.settings import Settings
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.keep_object import computed
from tests.load.calendar_peers import CalendarServer, Filling
from tests.load.dav_client import MKCALENDAR, DavClient
from tests.running import RunningStack, running

ADDRESS = "agent1@numerique.gouv.tg"
# What of the stack calendars need; the database is that of all services, the broker no process of its own.
PROCESSES = ("gateway-http", "calendar-api", "calendar-worker", "directory-api", "documents")
TOGETHER = 200

# Events are filled in without attachments: no file is ever sealed under it.
NO_FILES = "none:" + "A" * 43 + "="


@contextmanager
def ours(filling: Filling) -> Iterator[CalendarServer]:
    """Filled and answering; without a limit of requests a minute."""
    with running("embedded", WORKSPACE_ACCOUNT_RATE="1000000") as stack:
        yield filled(stack, filling)


def filled(stack: RunningStack, filling: Filling) -> CalendarServer:
    """The calendars are made by a client, what is in them by the service's own code in this process."""
    roots = [psutil.Process(stack.pid(name)) for name in PROCESSES]
    port, password, home = stack.port("http"), stack.password(ADDRESS), f"/dav/calendars/{ADDRESS}/"
    view = InstanceView(DavClient(port, ADDRESS, password), ADDRESS, password)
    server = CalendarServer("ours", lambda: roots, port, home, ADDRESS, password, view)
    client = server.client()
    for name in filling:
        client.ask("MKCALENDAR", server.calendar(name), MKCALENDAR, (201,))
    client.close()
    asyncio.run(_fill(documents_url(stack.port("documents")), view.owner, filling))
    return server


async def _fill(url: str, owner: str, filling: Filling) -> None:
    wired = bootstrap.wire(Settings(mongodb_url=url, service_keys=SecretStr(NO_FILES)))
    try:
        for name, objects in filling.items():
            rest = list(objects)
            while rest:
                await put_together(wired.agenda, id_of(owner, name), rest[:TOGETHER])
                del rest[:TOGETHER]
    finally:
        await close(wired.database)


async def put_together(agenda: Agenda, calendar_id: str, objects: Sequence[tuple[str, bytes]]) -> None:
    """Many in a transaction, and without the facts that each would tell."""

    async def act(calendar: Calendar, session: Any) -> None:
        for name, content in objects:
            stored = computed(agenda, calendar, name, read_object(content), None)
            await agenda.objects.put(replace(stored, modseq=calendar.modseq), session)

    octets = sum(len(content) for _, content in objects)
    await agenda.calendars.changing(calendar_id, act, len(objects), octets)


class InstanceView:
    """What takes place in many calendars, as the web workspace asks for it: one call."""

    def __init__(self, client: DavClient, address: str, password: str) -> None:
        self._client, self._authorization = client, ""
        login = json.dumps({"address": address, "password": password})
        session = self._ask("POST", "/v1/sessions", login)
        self._authorization = f"Bearer {session['access_token']}"
        self.owner = str(self._ask("GET", "/v1/me")["id"])

    def __call__(self, first: datetime, last: datetime, calendars: Sequence[str]) -> int:
        asked = [("start", _stamp(first)), ("end", _stamp(last)), *(("calendar_ids", self._id(n)) for n in calendars)]
        return len(self._ask("GET", f"/v1/calendar/instances?{urlencode(asked)}")["instances"])

    def _id(self, name: str) -> str:
        return id_of(self.owner, name)

    def _ask(self, method: str, path: str, body: str = "") -> Any:
        said = {"authorization": self._authorization, "content_type": "application/json"}
        return json.loads(self._client.ask(method, path, body, (200, 201), **said))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
