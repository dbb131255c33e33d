"""What becomes of rooms when units move or end, when they are given up half way, and when two change them at once."""

import asyncio
from functools import partial

import pytest

from chassis.errors import Conflict, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.resources.resource import Policy
from services.calendar.usecases import retire_resources as retire_resources_module
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.empty_calendars import remove_calendar
from services.calendar.usecases.follow_units import follow_unit
from services.calendar.usecases.free_busy import free_busy
from services.calendar.usecases.manage_resources import update_resource
from services.calendar.usecases.retire_resources import retire_resources
from tests.calendar.resources.asking import Rooms, at, request


async def test_a_unit_moves_and_its_rooms_stand_where_it_stands(rooms: Rooms, stranger: Identity) -> None:
    room, agenda = await rooms.room(policy=Policy(bookers=("office",))), rooms.office.agenda
    await follow_unit(agenda, "office", ["health", "office"], 7)
    # What is older and comes late changes nothing.
    await follow_unit(agenda, "office", ["ministry", "office"], 6)
    moved = await agenda.resources.get(room.id)
    assert moved.unit_path == ("health", "office")
    assert [each.id for each in await agenda.resources.about("health")] == [room.id]
    assert await agenda.resources.about("ministry") == []


async def test_rooms_of_a_unit_that_is_no_more_are_its_heirs(rooms: Rooms, agent: Identity) -> None:
    agenda = rooms.office.agenda
    own = await rooms.room(policy=Policy(bookers=("office", "health")))
    other = await rooms.room("Oti", unit="ministry", policy=Policy(bookers=("office",)))
    for _ in range(2):
        await follow_unit(agenda, "office", ["health"], 9, "health")
    assert (await agenda.resources.get(own.id)).unit_id == "health"
    assert (await agenda.resources.get(own.id)).policy.bookers == ("health",)
    kept = await agenda.resources.get(other.id)
    assert (kept.unit_id, kept.policy.bookers) == ("ministry", ("health",))


async def test_giving_up_that_was_cut_off_is_finished_later(rooms: Rooms, agent: Identity) -> None:
    room, agenda = await rooms.room(), rooms.office.agenda
    await rooms.ask(room, agent, request(agent, room, at()))
    await rooms.ask(room, agent, request(agent, room, at(day=-10), uid="past"))
    await agenda.calendars.changing(
        f"{room.id}.agenda", lambda _calendar, session: agenda.resources.give_up(room, session)
    )
    # Nobody gets it any more, and whoever had it is not told yet.
    await rooms.ask(room, agent, request(agent, room, at(day=1), uid="late"))
    assert await rooms.answers("late") == []
    assert await rooms.said(room) == {"": "ACCEPTED"}
    assert await retire_resources(agenda) == 1
    assert await rooms.said(room) == {"": "DECLINED"}
    assert len(await rooms.answers("past")) == 1
    assert await agenda.calendars.find(f"{room.id}.agenda") is None
    assert await retire_resources(agenda) == 0


async def test_one_that_others_change_meanwhile_keeps_no_other(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    agenda, given_up = rooms.office.agenda, [await rooms.room(), await rooms.room("Oti")]
    for room in given_up:
        await agenda.calendars.together(partial(agenda.resources.give_up, room))

    async def removing(known: Agenda, calendar: Calendar) -> None:
        if calendar.owner == given_up[0].id:
            raise Conflict
        await remove_calendar(known, calendar)

    with monkeypatch.context() as patch:
        patch.setattr(retire_resources_module, "remove_calendar", removing)
        assert await retire_resources(agenda) == 1
    left = [await agenda.calendars.find(f"{room.id}.agenda") is not None for room in given_up]
    assert left == [True, False]
    assert await retire_resources(agenda) == 1
    assert await agenda.resources.retiring(1) == []


async def test_two_administrators_do_not_undo_each_other(rooms: Rooms) -> None:
    room, agenda = await rooms.room(), rooms.office.agenda
    changes = [{"capacity": 5}, {"description": "Au fond"}]
    done = await asyncio.gather(
        *(update_resource(agenda, rooms.administrator, room.id, said) for said in changes), return_exceptions=True
    )
    kept = await agenda.resources.get(room.id)
    refused = [each for each in done if isinstance(each, BaseException)]
    assert all(isinstance(each, Conflict) for each in refused)
    assert kept.version == 1 + len(changes) - len(refused)


async def test_free_busy_of_a_room_is_shown_to_who_may_book_it(
    rooms: Rooms, agent: Identity, stranger: Identity
) -> None:
    room, agenda = await rooms.room(policy=Policy(bookers=("ministry",))), rooms.office.agenda
    await rooms.ask(room, agent, request(agent, room, at()))
    asked = [room.address, agent.address]
    (seen, _), (hidden, _) = [await free_busy(agenda, who, asked, at(hour=0), at(day=1)) for who in (agent, stranger)]
    assert seen.periods is not None
    assert [(each.start, each.end) for each in seen.periods] == [(at().timestamp(), at(hour=10).timestamp())]
    assert hidden.periods is None
    assert (await reach(agenda, agent, f"{room.id}.agenda", Role.FREE_BUSY)).access.role is Role.FREE_BUSY
    with pytest.raises(NotFound):
        await reach(agenda, stranger, f"{room.id}.agenda", Role.FREE_BUSY)
