"""Every method and report of WebDAV, tried by another ministry at what is somebody's: nothing is shown, changed, or
admitted to exist."""

from collections.abc import Iterator
from typing import Any

from gateway.edges.dav.caldav.calendar import CalendarCollection
from gateway.edges.dav.caldav.kind import Calendars
from gateway.edges.dav.reports import REPORTS
from gateway.edges.dav.verbs import VERBS
from tests.calendar.dav.conftest import DECLARED, CalendarClient, event
from tests.calendar.office import Office

MARKS = ("Secret", "uid-secret", "carnet-secret", "#123456", "urn:uuid:")
NOBODY = "personne.ici@numerique.gouv.tg"
_PROPS = (
    "<D:displayname/><D:owner/><D:acl/><D:getetag/><D:sync-token/><D:lockdiscovery/><A:calendar-color/>"
    "<C:calendar-description/><C:calendar-home-set/><C:schedule-inbox-URL/><CS:calendar-proxy-read-for/>"
    "<D:group-membership/><D:group-member-set/><C:calendar-availability/>"
)
_DATA = "<D:prop><D:getetag/><C:calendar-data/></D:prop>"
_WINDOW = '<C:time-range start="20261130T000000Z" end="20261207T000000Z"/>'
_PATCH = (
    f"<D:propertyupdate {DECLARED}><D:set><D:prop><D:displayname>x</D:displayname></D:prop></D:set></D:propertyupdate>"
)
_SCOPE = "<D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>"
_LOCK = f'<D:lockinfo xmlns:D="DAV:">{_SCOPE}</D:lockinfo>'
# Path, body, header fields.
Request = tuple[str, str | bytes, dict[str, str]]


def places(home: str) -> Iterator[str]:
    for below in ("agenda/", "agenda/a.ics", "carnet-secret/", "inbox/", "inbox/a.ics", "outbox/"):
        yield home + below


_PREFIXES = {"calendarserver-principal-search": "CS"}


def _reports(home: str) -> dict[str, str]:
    """Each report by its name."""
    hrefs = "".join(f"<D:href>{path}</D:href>" for path in places(home))
    search = f"<D:property-search><D:prop><D:displayname/></D:prop><D:match>Secret</D:match></D:property-search>{_DATA}"
    inner = '<D:property name="owner"><D:property name="displayname"/></D:property>'
    return {
        "calendar-query": f'{_DATA}<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>',
        "calendar-multiget": _DATA + hrefs,
        "free-busy-query": _WINDOW,
        "sync-collection": f"<D:sync-token/><D:sync-level>1</D:sync-level>{_DATA}",
        "expand-property": inner,
        "principal-match": f"<D:self/>{_DATA}",
        "calendarserver-principal-search": f"<CS:search-token>Secret</CS:search-token>{_DATA}",
        "principal-property-search": search,
        "principal-search-property-set": "",
    }


def walks(home: str, own: str) -> dict[str, list[Request]]:
    """By method, what is tried at somebody's home; `own` is a calendar of the one who tries."""
    there = list(places(home))
    brought = [
        *((path, b"", {"destination": f"{own}butin.ics"}) for path in there),
        *((f"{own}propre.ics", b"", {"destination": path}) for path in there),
    ]
    propfind = f"<D:propfind {DECLARED}><D:prop>{_PROPS}</D:prop></D:propfind>"
    reports = [
        (path, f"<{prefix}:{name} {DECLARED}>{inner}</{prefix}:{name}>", {"depth": "1"})
        for name, inner in _reports(home).items()
        for prefix in (_PREFIXES.get(name) or ("C" if name.startswith(("calendar", "free")) else "D"),)
        for path in there
    ]
    conditions = [
        (f"{own}propre.ics", b"", {"if": f"<{path}> ({each})"}) for path in there for each in ("Not <urn:x:1>", '["x"]')
    ]
    content = {"content-type": "text/calendar"}
    return {
        "GET": [*((path, b"", {}) for path in there), *conditions],
        "HEAD": [(path, b"", {}) for path in there],
        "PROPFIND": [(path, body, {"depth": d}) for path in there for d in "01" for body in (propfind, "")],
        "REPORT": [*reports, *((own, *each[1:]) for each in reports if "multiget" in each[1])],
        "PUT": [(path, event("intrus"), content) for path in there],
        "POST": [
            (f"{path}{query}", event("intrus"), content)
            for path in there
            for query in ("", *(f"?action=attachment-{each}&managed-id=x" for each in ("add", "update", "remove")))
        ],
        "DELETE": [(path, b"", {}) for path in there],
        "PROPPATCH": [(path, _PATCH, {}) for path in there],
        "MKCOL": [(path, b"", {}) for path in (*there, f"{home}nouveau/")],
        "MKCALENDAR": [(path, b"", {}) for path in (*there, f"{home}nouveau/")],
        "LOCK": [(path, _LOCK, {"depth": d}) for path in there for d in ("0", "infinity")],
        "UNLOCK": [(path, b"", {"lock-token": "<urn:x>"}) for path in there],
        "COPY": brought,
        "MOVE": brought,
    }


def test_the_walk_knows_every_method_and_report() -> None:
    assert walks("/", "/").keys() == {*VERBS, *Calendars.methods}
    reports = {*REPORTS, *CalendarCollection.reports}
    assert _reports("/").keys() == {"sync-collection", *(name.rpartition("}")[2] for name in reports)}


async def test_no_way_of_caldav_shows_changes_or_admits_to_what_is_somebody_elses(
    office: Office, mine: CalendarClient, others: CalendarClient
) -> None:
    said = "<D:displayname>Secret</D:displayname><A:calendar-color>#123456</A:calendar-color>"
    assert (await mine.make("carnet-secret", said)).status_code == 201
    assert (await mine.store("a.ics", event("uid-secret", summary="Secret"))).status_code == 201
    assert (await mine.ask("LOCK", f"{mine.calendar}a.ics", _LOCK, depth="0")).status_code == 200
    await others.store("propre.ics", event("propre"))
    before = await _kept(office)
    wrong = []
    nowhere = f"/dav/calendars/{NOBODY}/"
    for method, requests in walks(mine.home, others.calendar).items():
        for (path, body, headers), (blank, empty, same) in zip(
            requests, walks(nowhere, others.calendar)[method], strict=True
        ):
            answer = await others.ask(method, path, body, **headers)
            other = await others.ask(method, blank, empty, **same)
            about = f"{method} {path} {headers} {answer.status_code}: {answer.text[:200]}"
            wrong += [f"{about} shows {mark}" for mark in MARKS if mark in answer.text and mark not in str(body)]
            told = answer.text.replace(mine.address, NOBODY)
            if (answer.status_code, told) != (other.status_code, other.text):
                wrong.append(f"{about} is not {other.status_code}: {other.text[:200]}")
            if answer.status_code >= 500:
                wrong.append(f"{about} breaks")
    assert wrong == []
    assert await _kept(office) == before


async def _kept(office: Office) -> list[Any]:
    """What the victim has."""
    owner = {"owner": "acc-agent1"}
    calendars = [each async for each in office.database["calendars"].find(owner)]
    objects = [each async for each in office.database["objects"].find(owner)]
    return [*calendars, *objects]
