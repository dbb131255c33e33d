"""By each way into a calendar, what no calendar keeps is refused by name, and nothing is lost or changed by it."""

import pytest
from workspace.mail.v1.events_pb2 import CalendarPartReceived

from chassis.identity import Identity
from services.calendar.domain.subscriptions import Subscription, take
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.scheduling.hearing import hear_part
from tests.calendar.dav.conftest import CalendarClient, condition, event
from tests.calendar.hostile.bombs import BOMBS, CHARSETS, RECURRING, UID
from tests.calendar.office import Office

OUTSIDE = "invitee@ministere.example"


@pytest.mark.parametrize("what", [*BOMBS, *CHARSETS])
async def test_by_caldav_it_is_refused_by_its_rule_and_what_is_there_stays(
    office: Office, mine: CalendarClient, what: str
) -> None:
    rule, content = {**BOMBS, **CHARSETS}[what]
    assert (await mine.store("a.ics", event(UID))).status_code == 201
    before = await office.state()
    for name in ("a.ics", "b.ics"):
        refused = await mine.store(name, content)
        assert (refused.status_code, condition(refused)) == (403, rule), refused.text
    assert await office.state() == before
    assert (await mine.ask("GET", f"{mine.calendar}a.ics")).content == event(UID)


async def test_of_a_file_each_is_refused_with_a_reason_and_keeps_nothing_else_out(
    office: Office, mine: CalendarClient
) -> None:
    assert (await mine.store("a.ics", event(UID))).status_code == 201
    before = await office.database["objects"].find({"uid": UID}).to_list(None)
    home = (await mine.http.get("/v1/calendars", headers=mine.headers)).json()["calendars"][0]["id"]
    for what, (_, content) in BOMBS.items():
        good = f"bon-{what}"
        inner = event(good).partition(b"BEGIN:VEVENT")[2].partition(b"END:VCALENDAR")[0]
        given = content.replace(b"END:VCALENDAR", b"BEGIN:VEVENT" + inner + b"END:VCALENDAR")
        taken = await mine.http.post(
            f"/v1/calendars/{home}:import", content=given, headers={**mine.headers, "content-type": "text/calendar"}
        )
        assert taken.status_code == 200, (what, taken.text)
        told = taken.json()
        assert (told["created"], told.get("updated", 0)) == (1, 0), (what, told)
        assert [bool(each.get("reason")) for each in told["events"] if each["uid"] != good] == [True], (what, told)
    assert await office.database["objects"].find({"uid": UID}).to_list(None) == before


@pytest.mark.parametrize("what", BOMBS)
async def test_by_a_letter_it_comes_into_no_calendar(office: Office, agent: Identity, what: str) -> None:
    _, content = BOMBS[what]
    await own_calendars(office.agenda, agent.account_id)
    before = await office.state()
    people = f"METHOD:REQUEST\r\nBEGIN:VEVENT\r\nORGANIZER:mailto:{OUTSIDE}\r\nATTENDEE:mailto:{agent.address}"
    text = content.decode().replace("BEGIN:VEVENT", people, 1)
    told = CalendarPartReceived(
        account_id=agent.account_id, method="REQUEST", content=text, author=OUTSIDE, sender=OUTSIDE,
        recipient=agent.address, dmarc="pass", proven_domains=["ministere.example"],
    )  # fmt: skip
    await hear_part(office.agenda, "letter-1", told)
    assert await office.state() == before


def test_of_a_calendar_outside_it_is_passed_over_and_counted(office: Office) -> None:
    subscription = Subscription("a.b", "a", "e", "https://a.example/x", alarms=False, due_at=office.clock())
    for what, (_, content) in RECURRING.items():
        inner = event("bon").partition(b"BEGIN:VEVENT")[2]
        taken = take(content.replace(b"END:VCALENDAR", b"BEGIN:VEVENT" + inner), subscription)
        assert (len(taken.objects), taken.skipped) == (1, 1), what


FIELDS = {
    "every no days": {"frequency": "FREQUENCY_DAILY", "interval": -1},
    "a thousand million times": {"frequency": "FREQUENCY_DAILY", "count": 1_000_000_000},
    "no frequency": {"count": 3},
    "a rule within a day": {"frequency": "FREQUENCY_WEEKLY", "by_day": ["MO;BYHOUR=1,2,3"]},
    "a rule within the week's first day": {"frequency": "FREQUENCY_WEEKLY", "week_start": "MO;COUNT=1"},
    "more days than a rule has": {"frequency": "FREQUENCY_MONTHLY", "by_day": ["MO"] * 10_000},
}


@pytest.mark.parametrize("what", FIELDS)
async def test_by_fields_it_is_refused_by_the_fields_name_and_the_event_stays(
    office: Office, mine: CalendarClient, what: str
) -> None:
    assert (await mine.store("a.ics", event(UID))).status_code == 201
    home = (await mine.http.get("/v1/calendars", headers=mine.headers)).json()["calendars"][0]["id"]
    (stored,) = await office.database["objects"].find({"uid": UID}).to_list(None)
    before = await office.state()
    said = {"title": "x", "start": {"local": "2026-12-01T09:00:00"}, "recurrence": FIELDS[what]}
    made = await mine.http.post(f"/v1/calendars/{home}/events", json=said, headers=mine.headers)
    changed = await mine.http.patch(
        f"/v1/calendar/events/{stored['_id']}", json={"recurrence": FIELDS[what]}, headers=mine.headers
    )
    for answer in (made, changed):
        assert (answer.status_code, answer.json()["reason"]) == (400, "invalid_input"), answer.text
        assert "recurrence" in answer.text
    assert await office.state() == before
