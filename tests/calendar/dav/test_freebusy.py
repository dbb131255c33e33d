"""When people are busy, by POST to the scheduling outbox (RFC 6638 §5), and when they can be met (RFC 7953)."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.edges.dav.caldav.freebusy import read_request
from gateway.edges.dav.errors import DavError
from tests.calendar.dav.conftest import CalendarClient, condition, event

NAMES = {"D": "DAV:", "C": "urn:ietf:params:xml:ns:caldav"}


def asking(organizer: str, *attendees: str, more: str = "") -> str:
    people = "".join(f"ATTENDEE;CN=x\u2028y:mailto:{each}\r\n" for each in attendees)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:f1\r\n"
        f"DTSTAMP:20261130T000000Z\r\nDTSTART:20261130T000000Z\r\nDTEND:20261201T000000Z\r\n"
        f"ORGANIZER:mailto:{organizer}\r\n{people}{more}END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )


async def post(client: CalendarClient, body: str, **headers: str) -> httpx.Response:
    headers.setdefault("content_type", "text/calendar")
    return await client.ask("POST", f"{client.home}outbox/", body.encode(), **headers)


def told(answer: httpx.Response) -> dict[str, tuple[str, str]]:
    """Status and busy times of each."""
    assert answer.status_code == 200, answer.text
    root = etree.fromstring(answer.content)
    return {
        each.findtext("C:recipient/D:href", "", NAMES): (
            each.findtext("C:request-status", "", NAMES), each.findtext("C:calendar-data", "", NAMES),
        )
        for each in root.iterfind("C:response", NAMES)
    }  # fmt: skip


async def test_one_asks_when_others_are_busy(mine: CalendarClient, theirs: CalendarClient) -> None:
    await theirs.store("a.ics", event("u", summary="Secret"))
    nobody = "personne@numerique.gouv.tg"
    answer = told(await post(mine, asking(mine.address, theirs.address, nobody, mine.address)))
    assert list(answer) == [f"mailto:{each}" for each in (theirs.address, nobody, mine.address)]
    status, data = answer[f"mailto:{theirs.address}"]
    assert status.startswith("2.0")
    assert "METHOD:REPLY" in data
    assert "FREEBUSY;FBTYPE=BUSY:20261130T090000Z/20261130T100000Z" in data
    assert "Secret" not in data
    assert "FREEBUSY" not in answer[f"mailto:{mine.address}"][1].replace("VFREEBUSY", "")
    assert answer[f"mailto:{nobody}"] == ("3.7;Invalid calendar user", "")
    masked = told(await post(mine, asking(mine.address, theirs.address, more="X-CALENDARSERVER-MASK-UID:u\r\n")))
    assert "20261130T090000Z" not in masked[f"mailto:{theirs.address}"][1]


async def test_who_asks_is_told_when_nobody_can_be_met(mine: CalendarClient, theirs: CalendarClient) -> None:
    """RFC 7953 §5: outside of the times that are said to be available, by BUSYTYPE; what is planned counts more."""
    hours = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VAVAILABILITY\r\nUID:v\r\nDTSTAMP:20261130T000000Z\r\n"
        "DTSTART:20261130T060000Z\r\nDTEND:20261130T180000Z\r\nBEGIN:AVAILABLE\r\nUID:w\r\nDTSTAMP:20261130T000000Z\r\n"
        "DTSTART:20261130T080000Z\r\nDTEND:20261130T093000Z\r\nEND:AVAILABLE\r\nEND:VAVAILABILITY\r\nEND:VCALENDAR\r\n"
    )
    inbox, said = f"{theirs.home}inbox/", "<C:calendar-availability>{}</C:calendar-availability>"
    await theirs.store("a.ics", event("u"))
    await theirs.patch(inbox, said.format(hours))
    _, data = told(await post(mine, asking(mine.address, theirs.address)))[f"mailto:{theirs.address}"]
    assert [line for line in data.splitlines() if line.startswith("FREEBUSY")] == [
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261130T060000Z/20261130T080000Z",
        "FREEBUSY;FBTYPE=BUSY:20261130T090000Z/20261130T100000Z",
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261130T100000Z/20261130T180000Z",
    ]


async def test_who_shows_it_to_nobody_is_told_as_who_does_not_exist(
    http: httpx.AsyncClient, mine: CalendarClient, theirs: CalendarClient
) -> None:
    said = {"free_busy": "FREE_BUSY_AUDIENCE_NOBODY"}
    answer = await http.patch("/v1/calendar/preferences?update_mask=free_busy", json=said, headers=theirs.headers)
    assert answer.status_code == 200, answer.text
    found = told(await post(mine, asking(mine.address, theirs.address, "personne@numerique.gouv.tg")))
    assert len(set(found.values())) == 1


async def test_what_is_no_question_is_refused_by_its_rule(mine: CalendarClient, others: CalendarClient) -> None:
    right = asking(mine.address, mine.address)
    wrong = {
        right.replace("METHOD:REQUEST", "METHOD:PUBLISH"): "valid-scheduling-message",
        right.replace(f"ORGANIZER:mailto:{mine.address}", f"ORGANIZER:mailto:{others.address}"): "organizer-allowed",
        right.replace(f"ORGANIZER:mailto:{mine.address}", f"ORGANIZER:{others.principal}"): "organizer-allowed",
        right.replace("VFREEBUSY", "VEVENT"): "valid-calendar-data",
        right.replace("END:VFREEBUSY\r\n", ""): "valid-calendar-data",
        right.replace("UID:f1\r\n", ""): "valid-calendar-data",
        right.replace("20261201T", "20251201T"): "valid-calendar-data",
        right.replace("20261201T", "20991201T"): "valid-calendar-data",
        right.replace("20261201T", "x"): "valid-calendar-data",
        right.replace("ATTENDEE", "X-ATTENDEE"): "valid-calendar-data",
        right.replace("UID:f1", "UID:f1\x00"): "valid-calendar-data",
        asking(mine.address, *(f"a{n}@y.tg" for n in range(101))): "valid-calendar-data",
        right + "X" * 70_000: "max-resource-size",
        "": "valid-calendar-data",
    }
    for body, rule in wrong.items():
        answer = await post(mine, body)
        assert (answer.status_code, condition(answer)) == (403, rule), body[:300]
    assert condition(await post(mine, right, content_type="text/plain")) == "supported-calendar-data"
    assert (await mine.ask("POST", mine.calendar, right, content_type="text/calendar")).status_code == 405
    assert (await others.ask("POST", f"{mine.home}outbox/", right, content_type="text/calendar")).status_code == 404
    found = await mine.propfind(f"{mine.home}outbox/", "D:current-user-privilege-set", "D:getetag", depth="1")
    assert list(found.properties) == [f"{mine.home}outbox/"]
    put = await mine.ask("PUT", f"{mine.home}outbox/a.ics", right, content_type="text/calendar")
    assert (put.status_code, condition(put)) == (403, "need-privileges")


@given(st.text(alphabet='ABEGIN:VFREEBUSYCALENDTMHOQ\r\n ;"x1Z', max_size=200))
def test_any_text_is_a_question_or_a_refusal(text: str) -> None:
    for tried in (text, f"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n{text}"):
        with pytest.raises(DavError):
            read_request(tried.encode())


async def test_when_one_can_be_met_is_a_property_of_the_inbox(mine: CalendarClient) -> None:
    inbox = f"{mine.home}inbox/"
    hours = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VAVAILABILITY\r\nUID:v\r\nDTSTAMP:20261130T000000Z\r\n"
        "BEGIN:AVAILABLE\r\nUID:w\r\nDTSTAMP:20261130T000000Z\r\nDTSTART:20261130T090000Z\r\nDTEND:20261130T120000Z\r\n"
        "RRULE:FREQ=WEEKLY;BYDAY=MO\r\nEND:AVAILABLE\r\nEND:VAVAILABILITY\r\nEND:VCALENDAR\r\n"
    )
    name = "calendar-availability"
    before = await mine.propfind(inbox, f"C:{name}", "C:schedule-default-calendar-URL", "D:resourcetype")
    assert before.missing[inbox] == {name}
    assert before.texts(inbox, "schedule-default-calendar-URL") == [mine.calendar]
    # All of it or nothing.
    half = await mine.patch(inbox, f"<C:{name}>{hours}</C:{name}><D:displayname/>")
    assert "HTTP/1.1 409" in half.answer.text
    assert (await mine.propfind(inbox, f"C:{name}")).missing[inbox] == {name}
    assert "200 OK" in (await mine.patch(inbox, f"<C:{name}>{hours}</C:{name}>")).answer.text
    after = await mine.propfind(inbox, f"C:{name}")
    assert "BEGIN:AVAILABLE" in after.properties[inbox][name].text
    bad = await mine.patch(inbox, f"<C:{name}>BEGIN:VEVENT</C:{name}>")
    assert "valid-calendar-data" in bad.answer.text
    assert (await mine.propfind(inbox, f"C:{name}")).missing[inbox] == set()
    await mine.patch(inbox, '<x xmlns="urn:x"/>', f"<C:{name}/>")
    assert (await mine.propfind(inbox, f"C:{name}")).missing[inbox] == {name}
    put = await mine.ask("PUT", f"{inbox}a.ics", event(), content_type="text/calendar")
    assert (put.status_code, condition(put)) == (403, "need-privileges")
    options = await mine.ask("OPTIONS", inbox)
    assert {"calendar-availability", "calendar-proxy"} <= set(options.headers["dav"].split(", "))
