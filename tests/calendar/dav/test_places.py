"""Rooms and equipment as programs of CalDAV find them: by type, name and address, by those alone who book them."""

from collections.abc import Callable

from chassis.identity import Identity
from services.calendar.domain.resources.resource import Kind, Policy, Resource
from tests.calendar.dav.conftest import CalendarClient, Found
from tests.calendar.office import event
from tests.calendar.resources.asking import Rooms

PRINCIPALS = "/dav/principals/"
# Directory is away here: it might know somebody of that address.
NOBODY = {404, 503}
ASKED = "<D:prop><D:displayname/><C:calendar-user-type/><C:calendar-user-address-set/></D:prop>"


def principal(room: Resource) -> str:
    return f"{PRINCIPALS}{room.address}/"


def by(name: str, text: str, match: str = "") -> str:
    how = f' match-type="{match}"' if match else ""
    return f"<D:property-search><D:prop><{name}/></D:prop><D:match{how}>{text}</D:match></D:property-search>"


async def search(client: CalendarClient, *conditions: str, attributes: str = "") -> list[str]:
    name = f"D:principal-property-search{' ' if attributes else ''}{attributes}"
    body = f"<{name} {DECLARED}>{''.join(conditions)}{ASKED}</D:principal-property-search>"
    found = Found.of(await client.ask("REPORT", PRINCIPALS, body, depth="0"))
    return [*found.properties, *found.statuses]


async def tokens(client: CalendarClient, context: str, *words: str, limit: int = 0) -> list[str]:
    """As Apple's Calendar asks while somebody types into a location, or a list of invitees."""
    said = "".join(f"<CS:search-token>{word}</CS:search-token>" for word in words)
    most = f"<CS:limit><CS:nresults>{limit}</CS:nresults></CS:limit>" if limit else ""
    name = "CS:calendarserver-principal-search"
    body = f'<{name} context="{context}" {DECLARED}>{said}{most}{ASKED}</{name}>'
    found = Found.of(await client.ask("REPORT", PRINCIPALS, body, depth="0"))
    return [*found.properties, *found.statuses]


DECLARED = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "D": "DAV:", "C": "urn:ietf:params:xml:ns:caldav", "CS": "http://calendarserver.org/ns/",
    }.items()
)  # fmt: skip


async def test_rooms_and_equipment_are_found_by_type_by_those_who_may_book_them(
    rooms: Rooms, mine: CalendarClient, others: CalendarClient
) -> None:
    kara = await rooms.room("Salle Kara", policy=Policy(bookers=("office",)))
    oti = await rooms.room("Salle Oti")
    screen = await rooms.room("Projecteur", kind=Kind.EQUIPMENT)
    cutype = "C:calendar-user-type"
    assert await search(mine, by(cutype, "ROOM")) == [principal(kara), principal(oti)]
    assert await search(mine, by(cutype, "RESOURCE")) == [principal(screen)]
    # Of another ministry: that of the office is not there, under any name.
    assert await search(others, by(cutype, "ROOM")) == [principal(oti)]
    assert await search(others, by("D:displayname", "Kara")) == []
    assert await search(others, by("CS:email-address-set", kara.address)) == []
    assert (await others.ask("PROPFIND", principal(kara), depth="0")).status_code in NOBODY
    assert (await others.ask("PROPFIND", f"/dav/calendars/{kara.address}/", depth="0")).status_code == 404
    # Nobody is listed by being a person, and rooms stand in no listing of principals.
    assert await search(mine, by(cutype, "INDIVIDUAL")) == [mine.principal]
    listed = await mine.propfind(PRINCIPALS, "D:displayname", depth="1")
    assert list(listed.properties) == [PRINCIPALS, mine.principal]


async def test_they_are_found_by_names_and_addresses_as_they_are_typed(rooms: Rooms, mine: CalendarClient) -> None:
    kara = await rooms.room("Salle Kara", building="CASEF")
    oti = await rooms.room("Salle Oti")
    await rooms.room("Salle Mono", kind=Kind.EQUIPMENT)
    assert await search(mine, by("D:displayname", "kar")) == [principal(kara)]
    assert await search(mine, by("D:displayname", "salle o", "starts-with")) == [principal(oti)]
    assert await search(mine, by("C:calendar-user-address-set", f"mailto:{oti.address}", "equals")) == [principal(oti)]
    both = (by("D:displayname", "salle"), by("C:calendar-user-type", "ROOM"))
    assert await search(mine, *both) == [principal(kara), principal(oti)]
    assert await search(mine, by("D:displayname", "salle"), attributes='type="ROOM"') == [
        principal(kara),
        principal(oti),
    ]
    either = (by("D:displayname", "kara"), by("C:calendar-user-type", "RESOURCE"))
    assert len(await search(mine, *either, attributes='test="anyof"')) == 2
    assert len(await search(mine, by("D:displayname", "salle"))) == 3


async def test_apples_programs_find_them_by_words(rooms: Rooms, mine: CalendarClient, others: CalendarClient) -> None:
    kara = await rooms.room("Salle Kara", building="CASEF", policy=Policy(bookers=("office",)))
    oti = await rooms.room("Salle Oti")
    screen = await rooms.room("Projecteur de salle", kind=Kind.EQUIPMENT)
    options = await mine.ask("OPTIONS", PRINCIPALS)
    assert "calendarserver-principal-search" in options.headers["dav"]
    told = await mine.propfind(PRINCIPALS, "D:supported-report-set")
    names = [each.tag for each in told.properties[PRINCIPALS]["supported-report-set"].iter()]
    assert "{http://calendarserver.org/ns/}calendarserver-principal-search" in names
    assert await tokens(mine, "location", "sal", "kar") == [principal(kara)]
    assert await tokens(mine, "location", "casef") == [principal(kara)]
    assert await tokens(mine, "resource", "salle") == [principal(screen)]
    assert await tokens(mine, "attendee", "salle") == [principal(screen), principal(kara), principal(oti)]
    assert await tokens(mine, "attendee", "salle", limit=1) == [principal(screen), PRINCIPALS]
    assert await tokens(mine, "user", mine.address[:6]) == [mine.principal]
    assert await tokens(mine, "group", "salle") == []
    assert await tokens(others, "location", "salle") == [principal(oti)]
    for wrong in (("nation", "salle"), ("attendee", "")):
        name = "CS:calendarserver-principal-search"
        body = f'<{name} context="{wrong[0]}" {DECLARED}><CS:search-token>{wrong[1]}</CS:search-token>{ASKED}</{name}>'
        assert (await mine.ask("REPORT", PRINCIPALS, body)).status_code == 400


async def test_a_rooms_principal_leads_to_its_address_and_to_when_it_is_free(
    rooms: Rooms, mine: CalendarClient, client: Callable[[Identity], CalendarClient]
) -> None:
    kara = await rooms.room("Salle Kara")
    at = principal(kara)
    found = await mine.propfind(
        at, "D:displayname", "D:principal-URL", "C:calendar-user-type", "C:calendar-user-address-set",
        "CS:email-address-set", "C:calendar-home-set", "C:schedule-inbox-URL", "C:schedule-outbox-URL",
    )  # fmt: skip
    home = f"/dav/calendars/{kara.address}/"
    assert found.texts(at, "displayname") == ["Salle Kara"]
    assert found.texts(at, "calendar-user-type") == ["ROOM"]
    assert found.texts(at, "calendar-user-address-set") == [f"mailto:{kara.address}", at]
    assert found.texts(at, "email-address-set") == [kara.address]
    assert found.texts(at, "calendar-home-set") == [home]
    assert found.texts(at, "schedule-inbox-URL") == [f"{home}inbox/"]
    assert found.missing[at] == {"schedule-outbox-URL"}
    there = await mine.propfind(home, "D:owner", "D:displayname", depth="1")
    assert list(there.properties) == [home, f"{home}agenda/"]
    assert there.texts(f"{home}agenda/", "owner") == [at]
    # It says when it is taken, and nobody writes into it but by inviting it.
    window = '<C:time-range start="20261207T000000Z" end="20261208T000000Z"/>'
    body = f'<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">{window}</C:free-busy-query>'
    assert (await mine.ask("REPORT", f"{home}agenda/", body, depth="1")).status_code == 200
    written = await mine.ask("PUT", f"{home}agenda/x.ics", event(), content_type="text/calendar")
    assert written.status_code in {403, 404}
    # By the id of a room there is no principal, and who administers without booking finds none by looking.
    assert (await mine.ask("PROPFIND", f"{PRINCIPALS}{kara.id}/", depth="0")).status_code in NOBODY
    assert (await mine.ask("PROPFIND", f"/dav/calendars/{kara.id}/", depth="0")).status_code == 404
    shut = await rooms.room("Salle Mono", policy=Policy(bookers=("health",)))
    chief = client(rooms.administrator)
    assert await tokens(chief, "location", "mono") == []
    seen = await chief.propfind(principal(shut), "C:calendar-user-type")
    assert seen.texts(principal(shut), "calendar-user-type") == ["ROOM"]
