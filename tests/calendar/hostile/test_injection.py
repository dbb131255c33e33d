"""What a text says stays that text: it makes no property, no alarm and no script, by whichever way it came and wherever
it goes."""

from typing import Any

import pytest
from icalendar import Calendar

from chassis.identity import Identity
from services.calendar.usecases.publish import Detail, publish
from tests.calendar.dav.conftest import CalendarClient, event
from tests.calendar.hostile.bombs import UID
from tests.calendar.office import Office, body_of
from tests.calendar.scheduling.post import meeting

INNER = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", "TRIGGER:-PT1M", "END:VALARM", "ATTACH:https://x.example/")
# What is no line end of iCalendar (RFC 5545 §3.1), and what some reader takes for one.
ENDS = {"CR": "\r", "VT": "\x0b", "FF": "\x0c", "NEL": "\x85", "LS": "\u2028", "PS": "\u2029"}
OUTSIDE = "invitee@ministere.example"
# Where what is kept goes.
WAYS_OUT = ("GET", "multiget", "expanded", "published", "file", "letter")


def injecting(end: str) -> bytes:
    """A meeting whose SUMMARY has the lines of an alarm and of an attachment within."""
    return meeting("agent1@numerique.gouv.tg", [OUTSIDE], uid=UID, summary=end.join(["Budget", *INNER]))


async def _home(mine: CalendarClient) -> str:
    return str((await mine.http.get("/v1/calendars", headers=mine.headers)).json()["calendars"][0]["id"])


async def _given_out(office: Office, mine: CalendarClient, agent: Identity) -> dict[str, bytes]:
    """All that leaves the platform of the one object there is."""
    home = await _home(mine)
    (row,) = await office.agenda.objects.rows(home)
    path = f"{mine.calendar}{row.name}"
    data = "<D:prop><C:calendar-data>{}</C:calendar-data></D:prop>" + f"<D:href>{path}</D:href>"
    window = '<C:expand start="20261130T000000Z" end="20261214T000000Z"/>'
    told: dict[str, bytes] = {"GET": (await mine.ask("GET", path)).content}
    for way, inner in (("multiget", ""), ("expanded", window)):
        found = await mine.report(mine.calendar, "C:calendar-multiget", data.format(inner))
        told[way] = found.properties[path]["calendar-data"].text.encode()
    secret = (await publish(office.agenda, agent, home, Detail.WORDS, ""))[1]
    told["published"] = (await mine.http.get(f"/ics/{secret}.ics")).content
    told["file"] = (await mine.http.get(f"/v1/calendars/{home}:export", headers=mine.headers)).content
    letters = [body_of(each) for each in await office.facts("invitation_requested")]
    told["letter"] = letters[-1]["content"].encode() if letters else told["file"]
    return told


def _made(octets: bytes) -> list[str]:
    """What another library reads beside the one event: alarms and attachments."""
    (read,) = Calendar.from_ical(octets).walk("VEVENT")
    return [*(each.name for each in read.walk() if each.name == "VALARM"), *(["ATTACH"] if "ATTACH" in read else [])]


@pytest.mark.parametrize("end", [*ENDS, "escaped"])
@pytest.mark.parametrize("way_in", ["PUT", "import"])
async def test_a_line_end_within_a_title_makes_no_alarm_and_no_property(
    office: Office, mine: CalendarClient, agent: Identity, end: str, way_in: str
) -> None:
    content = injecting(ENDS.get(end, "\\r\\n"))
    if way_in == "PUT":
        assert (await mine.store("a.ics", content)).status_code == 201
    else:
        taken = await mine.http.post(
            f"/v1/calendars/{await _home(mine)}:import", content=content,
            headers={**mine.headers, "content-type": "text/calendar"},
        )  # fmt: skip
        assert taken.json()["created"] == 1, taken.text
    (kept,) = await office.agenda.objects.of_owner_with_uid(agent.account_id, UID)
    assert kept.facts.alarms == ()
    told = await _given_out(office, mine, agent)
    assert {way: _made(octets) for way, octets in told.items()} == {way: [] for way in WAYS_OUT}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("field", ["title", "location", "attendee", "category", "document"])
async def test_by_fields_a_line_end_is_refused_and_nothing_is_written(
    office: Office, mine: CalendarClient, end: str, field: str
) -> None:
    home = await _home(mine)
    assert (await mine.store("a.ics", event(UID))).status_code == 201
    (stored,) = await office.database["objects"].find({"uid": UID}).to_list(None)
    before = await office.state()
    nasty = end.join(["Budget", *INNER])
    said: dict[str, Any] = {
        "title": {"title": nasty}, "location": {"location": nasty}, "category": {"categories": [nasty]},
        "attendee": {"attendees": [{"address": "a@gouv.tg", "name": nasty}]},
        "document": {"documents": [{"id": "d1", "title": nasty}]},
    }[field]  # fmt: skip
    made = await mine.http.post(
        f"/v1/calendars/{home}/events", json={"start": {"local": "2026-12-01T09:00:00"}, **said}, headers=mine.headers
    )
    changed = await mine.http.patch(f"/v1/calendar/events/{stored['_id']}", json=said, headers=mine.headers)
    assert (made.status_code, changed.status_code) == (400, 400), (made.text, changed.text)
    assert await office.state() == before


async def test_lines_of_a_description_stay_lines_of_it(office: Office, mine: CalendarClient, agent: Identity) -> None:
    said = {"title": "x", "description": "\r\n".join(["Budget", *INNER]), "start": {"local": "2026-12-01T09:00:00"}}
    made = await mine.http.post(f"/v1/calendars/{await _home(mine)}/events", json=said, headers=mine.headers)
    assert made.status_code == 201, made.text
    assert made.json()["description"] == "\n".join(["Budget", *INNER])
    told = await _given_out(office, mine, agent)
    assert {way: _made(octets) for way, octets in told.items()} == {way: [] for way in WAYS_OUT}


SCRIPTS = (
    "X-ALT-DESC;FMTTYPE=text/html:<html><script>alert(1)</script></html>", "URL:javascript:alert(2)",
    "ATTACH:javascript:alert(3)", "ATTACH:data:text/html;base64,PHM+",
    "ATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=text/html:" + "QUJD" * 100, "CONFERENCE;VALUE=URI:javascript:alert(4)",
    "IMAGE;VALUE=URI:javascript:alert(5)",
)  # fmt: skip
RUNS = (b"script", b"QUJD", b"data:")


async def test_scripts_and_inline_files_go_to_nobody_else_and_never_run_in_our_origin(
    office: Office, mine: CalendarClient, agent: Identity
) -> None:
    content = meeting("agent1@numerique.gouv.tg", [OUTSIDE], *SCRIPTS, uid=UID)
    assert (await mine.store("a.ics", content)).status_code == 201
    told = await _given_out(office, mine, agent)
    assert [mark for mark in RUNS if mark in told["published"].replace(b"\r\n ", b"")] == []
    letter = body_of((await office.facts("invitation_requested"))[-1])
    assert [mark for mark in ("alert", "QUJD", "data:") if mark in letter["text"] + letter["subject"]] == []
    # Its own program has it as it wrote it: as a file, which no browser shows as a page of ours.
    own = await mine.ask("GET", f"{mine.calendar}a.ics")
    assert own.headers["content-type"].startswith("text/calendar")
    assert own.headers["content-security-policy"].startswith("sandbox")
    assert own.headers["x-content-type-options"] == "nosniff"
    assert b"alert(3)" in own.content
