"""Slots, hours of units and holidays by REST, over what people and rooms really have."""

from typing import Any

import httpx
import pytest

from chassis.identity import Identity
from services.calendar.usecases.list_calendars import list_calendars
from tests.calendar.conftest import Said
from tests.calendar.office import Office, event
from tests.calendar.resources.asking import Rooms, administrator_of, at, request

FIND = "/v1/calendar/slots:find"


def asked(*guests: Identity, **said: Any) -> dict[str, Any]:
    return {
        "guests": [{"address": each.address} for each in guests], "start": "2026-12-07T00:00:00Z",
        "end": "2026-12-08T00:00:00Z", "length_minutes": 60, "step_minutes": 60, "limit": 3, **said,
    }  # fmt: skip


async def test_slots_suit_people_and_a_room(
    http: httpx.AsyncClient, said: Said, office: Office, rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    await list_calendars(office.agenda, colleague)
    await office.put(colleague, event("u1", "20261207T070000Z", "20261207T090000Z"))
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at(hour=9)))
    wanted = asked(agent, colleague, rooms=[room.address], guests=[
        {"address": agent.address}, {"address": colleague.address},
        {"address": "personne@ailleurs.tg", "optional": True},
    ])  # fmt: skip
    answer = await http.post(FIND, json=wanted, headers=said(agent))
    assert answer.status_code == 200, answer.text
    best, second, third = answer.json()["slots"]
    assert (best["start"], best["rooms"], best.get("missing", [])) == ("2026-12-07T10:00:00Z", [room.address], [])
    assert second["start"] == "2026-12-07T11:00:00Z"
    # The administration is at lunch until half past two.
    assert third["start"] == "2026-12-07T15:00:00Z"
    assert answer.json()["unknown"] == ["personne@ailleurs.tg"]


async def test_it_says_who_is_missing(
    http: httpx.AsyncClient, said: Said, office: Office, agent: Identity, colleague: Identity
) -> None:
    await list_calendars(office.agenda, colleague)
    await office.put(colleague, event("u1", "20261207", "20261208"))
    answer = await http.post(FIND, json=asked(agent, colleague, limit=1), headers=said(agent))
    assert answer.json()["slots"][0]["missing"] == [{"address": colleague.address, "why": "ABSENCE_BUSY"}]


async def test_a_unit_has_hours_of_its_own_and_a_holiday_closes_them(
    http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity
) -> None:
    boss, path = said(rooms.administrator), "/v1/calendar/units/office/hours"
    usual = (await http.get(path, headers=boss)).json()
    assert (usual.get("from_unit_id", ""), len(usual["spans"])) == ("", 10)
    days = [{"weekday": day, "from": "09:00", "until": "16:00"} for day in range(1, 6)]
    hours = {"time_zone": "Africa/Lome", "spans": days}
    assert (await http.put(path, json=hours, headers=boss)).json()["from_unit_id"] == "office"

    async def first(**wanted: Any) -> str:
        answer = await http.post(FIND, json=asked(agent, limit=1, **wanted), headers=said(agent))
        slots = answer.json().get("slots", [])
        return str(slots[0]["start"]) if slots else ""

    assert await first() == "2026-12-07T09:00:00Z"
    christmas = {"start": "2026-12-25T00:00:00Z", "end": "2026-12-26T00:00:00Z"}
    assert await first(**christmas) == ""
    assert await first(**christmas, on_holidays=True) == "2026-12-25T09:00:00Z"
    assert (await http.put(path, json={"spans": []}, headers=boss)).json().get("from_unit_id", "") == ""
    assert await first() == "2026-12-07T07:00:00Z"


async def test_hours_and_holidays_are_set_by_those_who_may(
    http: httpx.AsyncClient, said: Said, office: Office, rooms: Rooms, agent: Identity
) -> None:
    hours = {"spans": [{"weekday": 1, "from": "09:00", "until": "16:00"}]}
    assert (await http.put("/v1/calendar/units/office/hours", json=hours, headers=said(agent))).status_code == 403
    boss = said(rooms.administrator)
    assert (await http.put("/v1/calendar/units/health/hours", json=hours, headers=boss)).status_code == 404
    for wrong in ({"weekday": 9, "from": "09:00", "until": "16:00"}, {"weekday": 1, "from": "16:00", "until": "09:00"}):
        put = await http.put("/v1/calendar/units/office/hours", json={"spans": [wrong]}, headers=boss)
        assert put.status_code == 400
    moved = {"corrections": [{"key": "eid-al-adha", "date": "2026-05-28"}]}
    assert (await http.put("/v1/calendar/holidays/2026", json=moved, headers=boss)).status_code == 403
    national = said(await office.agent("national", grants=administrator_of("")))
    put = await http.put("/v1/calendar/holidays/2026", json=moved, headers=national)
    assert put.status_code == 200, put.text
    found = (await http.get("/v1/calendar/holidays/2026", headers=said(agent))).json()["holidays"]
    (tabaski,) = [each for each in found if each["key"] == "eid-al-adha"]
    assert (tabaski["date"], tabaski["name_fr"], tabaski.get("estimated", False)) == ("2026-05-28", "Tabaski", False)
    for wrong_day in ("2026-02-30", "demain", "2031-01-01"):
        bad = {"corrections": [{"key": "labor-day", "date": wrong_day}]}
        assert (await http.put("/v1/calendar/holidays/2026", json=bad, headers=national)).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"guests": []}, {"guests": [{"address": f"a{n}@gouv.tg"} for n in range(101)]}, {"length_minutes": 0},
        {"length_minutes": 100_000}, {"step_minutes": -5}, {"buffer_minutes": -1}, {"notice_minutes": -1},
        {"limit": 1000},
        {"end": "2027-12-08T00:00:00Z"}, {"start": "2026-12-09T00:00:00Z"}, {"rooms": [f"r{n}" for n in range(51)]},
        {"guests": [{"address": "personne@ailleurs.tg"}]},
        {"start": "0001-01-01T00:00:00Z", "end": "0001-01-02T00:00:00Z"},
        {"start": "9999-12-30T00:00:00Z", "end": "9999-12-31T00:00:00Z", "buffer_minutes": 240},
    ],
)  # fmt: skip
async def test_what_no_slots_are_looked_for_by(
    http: httpx.AsyncClient, said: Said, agent: Identity, wrong: dict[str, Any]
) -> None:
    answer = await http.post(FIND, json={**asked(agent), **wrong}, headers=said(agent))
    assert answer.status_code == 400, answer.text
