"""What an owner may not say of a page, by REST."""

import httpx

from chassis.identity import Identity
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
