"""What an owner may not say of a page, and how its letters say moments."""

from datetime import UTC, datetime

import httpx

from chassis.identity import Identity
from services.calendar.domain.appointments import AppointmentPage, Booking, letter
from services.calendar.domain.finding.booking import Page
from services.calendar.domain.finding.working_hours import USUAL
from services.calendar.usecases.list_calendars import list_calendars
from tests.calendar.conftest import Api
from tests.calendar.office import Office


async def test_a_time_zone_that_nobody_knows_is_refused_with_hours_and_without(
    office: Office, http: httpx.AsyncClient, api: Api, agent: Identity
) -> None:
    await list_calendars(office.agenda, agent)
    headers = {"authorization": f"Bearer {api.token(agent)}"}
    for hours in ([], [{"weekday": 1, "from": "08:00", "until": "12:00"}]):
        page = {"title": "Guichet", "lengths": [30], "time_zone": "Africa/Nulle-Part", "hours": hours}
        answer = await http.post("/v1/calendar/appointment-pages", json=page, headers=headers)
        assert answer.status_code == 400
        assert [each["field"] for each in answer.json()["errors"]] == ["time_zone"]
        page["time_zone"] = "Europe/Paris"
        made = await http.post("/v1/calendar/appointment-pages", json=page, headers=headers)
        assert (made.status_code, made.json()["time_zone"]) == (201, "Europe/Paris"), made.text


def test_a_letter_says_when_in_words() -> None:
    moment = datetime(2026, 12, 21, 9, tzinfo=UTC)
    start = int(moment.timestamp())
    page = AppointmentPage("p1", "acc-agent1", "", "Passeport", Page(USUAL))
    booking = Booking("b1", "", start, start + 1800, "Une visiteuse", "visiteuse@example.org", {}, moment)
    _, text = letter(page, booking, "https://x")
    assert "le lundi 21 décembre 2026, 9 h 00 (UTC, Lomé)" in text
    assert "Monday 21 December 2026, 09:00 (UTC, Lomé)" in text
