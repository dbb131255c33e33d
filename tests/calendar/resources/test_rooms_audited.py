"""What administrators and stewards do with rooms and equipment is kept for the auditors of their unit."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.errors import NotFound
from chassis.identity import Identity, acting_as
from services.calendar.domain.resources.resource import Policy
from services.calendar.usecases.decide_booking import decide_booking
from services.calendar.usecases.manage_resources import delete_resource, update_resource
from tests.calendar.office import body_of
from tests.calendar.resources.asking import Rooms, at, request


async def acts(rooms: Rooms) -> list[dict[str, Any]]:
    return [body_of(each) for each in await rooms.office.facts("act_recorded")]


async def test_what_is_done_to_a_room_says_who_and_what_was_otherwise_before(rooms: Rooms, agent: Identity) -> None:
    boss, agenda = replace(rooms.administrator, remote="192.0.2.7"), rooms.office.agenda
    with acting_as(boss):
        room = await rooms.room(capacity=10, features=["Écran"])
        policy = Policy(stewards=(agent.account_id,), bookers=("ministry",))
        await update_resource(agenda, boss, room.id, {"capacity": 12, "policy": policy})
        # What is as it was is no act.
        await update_resource(agenda, boss, room.id, {"capacity": 12})
        await delete_resource(agenda, boss, room.id)
    created, changed, gone = await acts(rooms)
    assert [each["act"] for each in (created, changed, gone)] == [
        "create_resource", "change_resource", "give_up_resource",
    ]  # fmt: skip
    assert all(each["target_id"] == room.id and each["target_name"] == "Salle Kara" for each in (created, gone))
    assert {tuple(each["unit_path"]) for each in (created, changed, gone)} == {("ministry", "office")}
    assert (changed["actor_name"], changed["remote_address"]) == (boss.address, "192.0.2.7")
    assert created["details"]["address"] == room.address
    assert created["details"]["capacity"] == "10"
    assert changed["details"] == {
        "capacity": "10 > 12", "stewards": f"- > {agent.address}", "bookers": "- > ministry",
    }  # fmt: skip
    assert {each.actor for each in await rooms.office.facts("act_recorded")} == {boss.account_id}


async def test_a_stewards_word_is_kept_once_and_a_refused_act_is_none(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    agenda = rooms.office.agenda
    room = await rooms.room(policy=Policy(automatic=False, stewards=(colleague.account_id,)))
    await rooms.ask(room, agent, request(agent, room, at()))
    booking = await rooms.booking(room)
    with acting_as(agent), pytest.raises(NotFound):
        await decide_booking(agenda, agent, room.id, booking.id, accept=True)
    with acting_as(colleague):
        for _ in range(2):
            await decide_booking(agenda, colleague, room.id, booking.id, accept=True)
        await decide_booking(agenda, colleague, room.id, booking.id, accept=False, comment="Travaux")
    _, approved, refused = await acts(rooms)
    assert (approved["act"], refused["act"]) == ("approve_booking", "refuse_booking")
    assert approved["details"] == {"organizer": agent.address, "uid": "e1"}
    assert refused["details"]["comment"] == "Travaux"
    assert approved["actor_name"] == colleague.address


async def test_who_loses_a_booking_with_its_room_is_told_without_an_act_of_each(rooms: Rooms, agent: Identity) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at()))
    with acting_as(rooms.administrator):
        await delete_resource(rooms.office.agenda, rooms.administrator, room.id)
    assert await rooms.said(room) == {"": "DECLINED"}
    assert [each["act"] for each in await acts(rooms)] == ["create_resource", "give_up_resource"]
