"""The day's agenda by letter: once each working morning, to whoever wishes it."""

from datetime import UTC, date, datetime

import httpx
import pytest

from chassis.identity import Identity
from services.calendar.domain.finding.holidays import Correction
from services.calendar.domain.finding.working_hours import HOME, hours_given
from services.calendar.usecases.daily_agenda import write_daily_agendas
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.wish import wish
from services.calendar.usecases.working_hours import set_unit_hours
from tests.calendar.conftest import Api
from tests.calendar.office import Office, body_of, event


@pytest.fixture(autouse=True)
async def _wished(office: Office, agent: Identity) -> None:
    await list_calendars(office.agenda, agent)
    await wish(office.agenda, agent, {"daily_agenda": True, "daily_agenda_at": "06:30"})


async def letters(
    office: Office, day: int, hour: int = 6, minute: int = 30, month: int = 12
) -> list[dict[str, object]]:
    """What is written when it is so late."""
    office.clock.now = datetime(2026, month, day, hour, minute, tzinfo=UTC)
    await write_daily_agendas(office.agenda)
    told = [body_of(each) for each in await office.facts("letter_requested")]
    await office.published()
    return told


async def test_the_day_is_told_once_in_the_morning(office: Office, agent: Identity) -> None:
    meeting = event("u1", "Africa/Lome:20260105T090000", "Africa/Lome:20260105T100000", "Point", "RRULE:FREQ=DAILY",
                    "LOCATION:Salle A")  # fmt: skip
    await office.put(agent, meeting, "a.ics")
    await office.put(agent, event("u2", "20261201", "20261202", "Journée de l'administration"), "b.ics")
    await office.put(agent, event("u3", "20261202T090000Z", "20261202T100000Z", "Demain"), "c.ics")
    assert await letters(office, 1, 6, 29) == []
    (told,) = await letters(office, 1)
    assert told["account_id"] == agent.account_id
    assert told["subject"] == "Votre journée / Your day : mardi 1er décembre 2026"
    french = told["paragraphs"][1]
    assert french == "Toute la journée  Journée de l'administration\r\n09:00 - 10:00  Point, Salle A"
    assert await letters(office, 1, 6, 31) == []
    assert len(await letters(office, 2)) == 1


@pytest.mark.parametrize(("day", "month"), [(5, 12), (6, 12), (25, 12)])
async def test_nothing_is_told_of_days_without_work(office: Office, agent: Identity, day: int, month: int) -> None:
    """A Saturday, a Sunday, Christmas."""
    await letters(office, day - 1, 23, 59, month)
    assert await letters(office, day, 7, 0, month) == []


async def test_holidays_are_as_they_were_corrected(office: Office, agent: Identity) -> None:
    moved = Correction(2026, "christmas-day", date(2026, 12, 24))
    await office.agenda.hours.correct(2026, [moved])
    await letters(office, 23, 23, 59)
    assert await letters(office, 24, 7) == []
    assert len(await letters(office, 25, 7)) == 1


async def test_days_of_work_are_those_of_where_one_works_unless_one_wishes_others(
    office: Office, agent: Identity
) -> None:
    weekend = hours_given(HOME, [(6, "08:00", "12:00"), (7, "08:00", "12:00")])
    await set_unit_hours(office.agenda, ("ministry",), weekend)
    # Tuesday, for which a letter was due before the unit said so; then Saturday.
    assert await letters(office, 1) == []
    assert len(await letters(office, 5)) == 1
    await wish(office.agenda, agent, {"working_hours": hours_given(HOME, [(1, "08:00", "12:00")])})
    assert await letters(office, 6) == []
    assert len(await letters(office, 7)) == 1


async def test_hours_by_rest_are_what_was_said(http: httpx.AsyncClient, api: Api, agent: Identity) -> None:
    headers = {"authorization": f"Bearer {api.token(agent)}"}
    spans = [{"weekday": 1, "from": "08:00", "until": "12:00"}, {"weekday": 7, "from": "20:00", "until": "24:00"}]
    said = await http.patch("/v1/calendar/preferences", json={"working_hours": spans}, headers=headers)
    assert said.status_code == 200, said.text
    assert (await http.get("/v1/calendar/preferences", headers=headers)).json()["working_hours"] == spans
    for wrong in ({"weekday": 8, "from": "07:00", "until": "12:00"}, {"weekday": 1, "from": "12:00", "until": "07:00"}):
        bad = await http.patch("/v1/calendar/preferences", json={"working_hours": [wrong]}, headers=headers)
        assert bad.status_code == 400, wrong


async def test_an_empty_day_says_so(office: Office, agent: Identity) -> None:
    (told,) = await letters(office, 1)
    assert told["paragraphs"][1] == "Rien n'est prévu."


async def test_what_was_declined_is_not_told_and_what_waits_is(office: Office, agent: Identity) -> None:
    for name, answer in (("a", "DECLINED"), ("b", "NEEDS-ACTION")):
        meeting = event(
            f"u{name}", "20261201T090000Z", "20261201T100000Z", f"Réunion {name}", "ORGANIZER:mailto:chef@gouv.tg",
            f"ATTENDEE;PARTSTAT={answer}:mailto:{agent.address}",
        )  # fmt: skip
        await office.put(agent, meeting, f"{name}.ics")
    (told,) = await letters(office, 1)
    assert told["paragraphs"][1] == "09:00 - 10:00  Réunion b [réponse attendue]"


async def test_a_worker_that_was_away_writes_nothing_of_yesterday(office: Office, agent: Identity) -> None:
    (told,) = await letters(office, 3, 9, 0)
    assert "jeudi 3 décembre 2026" in told["subject"]


async def test_who_wishes_it_no_more_gets_none(office: Office, agent: Identity) -> None:
    await wish(office.agenda, agent, {"daily_agenda": False})
    assert await letters(office, 1) == []
