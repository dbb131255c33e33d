"""Rooms and equipment by REST: set up by administrators, found and seen by those who may book them, by nobody else."""

from typing import Any

import httpx
import pytest

from chassis.errors import Forbidden
from chassis.identity import Identity
from services.calendar.domain.resources.resource import Policy, Shown
from services.calendar.usecases.book_resource import booking_id_of
from services.calendar.usecases.put_object import put_object
from tests.calendar.conftest import Said
from tests.calendar.office import event
from tests.calendar.resources.asking import Rooms, administrator_of, at, request

ROOMS = "/v1/calendar/resources"
WINDOW = {"start": "2026-12-07T09:00:00Z", "end": "2026-12-07T10:00:00Z"}


async def make(http: httpx.AsyncClient, headers: dict[str, str], **fields: Any) -> httpx.Response:
    body = {"kind": "RESOURCE_KIND_ROOM", "name": "Salle Kara", "unit_id": "office", **fields}
    return await http.post(ROOMS, json=body, headers=headers)


async def test_an_administrator_sets_up_a_room_with_all_that_is_said_of_it(
    http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity
) -> None:
    boss = said(rooms.administrator)
    fields: dict[str, Any] = {
        "capacity": 12, "features": ["Visioconférence", "Écran"], "building": "CASEF", "floor": "2",
        "time_zone": "Africa/Lome", "hours": [{"weekday": 1, "from": "07:00", "until": "18:00"}],
        "policy": {"steward_ids": [agent.account_id], "booker_unit_ids": ["ministry"], "longest_minutes": 240},
    }  # fmt: skip
    made = await make(http, boss, **fields)
    assert made.status_code == 201
    room = made.json()
    assert room["address"] == "salle-kara@ressources.gouv.tg"
    assert (room["calendar_id"], room["unit_path"]) == (f"{room['id']}.agenda", ["ministry", "office"])
    assert room["hours"] == fields["hours"]
    assert room["policy"]["horizon_days"] == 366
    # Another of the same name has another address; one that is asked for twice is refused.
    assert (await make(http, boss)).json()["address"] == "salle-kara-2@ressources.gouv.tg"
    assert (await make(http, boss, address="salle-kara")).status_code == 409
    # Who does not administer it is not told who decides.
    seen = (await http.get(f"{ROOMS}/{room['id']}", headers=said(agent))).json()
    assert (seen["may_book"], seen["may_decide"], seen.get("may_administer", False)) == (True, True, False)
    assert seen["policy"]["steward_ids"] == []
    by_address = await http.get(f"{ROOMS}/{room['address']}", headers=said(agent))
    assert by_address.json()["id"] == room["id"]


async def test_it_is_changed_and_given_up_and_whoever_had_it_is_told(
    http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity
) -> None:
    boss, room = said(rooms.administrator), await rooms.room()
    path = f"{ROOMS}/{room.id}"
    changed = await http.patch(
        path, params={"update_mask": "name,capacity"}, json={"name": "Oti", "capacity": 8}, headers=boss
    )
    assert (changed.json()["name"], changed.json()["capacity"]) == ("Oti", 8)
    for mask in ("", "address", "unit_id", "hours"):
        assert (
            await http.patch(path, params={"update_mask": mask}, json={"name": "x"}, headers=boss)
        ).status_code == 400
    await rooms.ask(room, agent, request(agent, room, at()))
    assert (await http.delete(path, headers=boss)).status_code == 204
    assert await rooms.said(room) == {"": "DECLINED"}
    assert "n'existe plus" in (await rooms.answers())[-1]["content"].replace("\r\n ", "")
    assert (await http.get(path, headers=boss)).status_code == 404
    assert (await http.get(f"/v1/calendars/{room.id}.agenda", headers=boss)).status_code == 404
    # Nobody else ever gets what is sent to it.
    assert (await make(http, boss, address=room.address)).status_code == 409
    await rooms.ask(room, agent, request(agent, room, at(), uid="e2"))
    assert await rooms.answers("e2") == []


async def test_only_who_administers_a_unit_manages_its_rooms(
    http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity
) -> None:
    room = await rooms.room()
    elsewhere = await rooms.office.agent("chef2", unit_path=("health",), grants=administrator_of("health"))
    assert (await make(http, said(agent))).status_code == 403
    assert (await make(http, said(elsewhere))).status_code == 404
    assert (await make(http, said(rooms.administrator), unit_id="unknown")).status_code == 404
    for who, status in ((agent, 403), (elsewhere, 404)):
        patched = await http.patch(
            f"{ROOMS}/{room.id}", params={"update_mask": "name"}, json={"name": "x"}, headers=said(who)
        )
        assert patched.status_code == status
        assert (await http.delete(f"{ROOMS}/{room.id}", headers=said(who))).status_code == status


async def test_a_room_that_one_may_not_book_is_not_there(
    http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity, stranger: Identity
) -> None:
    room = await rooms.room(policy=Policy(bookers=("ministry",)))
    await rooms.ask(room, agent, request(agent, room, at()))
    booking = booking_id_of("e1")
    for path in (
        f"{ROOMS}/{room.id}", f"{ROOMS}/{room.address}", f"/v1/calendars/{room.id}.agenda",
        f"{ROOMS}/{room.id}/bookings?start=2026-12-07T00:00:00Z&end=2026-12-08T00:00:00Z",
    ):  # fmt: skip
        assert (await http.get(path, headers=said(agent))).status_code == 200
        assert (await http.get(path, headers=said(stranger))).status_code == 404
    assert (await http.get(ROOMS, headers=said(stranger))).json().get("resources", []) == []
    # Nor does somebody who may book it decide on it.
    for who in (agent, stranger):
        decided = await http.post(
            f"{ROOMS}/{room.id}/bookings/{booking}:decide", json={"accept": True}, headers=said(who)
        )
        assert decided.status_code == 404


async def test_rooms_are_found_by_what_they_have_and_when_they_are_free(
    http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity
) -> None:
    kara = await rooms.room("Salle Kara", capacity=10, features=["Écran", "Visioconférence"], building="CASEF")
    oti = await rooms.room("Salle Oti", capacity=30, features=["écran"], building="Primature", unit="ministry")
    health = await rooms.room("Étuve", capacity=5)

    async def found(**wanted: Any) -> list[str]:
        answer = await http.get(ROOMS, params=wanted, headers=said(agent))
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json().get("resources", [])]

    assert await found() == ["Étuve", "Salle Kara", "Salle Oti"]
    assert await found(capacity=11) == ["Salle Oti"]
    assert await found(features=["ECRAN"]) == ["Salle Kara", "Salle Oti"]
    assert await found(features=["écran", "visioconference"]) == ["Salle Kara"]
    assert await found(text="salle casef") == ["Salle Kara"]
    assert await found(building="primature") == ["Salle Oti"]
    assert await found(unit_id="office") == ["Étuve", "Salle Kara"]
    assert await found(kind="RESOURCE_KIND_EQUIPMENT") == []
    assert await found(administered=True) == []
    await rooms.ask(kara, agent, request(agent, kara, at(hour=9.5)))
    await rooms.ask(oti, agent, request(agent, oti, at(day=-7), "RRULE:FREQ=WEEKLY;COUNT=3", uid="e2"))
    assert await found(**WINDOW) == ["Étuve"]
    assert await found(start="2026-12-07T10:30:00Z", end="2026-12-07T11:00:00Z") == ["Étuve", "Salle Kara", "Salle Oti"]
    assert health.capacity == 5


async def test_pages_follow_each_other(http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity) -> None:
    for n in range(7):
        await rooms.room(f"Salle {n}")
    token, seen = "", []
    for _ in range(4):
        answer = await http.get(ROOMS, params={"page_size": 2, "page_token": token}, headers=said(agent))
        seen += [each["name"] for each in answer.json()["resources"]]
        token = answer.json().get("next_page_token", "")
        if not token:
            break
    assert seen == [f"Salle {n}" for n in range(7)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"page_size": 101}, {"page_size": -1}, {"capacity": -1}, {"start": WINDOW["start"]},
        {"start": WINDOW["end"], "end": WINDOW["start"]}, {"start": WINDOW["start"], "end": "2027-12-07T10:00:00Z"},
        {"text": " ".join("abcdefghijklm")}, {"features": list("abcdefghijklm")},
    ],
)  # fmt: skip
async def test_searches_that_are_refused(
    http: httpx.AsyncClient, said: Said, agent: Identity, wanted: dict[str, Any]
) -> None:
    assert (await http.get(ROOMS, params=wanted, headers=said(agent))).status_code == 400


async def test_others_see_that_it_is_taken_and_titles_where_its_policy_says_so(
    http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    bare, open_ = await rooms.room("A"), await rooms.room("B", policy=Policy(shown=Shown.TITLES))
    for n, room in enumerate((bare, open_)):
        await rooms.ask(room, agent, request(agent, room, at(), uid=f"e{n}"))
        await rooms.ask(room, agent, request(agent, room, at(hour=12), "CLASS:PRIVATE", uid=f"p{n}"))

    async def titles(room: Any, who: Identity) -> list[str]:
        path = f"{ROOMS}/{room.id}/bookings"
        window = {"start": "2026-12-07T00:00:00Z", "end": "2026-12-08T00:00:00Z"}
        answer = await http.get(path, params=window, headers=said(who))
        return [each["title"] or "-" for each in answer.json()["bookings"]]

    assert await titles(bare, colleague) == ["-", "-"]
    assert await titles(open_, colleague) == ["Réunion", "-"]
    assert await titles(bare, agent) == ["Réunion", "Réunion"]
    assert await titles(bare, rooms.administrator) == ["Réunion", "-"], "what is private is so for who decides, too"


async def test_a_steward_sees_what_waits_and_decides(
    http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    room = await rooms.room(policy=Policy(automatic=False, stewards=(colleague.account_id,)))
    await rooms.ask(room, agent, request(agent, room, at(), "RRULE:FREQ=WEEKLY;COUNT=3"))
    assert (await http.get(f"{ROOMS}:pending", headers=said(agent))).json().get("bookings", []) == []
    (waiting,) = (await http.get(f"{ROOMS}:pending", headers=said(colleague))).json()["bookings"]
    assert (waiting["state"], waiting["title"], waiting["instances"]) == ("BOOKING_STATE_PENDING", "Réunion", 3)
    path = f"{ROOMS}/{room.id}/bookings/{waiting['id']}:decide"
    long = await http.post(path, json={"accept": True, "comment": "x" * 501}, headers=said(colleague))
    assert long.status_code == 400
    decided = await http.post(path, json={"accept": True, "comment": "Clé à l'accueil"}, headers=said(colleague))
    assert decided.json()["state"] == "BOOKING_STATE_ACCEPTED"
    assert await rooms.said(room) == {"": "ACCEPTED"}
    assert (await http.get(f"{ROOMS}:pending", headers=said(colleague))).json().get("bookings", []) == []
    declined = await http.post(path, json={"accept": False}, headers=said(colleague))
    assert declined.json()["reason"] == "refused"
    assert (await http.post(path, json={"accept": True}, headers=said(colleague))).status_code == 412
    unknown = f"{ROOMS}/{room.id}/bookings/{'0' * 32}:decide"
    assert (await http.post(unknown, json={"accept": True}, headers=said(colleague))).status_code == 404


async def test_nobody_writes_into_a_rooms_calendar(
    http: httpx.AsyncClient, said: Said, rooms: Rooms, agent: Identity
) -> None:
    """Neither who may book it nor who administers it: what is in it was booked."""
    room = await rooms.room(policy=Policy(shown=Shown.TITLES))
    for who in (agent, rooms.administrator):
        calendar = f"/v1/calendars/{room.id}.agenda"
        patched = await http.patch(calendar, params={"update_mask": "title"}, json={"title": "x"}, headers=said(who))
        assert patched.status_code == 403
        assert (await http.delete(calendar, headers=said(who))).status_code == 403

        with pytest.raises(Forbidden):
            await put_object(rooms.office.agenda, who, f"{room.id}.agenda", "x.ics", event("x"))
