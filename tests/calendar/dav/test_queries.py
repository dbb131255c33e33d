"""calendar-query and calendar-data by CalDAV (RFC 4791 §7.8, §9.6, §9.7): as the gateway reads them and the service
answers."""

import contextlib
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace.calendar.v1 import filters_pb2 as pb

from gateway.edges.dav.caldav.filters import filter_of
from gateway.edges.dav.caldav.shapes import shape_of
from gateway.edges.dav.caldav.times import moment_of
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.reading import parse
from tests.calendar.dav.conftest import DECLARED, CalendarClient, condition, event
from tests.calendar.office import Office

WEEK = '<C:time-range start="20261130T000000Z" end="20261207T000000Z"/>'
DATA = "<D:getetag/><C:calendar-data/>"


def within(inner: str, component: str = "VEVENT") -> str:
    return f'<C:comp-filter name="{component}">{inner}</C:comp-filter>'


def text(name: str, value: str, **attributes: str) -> str:
    said = "".join(f' {key.replace("_", "-")}="{each}"' for key, each in attributes.items())
    return f'<C:prop-filter name="{name}"><C:text-match{said}>{value}</C:text-match></C:prop-filter>'


@pytest.fixture
async def filled(mine: CalendarClient) -> CalendarClient:
    todo = event("t", "20261201T080000Z").replace(b"VEVENT", b"VTODO").replace(b"DTEND", b"DUE")
    objects = {
        "near.ics": event("n", summary="Réunion"),
        "far.ics": event("f", "20270630T090000Z", "20270630T100000Z", "Bilan", "LOCATION:Salle 4"),
        "weekly.ics": event("w", "20260105T090000Z", "20260105T100000Z", "Point", "RRULE:FREQ=WEEKLY"),
        "asked.ics": event(
            "a", "20261202T090000Z", "20261202T100000Z", "Invitation",
            "ATTENDEE;PARTSTAT=NEEDS-ACTION;CN=Bureau:mailto:bureau@ailleurs.tg",
        ),
        "todo.ics": todo.replace(b"20261130T100000Z", b"20261202T100000Z"),
    }  # fmt: skip
    for name, content in objects.items():
        answer = await mine.store(name, content)
        assert answer.status_code == 201, (name, answer.text)
    return mine


async def test_a_window_finds_what_takes_place_in_it(filled: CalendarClient) -> None:
    async def found(inner: str, **headers: str) -> set[str]:
        return filled.names(await filled.query(inner, **headers))

    assert await found(within(WEEK)) == {"near.ics", "weekly.ics", "asked.ics"}
    assert await found(within(WEEK, "VTODO")) == {"todo.ics"}
    assert await found(within("")) == {"near.ics", "far.ics", "weekly.ics", "asked.ics"}
    assert await found("") == {"near.ics", "far.ics", "weekly.ics", "asked.ics", "todo.ics"}
    assert await found(within('<C:time-range start="20270601T000000Z"/>')) == {"far.ics", "weekly.ics"}
    assert await found(within('<C:time-range end="20260201T000000Z"/>')) == {"weekly.ics"}
    assert await found(within("<C:is-not-defined/>", "VTODO")) == {"near.ics", "far.ics", "weekly.ics", "asked.ics"}
    # It is asked of what is within, also where no Depth is said; of the calendar itself there is nothing to tell.
    assert await found(within(WEEK), depth="0") == set()


async def test_texts_properties_and_parameters_narrow_it_down(filled: CalendarClient) -> None:
    async def found(inner: str) -> set[str]:
        return filled.names(await filled.query(within(inner)))

    everything = {"near.ics", "far.ics", "weekly.ics", "asked.ics"}
    assert await found(text("SUMMARY", "bilan")) == {"far.ics"}
    assert await found(text("SUMMARY", "bilan", collation="i;octet")) == set()
    assert await found(text("SUMMARY", "RÉUNION", collation="i;unicode-casemap")) == {"near.ics"}
    assert await found(text("SUMMARY", "bilan", negate_condition="yes")) == everything - {"far.ics"}
    assert await found('<C:prop-filter name="LOCATION"/>') == {"far.ics"}
    assert await found('<C:prop-filter name="LOCATION"><C:is-not-defined/></C:prop-filter>') == everything - {"far.ics"}
    partstat = '<C:param-filter name="PARTSTAT"><C:text-match>NEEDS-ACTION</C:text-match></C:param-filter>'
    assert await found(f'<C:prop-filter name="ATTENDEE">{partstat}</C:prop-filter>') == {"asked.ics"}
    assert await found(text("UID", "w") + WEEK) == {"weekly.ics"}


async def test_objects_come_in_the_shape_that_is_asked_for(filled: CalendarClient) -> None:
    async def data(asked: str, name: str = "weekly.ics") -> str:
        found = await filled.query(within(WEEK), f"<C:calendar-data>{asked}</C:calendar-data>")
        return str(found.properties[filled.calendar + name]["calendar-data"].text)

    expanded = await data('<C:expand start="20261130T000000Z" end="20261214T000000Z"/>')
    assert expanded.count("BEGIN:VEVENT") == 2
    assert "RRULE" not in expanded
    assert "RECURRENCE-ID:20261207T090000Z" in expanded
    limited = await data('<C:limit-recurrence-set start="20261130T000000Z" end="20261214T000000Z"/>')
    assert "RRULE" in limited
    some = await data(
        '<C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT"><C:prop name="UID"/>'
        '<C:prop name="SUMMARY" novalue="yes"/></C:comp></C:comp>', "near.ics",
    )  # fmt: skip
    assert "UID:n" in some
    assert "DTSTART" not in some
    assert "SUMMARY:\r\n" in some
    hrefs = f"<D:href>{filled.calendar}weekly.ics</D:href>"
    window = '<C:expand start="20261130T000000Z" end="20261214T000000Z"/>'
    multiget = await filled.report(
        filled.calendar, "C:calendar-multiget",
        f"<D:prop><C:calendar-data>{window}</C:calendar-data></D:prop>{hrefs}",
    )  # fmt: skip
    assert "RRULE" not in multiget.properties[f"{filled.calendar}weekly.ics"]["calendar-data"].text


async def test_so_many_at_most_and_that_there_are_more(filled: CalendarClient) -> None:
    body = (
        f'<D:prop>{DATA}</D:prop><C:filter><C:comp-filter name="VCALENDAR">{within("")}</C:comp-filter></C:filter>'
        "<D:limit><D:nresults>2</D:nresults></D:limit>"
    )
    found = await filled.report(filled.calendar, "C:calendar-query", body, depth="1")
    assert len(found.properties) == 2
    assert found.statuses == {filled.calendar: 507}


async def test_floating_times_are_of_the_clock_that_is_named(mine: CalendarClient) -> None:
    await mine.store("f.ics", event("f", "20261130T233000", "20261130T234500"))
    window = within('<C:time-range start="20261201T040000Z" end="20261201T050000Z"/>')

    async def found(zone: str) -> set[str]:
        body = (
            f'<D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR">{window}</C:comp-filter>'
            f"</C:filter>{zone}"
        )
        return mine.names(await mine.report(mine.calendar, "C:calendar-query", body, depth="1"))

    assert await found("") == set()
    assert await found("<C:timezone-id>America/New_York</C:timezone-id>") == {"f.ics"}
    definition = (
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:America/New_York\nBEGIN:STANDARD\nDTSTART:19701101T020000\n"
        "TZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\nEND:VCALENDAR"
    )
    assert await found(f"<C:timezone>{definition}</C:timezone>") == {"f.ics"}


async def test_who_knows_the_zones_gets_objects_without_them(mine: CalendarClient) -> None:
    zone = b"BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n"
    zone += b"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    whole = event("u").replace(b"BEGIN:VEVENT", zone + b"BEGIN:VEVENT")
    whole = whole.replace(b"DTSTART:20261130T090000Z", b"DTSTART;TZID=Europe/Paris:20261130T100000")
    assert b"TZID=Europe/Paris" in whole
    assert (await mine.store("a.ics", whole)).status_code == 201
    path = f"{mine.calendar}a.ics"
    for said, there in (("", True), ("T", True), ("F", False)):
        headers = {"caldav-timezones": said} if said else {}
        got = await mine.ask("GET", path, **headers)
        found = await mine.query(within(""), DATA, **headers)
        for text in (got.text, found.properties[path]["calendar-data"].text):
            assert "TZID=Europe/Paris" in text
            assert ("VTIMEZONE" in text) is there, said
    assert (await mine.ask("GET", path, **{"caldav-timezones": "x"})).status_code == 400


async def test_a_window_may_begin_and_end_in_1970(mine: CalendarClient) -> None:
    await mine.store("a.ics", event("a"))
    await mine.store("old.ics", event("old", "19691231T220000Z", "19691231T230000Z"))
    since = '<C:time-range start="19700101T000000Z"/>'
    assert mine.names(await mine.query(within(since))) == {"a.ics"}
    assert mine.names(await mine.query(within(since.replace("start", "end")))) == {"old.ics"}
    expanded = '<C:calendar-data><C:expand start="19700101T000000Z" end="20270101T000000Z"/></C:calendar-data>'
    found = await mine.query(within(since), expanded)
    assert "BEGIN:VEVENT" in found.properties[f"{mine.calendar}a.ics"]["calendar-data"].text


WRONG_FILTERS = {
    "": "valid-filter",
    '<C:filter><C:comp-filter name="VEVENT"/></C:filter>': "valid-filter",
    '<C:filter><C:comp-filter name="VCALENDAR"/><C:comp-filter name="VCALENDAR"/></C:filter>': "valid-filter",
    f'<C:filter><C:comp-filter name="VCALENDAR">{WEEK}</C:comp-filter></C:filter>': "valid-filter",
    '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter/></C:comp-filter></C:filter>': "valid-filter",
    '<C:filter><C:comp-filter name="VCALENDAR"><C:prop-filter name="é"/></C:comp-filter></C:filter>': "valid-filter",
    f'<C:filter><C:comp-filter name="VCALENDAR">{within("<C:is-not-defined/>" + WEEK)}</C:comp-filter></C:filter>':
        "valid-filter",
    f'<C:filter><C:comp-filter name="VCALENDAR">{text("A", "b", collation="i;other")}</C:comp-filter></C:filter>':
        "supported-collation",
    f'<C:filter><C:comp-filter name="VCALENDAR">{within(text("A", "b" * 1001))}</C:comp-filter></C:filter>':
        "valid-filter",
    f'<C:filter><C:comp-filter name="VCALENDAR">{within("") * 101}</C:comp-filter></C:filter>':
        "valid-filter",
}  # fmt: skip
WRONG_RANGES = ("20261130T000000", "20261130", "20261330T000000Z", "x", "99999999T999999Z", "２0261130T000000Z")


async def test_what_is_no_filter_is_refused_by_its_rule(mine: CalendarClient) -> None:
    async def asked(inner: str, wanted: str = "<D:getetag/>") -> tuple[int, str]:
        body = f"<C:calendar-query {DECLARED}><D:prop>{wanted}</D:prop>{inner}</C:calendar-query>"
        answer = await mine.ask("REPORT", mine.calendar, body, depth="1")
        return answer.status_code, condition(answer)

    for inner, rule in WRONG_FILTERS.items():
        assert await asked(inner) == (403, rule), inner[:200]
    for moment in WRONG_RANGES:
        window = f'<C:time-range start="{moment}"/>'
        inner = f'<C:filter><C:comp-filter name="VCALENDAR">{within(window)}</C:comp-filter></C:filter>'
        assert await asked(inner) == (403, "valid-filter"), moment
    right = '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>'
    for wanted, status, rule in (
        ('<C:calendar-data content-type="application/calendar+json"/>', 403, "supported-calendar-data"),
        ('<C:calendar-data version="1.0"/>', 403, "supported-calendar-data"),
        ('<C:calendar-data><C:comp name="VEVENT"/></C:calendar-data>', 400, "responsedescription"),
        ('<C:calendar-data><C:expand start="20261130T000000Z"/></C:calendar-data>', 400, "responsedescription"),
    ):
        assert await asked(right, wanted) == (status, rule), wanted
    assert await asked(f"{right}<C:timezone>x</C:timezone>") == (403, "valid-calendar-data")
    assert await asked(f"{right}<C:timezone-id>é</C:timezone-id>") == (403, "valid-timezone")
    assert await asked(f"{right}<C:timezone-id>Atlantis/Poseidonis</C:timezone-id>") == (403, "valid-timezone")
    unknown = await mine.ask("REPORT", mine.calendar, '<x xmlns="urn:x"/>')
    assert (unknown.status_code, condition(unknown)) == (403, "supported-report")


async def test_a_million_hrefs_are_refused_and_ten_thousand_answered(mine: CalendarClient) -> None:
    """One that is too large is told so before it is read to its end."""
    prop = "<D:prop><D:getetag/></D:prop>"

    def multiget(count: int) -> str:
        hrefs = "".join(f"<D:href>/dav/x/{number}</D:href>" for number in range(count))
        return f"<C:calendar-multiget {DECLARED}>{prop}{hrefs}</C:calendar-multiget>"

    for count, status in ((150_000, 413), (20_000, 400), (0, 400)):
        answer = await mine.ask("REPORT", mine.calendar, multiget(count))
        assert (answer.status_code, condition(answer)) == (status, "responsedescription"), count
    # Who goes on sending all the same may find the connection closed; others are served.
    with contextlib.suppress(httpx.TransportError):
        assert (await mine.ask("REPORT", mine.calendar, multiget(1_000_000))).status_code == 413
    answer = await mine.ask("REPORT", mine.calendar, multiget(10_000))
    assert answer.status_code == 207
    assert answer.text.count("404 Not Found") == 10_000


async def test_hostile_xml_gets_nothing_from_a_calendar(office: Office, mine: CalendarClient) -> None:
    assert (await mine.store("a.ics")).status_code == 201
    before = await office.state()
    laughs = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
    bodies = (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        f'<!DOCTYPE x [<!ENTITY a "lol">{laughs}]><D:propfind {DECLARED}><D:prop><x>&i;</x></D:prop></D:propfind>',
        f"<!DOCTYPE x><D:propfind {DECLARED}><D:allprop/></D:propfind>",
        "<a>" * 50 + "</a>" * 50,
        f"<C:calendar-query {DECLARED}>" + "<C:comp-filter>" * 60,
        b"\x00", b"\xff\xfe<\x00",
    )  # fmt: skip
    for body in bodies:
        for method in ("REPORT", "MKCALENDAR", "PROPFIND", "PROPPATCH", "LOCK"):
            path = f"{mine.home}new/" if method == "MKCALENDAR" else mine.calendar
            answer = await mine.ask(method, path, body, depth="1")
            assert answer.status_code == 400, (method, body[:40])
            assert b"root:" not in answer.content
    everything = await mine.ask("PROPFIND", mine.home, depth="infinity")
    assert (everything.status_code, condition(everything)) == (403, "propfind-finite-depth")
    assert await office.state() == before


async def test_what_xml_cannot_carry_breaks_no_answer(mine: CalendarClient) -> None:
    """It is kept octet for octet, and told by GET as it is."""
    odd = event("u", "20261130T090000Z", "20261130T100000Z", "a\ufffeb\uffff\x85c")
    assert (await mine.store("a.ics", odd)).status_code == 201
    found = await mine.query(within(WEEK), DATA)
    assert "a\ufffdb\ufffd" in found.properties[f"{mine.calendar}a.ics"]["calendar-data"].text
    assert (await mine.ask("GET", f"{mine.calendar}a.ics")).content == odd
    calendar = (await mine.http.get("/v1/calendars", headers=mine.headers)).json()["calendars"][0]["id"]
    said = {"description": "a\ufffeb"}
    path = f"/v1/calendars/{calendar}?update_mask=description"
    assert (await mine.http.patch(path, json=said, headers=mine.headers)).status_code == 200
    home = await mine.propfind(mine.home, "C:calendar-description", depth="1")
    assert home.properties[mine.calendar]["calendar-description"].text == "a\ufffdb"


@given(st.recursive(
    st.sampled_from(
        ["<C:time-range start='20261130T000000Z'/>", "<C:is-not-defined/>", "<C:text-match>x</C:text-match>"]
    ),
    lambda inner: st.builds(
        lambda name, parts: f"<C:{name} name='VEVENT'>{''.join(parts)}</C:{name}>",
        st.sampled_from(["comp-filter", "prop-filter", "param-filter", "comp", "prop", "expand"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
))  # fmt: skip
def test_any_filter_is_read_or_refused(inner: str) -> None:
    for document in (
        f"<C:calendar-query {DECLARED}><C:filter><C:comp-filter name='VCALENDAR'>{inner}</C:comp-filter></C:filter>"
        "</C:calendar-query>",
        f"<C:calendar-data {DECLARED}><C:comp name='VCALENDAR'>{inner}</C:comp></C:calendar-data>",
    ):
        root = parse(document.encode())
        try:
            read = filter_of(root) if "calendar-query" in document[:20] else shape_of(root)
        except DavError as refused:
            assert refused.status in {400, 403}  # noqa: PT017
        else:
            assert isinstance(read, pb.ComponentFilter | pb.ContentShape)


@given(st.text(alphabet="0123456789TZ-+:", max_size=20))
def test_any_time_is_a_moment_or_refused(given_text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(moment_of(given_text), int)
