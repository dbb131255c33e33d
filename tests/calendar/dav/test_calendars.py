"""Calendars by CalDAV: found from the root, made, described, shared out by nobody's asking, removed."""

import httpx

from services.calendar.usecases.empty_calendars import empty_calendars
from tests.calendar.dav.conftest import CalendarClient, Found, condition, event, share
from tests.calendar.office import Office

ZONE = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\nTZID:/exemple.org/Europe/Paris\r\n"
    "BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
    "END:VTIMEZONE\r\nEND:VCALENDAR\r\n"
)


async def test_from_the_root_a_client_finds_its_calendars(mine: CalendarClient) -> None:
    root = await mine.propfind("/dav/", "D:current-user-principal")
    [me] = root.texts("/dav/", "current-user-principal")
    found = await mine.propfind(
        me, "C:calendar-home-set", "C:schedule-inbox-URL", "C:schedule-outbox-URL", "C:calendar-user-address-set",
        "C:calendar-user-type", "D:group-membership",
    )  # fmt: skip
    assert found.texts(me, "calendar-home-set") == [mine.home]
    assert found.texts(me, "schedule-inbox-URL") == [f"{mine.home}inbox/"]
    assert found.texts(me, "schedule-outbox-URL") == [f"{mine.home}outbox/"]
    assert found.texts(me, "calendar-user-address-set") == [f"mailto:{mine.address}", me]
    home = await mine.propfind(mine.home, "D:resourcetype", "D:displayname", "D:owner", depth="1")
    assert home.types(mine.calendar) == {"collection", "calendar"}
    assert home.texts(mine.calendar, "displayname") == ["Agenda"]
    assert home.texts(mine.calendar, "owner") == [me]
    assert home.types(f"{mine.home}inbox/") == {"collection", "schedule-inbox"}
    assert home.types(f"{mine.home}outbox/") == {"collection", "schedule-outbox"}


async def test_the_first_question_may_be_of_the_first_calendar(mine: CalendarClient) -> None:
    found = await mine.propfind(mine.calendar, "D:resourcetype")
    assert found.types(mine.calendar) == {"collection", "calendar"}


async def test_options_say_what_there_is_below_each_kind(http: httpx.AsyncClient) -> None:
    async def told(path: str) -> tuple[set[str], set[str]]:
        answer = await http.request("OPTIONS", path)
        assert answer.status_code == 204
        return set(answer.headers["dav"].split(", ")), set(answer.headers["allow"].split(", "))

    dav, allowed = await told("/dav/calendars/x@y.tg/agenda/")
    assert {"1", "2", "3", "access-control", "extended-mkcol", "calendar-access", "calendar-auto-schedule"} <= dav
    assert "addressbook" not in dav
    assert {"MKCALENDAR", "MKCOL", "REPORT", "LOCK", "UNLOCK"} <= allowed
    dav, allowed = await told("/dav/addressbooks/x@y.tg/")
    assert "addressbook" in dav
    assert "calendar-access" not in dav
    assert "MKCALENDAR" not in allowed
    dav, _ = await told("/dav/principals/x@y.tg/")
    assert {"addressbook", "calendar-access"} <= dav


async def test_a_calendar_says_what_it_can(mine: CalendarClient) -> None:
    path = mine.calendar
    found = await mine.propfind(
        path, "C:supported-calendar-component-set", "C:supported-calendar-data", "C:max-resource-size",
        "C:max-instances", "C:min-date-time", "C:max-date-time", "C:max-attendees-per-instance",
        "C:supported-collation-set",
        "C:calendar-timezone-id", "C:schedule-calendar-transp", "A:calendar-color", "A:calendar-order", "CS:getctag",
        "D:sync-token", "D:supported-report-set", "D:current-user-privilege-set", "D:acl", "D:supported-privilege-set",
        "C:calendar-timezone",
    )  # fmt: skip
    inside = found.properties[path]
    assert found.missing[path] == {"calendar-timezone"}
    assert [each.get("name") for each in inside["supported-calendar-component-set"]] == ["VEVENT", "VTODO", "VJOURNAL"]
    assert inside["calendar-timezone-id"].text == "Africa/Lome"
    assert inside["schedule-calendar-transp"][0].tag == "{urn:ietf:params:xml:ns:caldav}opaque"
    assert inside["calendar-color"].text.startswith("#")
    reports = {each[0][0].tag.rpartition("}")[2] for each in inside["supported-report-set"]}
    assert {"calendar-query", "calendar-multiget", "sync-collection"} <= reports
    privileges = {each[0].tag.rpartition("}")[2] for each in inside["current-user-privilege-set"]}
    assert {"read", "read-free-busy", "write", "bind", "unbind", "write-properties"} <= privileges
    assert int(inside["max-resource-size"].text) == 1024 * 1024
    assert int(inside["max-attendees-per-instance"].text) == 1000
    assert int(inside["max-instances"].text) > 0
    collations = {each.text for each in inside["supported-collation-set"]}
    assert collations == {"i;ascii-casemap", "i;octet", "i;unicode-casemap"}


async def test_dates_are_kept_from_the_first_to_the_last_that_a_calendar_says(mine: CalendarClient) -> None:
    """RFC 4791 §5.2.6, §5.2.7, §5.3.2.1."""
    inside = (await mine.propfind(mine.calendar, "C:min-date-time", "C:max-date-time")).properties[mine.calendar]
    first, last = inside["min-date-time"].text, inside["max-date-time"].text
    assert (await mine.store("first.ics", event("first", first, first))).status_code == 201
    assert (await mine.store("last.ics", event("last", last, last))).status_code == 201
    before, after = "00011231T235959Z", "99990101T000000Z"
    assert (before < first, after > last) == (True, True)
    for start, end, rule in (
        (before, first, "min-date-time"),
        (last, after, "max-date-time"),
        ("Asia/Tokyo:00020101T080000", first, "min-date-time"),
        (last, "America/New_York:99981231T200000", "max-date-time"),
    ):
        refused = await mine.store("beyond.ics", event("beyond", start, end))
        assert (refused.status_code, condition(refused)) == (403, rule), start
    # By their own clocks they are beyond the bounds, and in UTC are not.
    for number, (start, end) in enumerate((
        ("America/New_York:00011231T200000", "America/New_York:00011231T210000"),
        ("Asia/Tokyo:99990101T080000", "Asia/Tokyo:99990101T085000"),
    )):  # fmt: skip
        assert (await mine.store(f"{number}.ics", event(f"u{number}", start, end))).status_code == 201
    whole = "<C:calendar-data/>"
    assert len((await mine.query('<C:comp-filter name="VEVENT"/>', whole)).properties) == 4
    assert (
        await mine.query('<C:comp-filter name="VEVENT"><C:time-range start="00010101T000000Z"/></C:comp-filter>')
    ).properties


async def test_a_calendar_is_made_described_and_deleted(mine: CalendarClient) -> None:
    said = (
        "<D:displayname>Tâches</D:displayname><C:calendar-description>À faire</C:calendar-description>"
        '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'
        f"<C:calendar-timezone>{ZONE}</C:calendar-timezone><A:calendar-color>#FF0000FF</A:calendar-color>"
        "<A:calendar-order>7</A:calendar-order><C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>"
        '<x xmlns="urn:x">gardé</x>'
    )
    made = await mine.make("taches", said)
    assert made.status_code == 201, made.text
    path = f"{mine.home}taches/"
    asked = (
        "D:displayname", "C:calendar-description", "C:supported-calendar-component-set", "C:calendar-timezone",
        "C:calendar-timezone-id", "A:calendar-color", "A:calendar-order", "C:schedule-calendar-transp",
    )  # fmt: skip
    found = await mine.propfind(path, *asked)
    assert found.missing[path] == set()
    inside = found.properties[path]
    assert (inside["displayname"].text, inside["calendar-description"].text) == ("Tâches", "À faire")
    assert [each.get("name") for each in inside["supported-calendar-component-set"]] == ["VTODO"]
    assert "BEGIN:VTIMEZONE" in inside["calendar-timezone"].text
    assert inside["calendar-timezone-id"].text == "Europe/Paris"
    assert (inside["calendar-color"].text, inside["calendar-order"].text) == ("#ff0000", "7")
    everything = Found.of(await mine.ask("PROPFIND", path, depth="0"))
    assert everything.properties[path]["x"].text == "gardé"
    assert (await mine.make("taches")).status_code == 405
    # An event is not what it keeps.
    refused = await mine.ask("PUT", f"{path}e.ics", event(), content_type="text/calendar")
    assert (refused.status_code, condition(refused)) == (403, "supported-calendar-component")
    changed = await mine.patch(path, "<D:displayname>Autre</D:displayname>", "<C:calendar-description/>")
    assert set(changed.properties[path]) == {"displayname", "calendar-description"}
    found = await mine.propfind(path, "D:displayname", "C:calendar-description")
    assert found.properties[path]["displayname"].text == "Autre"
    assert found.missing[path] == {"calendar-description"}
    assert (await mine.ask("DELETE", path)).status_code == 204
    assert (await mine.ask("PROPFIND", path, depth="0")).status_code == 404


async def test_what_no_calendar_is_is_refused_by_its_rule(mine: CalendarClient) -> None:
    bad_zone = await mine.make("a", "<C:calendar-timezone>BEGIN:VCALENDAR\nEND:VCALENDAR</C:calendar-timezone>")
    assert bad_zone.status_code == 424
    assert b"mkcalendar-response" in bad_zone.content
    assert b"valid-calendar-data" in bad_zone.content
    component = '<C:supported-calendar-component-set><C:comp name="VALARM"/></C:supported-calendar-component-set>'
    assert b"supported-calendar-component" in (await mine.make("a", component)).content
    # By extended MKCOL the same rule has the other element around it (RFC 5689 §3).
    by_mkcol = await mine.make(
        "a", f"<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>{component}", method="MKCOL"
    )
    assert by_mkcol.status_code == 424
    assert b"mkcol-response" in by_mkcol.content
    for given in ("<D:getetag>x</D:getetag>", "<C:max-instances>9</C:max-instances>"):
        answer = await mine.make("a", given)
        assert (answer.status_code, b"cannot-modify-protected-property" in answer.content) == (424, True), given
    assert (await mine.ask("PROPFIND", f"{mine.home}a/", depth="0")).status_code == 404
    for name in ("inbox", "outbox", "agenda"):
        assert (await mine.make(name)).status_code == 405
    place = await mine.make("a%2eb")
    assert (place.status_code, condition(place)) == (403, "calendar-collection-location-ok")
    inner = await mine.ask("MKCALENDAR", f"{mine.calendar}b/")
    assert (inner.status_code, condition(inner)) == (403, "calendar-collection-location-ok")
    plain = await mine.make("a", method="MKCOL")
    assert (plain.status_code, condition(plain)) == (403, "valid-resourcetype")
    first = await mine.ask("DELETE", mine.calendar)
    assert (first.status_code, condition(first)) == (403, "default-calendar-needed")
    refused = await mine.patch(
        mine.calendar, "<A:calendar-color>rouge</A:calendar-color><D:displayname>x</D:displayname>"
    )
    assert "HTTP/1.1 409" in refused.answer.text
    assert "HTTP/1.1 424" in refused.answer.text
    assert "responsedescription" in refused.answer.text, "why"
    protected = await mine.patch(mine.calendar, "<D:getetag>x</D:getetag>")
    assert "cannot-modify-protected-property" in protected.answer.text


async def test_by_extended_mkcol_a_calendar_is_made(mine: CalendarClient) -> None:
    kind = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:displayname>Projet</D:displayname>"
    assert (await mine.make("projet", kind, method="MKCOL")).status_code == 201
    found = await mine.propfind(f"{mine.home}projet/", "D:displayname", "D:resourcetype")
    assert found.types(f"{mine.home}projet/") == {"collection", "calendar"}
    assert found.texts(f"{mine.home}projet/", "displayname") == ["Projet"]


async def test_a_calendar_deleted_and_made_again_at_once_holds_nothing_of_before(
    mine: CalendarClient, theirs: CalendarClient, office: Office
) -> None:
    """Also in the home of whom it is shared with, and while the round that empties the old one has yet to come."""
    path = f"{mine.home}projets/"
    assert (await mine.make("projets")).status_code == 201
    assert (await mine.ask("PUT", f"{path}a.ics", event("u1"), content_type="text/calendar")).status_code == 201
    await share(mine, theirs.address, "ROLE_READ", name="projets")
    assert (await mine.ask("DELETE", path)).status_code == 204
    assert (await mine.ask("GET", f"{path}a.ics")).status_code == 404
    home = await theirs.propfind(theirs.home, "D:resourcetype", depth="1")
    assert not [href for href in home.properties if "projets" in href]
    assert (await mine.make("projets")).status_code == 201
    assert (await mine.make("projets")).status_code == 405
    assert set((await mine.propfind(path, "D:getetag", depth="1")).properties) == {path}
    put = await mine.ask("PUT", f"{path}a.ics", event("u1", summary="Nouveau"), content_type="text/calendar")
    assert put.status_code == 201
    assert await empty_calendars(office.agenda) == 1
    assert "Nouveau" in (await mine.ask("GET", f"{path}a.ics")).text
    assert (await mine.ask("DELETE", path)).status_code == 204
    assert (await mine.ask("PROPFIND", path, depth="0")).status_code == 404
