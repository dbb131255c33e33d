"""CalDAV as clients meet it: the gateway on a real socket before the real calendar service."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from chassis.identity import Identity
from tests.calendar.conftest import Api
from tests.calendar.office import event
from tests.gateway.dav.conftest import Client, Found, condition


@dataclass
class CalendarClient(Client):
    """A calendar program of one person."""

    @property
    def home(self) -> str:
        return f"/dav/calendars/{self.address}/"

    @property
    def calendar(self) -> str:
        return f"{self.home}agenda/"

    @property
    def principal(self) -> str:
        return f"/dav/principals/{self.address}/"

    async def store(self, name: str, content: bytes | None = None, **headers: str) -> httpx.Response:
        content = event() if content is None else content
        headers.setdefault("content_type", "text/calendar; charset=utf-8")
        return await self.ask("PUT", self.calendar + name, content, **headers)

    async def patch(self, path: str, inner: str, removed: str = "", **headers: str) -> Found:
        removal = f"<D:remove><D:prop>{removed}</D:prop></D:remove>" if removed else ""
        body = f"<D:propertyupdate {DECLARED}><D:set><D:prop>{inner}</D:prop></D:set>{removal}</D:propertyupdate>"
        return Found.of(await self.ask("PROPPATCH", path, body, **headers))

    async def make(self, name: str, inner: str = "", method: str = "MKCALENDAR") -> httpx.Response:
        root = "C:mkcalendar" if method == "MKCALENDAR" else "D:mkcol"
        body = f"<{root} {DECLARED}><D:set><D:prop>{inner}</D:prop></D:set></{root}>" if inner else ""
        return await self.ask(method, f"{self.home}{name}/", body)

    async def query(self, inner: str, wanted: str = "<D:getetag/>", path: str = "", **headers: str) -> Found:
        """By what stands within the filter of VCALENDAR."""
        body = f'<D:prop>{wanted}</D:prop><C:filter><C:comp-filter name="VCALENDAR">{inner}</C:comp-filter></C:filter>'
        headers.setdefault("depth", "1")
        return await self.report(path or self.calendar, "C:calendar-query", body, **headers)

    def names(self, found: Found) -> set[str]:
        """The names in one's own calendar of what was found."""
        return {href.removeprefix(self.calendar) for href in found.properties}


DECLARED = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "D": "DAV:", "C": "urn:ietf:params:xml:ns:caldav", "CS": "http://calendarserver.org/ns/",
        "A": "http://apple.com/ns/ical/",
    }.items()
)  # fmt: skip


@pytest.fixture
def client(http: httpx.AsyncClient, api: Api) -> Callable[[Identity], CalendarClient]:
    def of(who: Identity) -> CalendarClient:
        return CalendarClient(http, who.address, {"authorization": f"Bearer {api.token(who)}"})

    return of


@pytest.fixture
async def mine(client: Callable[[Identity], CalendarClient], agent: Identity) -> CalendarClient:
    return client(agent)


@pytest.fixture
async def others(client: Callable[[Identity], CalendarClient], stranger: Identity) -> CalendarClient:
    return client(stranger)


@pytest.fixture
async def theirs(client: Callable[[Identity], CalendarClient], colleague: Identity) -> CalendarClient:
    return client(colleague)


async def share(mine: CalendarClient, address: str, role: str, *, name: str = "agenda", private: bool = False) -> None:
    """A calendar of one's own, as the web workspace does."""
    await mine.propfind(mine.home, "D:displayname")
    grant = {"address": address, "role": role, "sees_private": private}
    found = (await mine.http.get("/v1/calendars", headers=mine.headers)).json()["calendars"]
    calendar = next(each["id"] for each in found if each["name"] == name)
    answer = await mine.http.post(f"/v1/calendars/{calendar}/grants", json=grant, headers=mine.headers)
    assert answer.status_code == 200, answer.text


READ, WRITE = "calendar-proxy-read", "calendar-proxy-write"


async def delegates(mine: CalendarClient, group: str, *addresses: str) -> httpx.Response:
    """Who acts for somebody, as Apple's programs say it."""
    hrefs = "".join(f"<D:href>/dav/principals/{address}/</D:href>" for address in addresses)
    inner = f"<D:set><D:prop><D:group-member-set>{hrefs}</D:group-member-set></D:prop></D:set>"
    body = f'<D:propertyupdate xmlns:D="DAV:">{inner}</D:propertyupdate>'
    return await mine.ask("PROPPATCH", f"{mine.principal}{group}/", body)


def privileges(found: Found, href: str) -> set[str]:
    """By their local names."""
    return {each[0].tag.rpartition("}")[2] for each in found.properties[href]["current-user-privilege-set"]}


__all__ = ["CalendarClient", "Found", "condition", "event"]
