"""Rooms are booked by the messages of organisers, answered at once, and never given to two."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar.domain.resources.deciding import Reason, State
from services.calendar.domain.resources.resource import OnClash, Policy
from services.calendar.usecases.decide_booking import decide_booking
from tests.calendar.office import Office, body_of
from tests.calendar.resources.asking import Rooms, at, event, request, written

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"


async def test_a_free_room_accepts_and_the_organiser_is_told(rooms: Rooms, agent: Identity) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at()))
    assert await rooms.said(room) == {"": "ACCEPTED"}
    (answer,) = await rooms.answers()
    assert (answer["owner_id"], answer["addresses"]) == (room.id, [room.address])
    assert answer["recipients"] == [{"owner_id": agent.account_id, "address": agent.address}]
    (booked,) = [body_of(each) for each in await rooms.office.facts("resource_booked")]
    assert booked["booking"] | {} == {
        "resource_id": room.id, "name": room.name, "address": room.address, "uid": "e1", "organizer": agent.address,
        "account_id": agent.account_id, "start": "2026-12-07T09:00:00Z", "end": "2026-12-07T10:00:00Z",
    }  # fmt: skip
    assert await rooms.taken(room) == ["12-07 09:00"]


async def test_a_taken_room_declines_and_says_why(rooms: Rooms, agent: Identity, colleague: Identity) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at()))
    await rooms.ask(room, colleague, request(colleague, room, at(hour=9.5), uid="e2"))
    assert await rooms.said(room, "e2") == {"": "DECLINED"}
    assert "Déjà réservé" in (await rooms.answers("e2"))[0]["content"].replace("\r\n ", "")
    (declined,) = [body_of(each) for each in await rooms.office.facts("resource_declined")]
    assert (declined["booking"]["reason"], declined["booking"]["uid"]) == ("busy", "e2")
    await rooms.ask(room, colleague, request(colleague, room, at(hour=10), uid="e3"))
    assert await rooms.said(room, "e3") == {"": "ACCEPTED"}
    assert await rooms.taken(room) == ["12-07 09:00", "12-07 10:00"]


async def test_of_many_who_ask_at_once_one_is_given_the_room(rooms: Rooms, office: Office) -> None:
    """Fifteen ask for overlapping hours at the same moment, each of them twice."""
    room = await rooms.room()
    people = [await office.agent(f"agent{n}") for n in range(15)]
    asked = [
        rooms.ask(room, who, request(who, room, at(hour=9 + n % 3 / 4), uid=f"e{n}"))
        for n, who in enumerate(people)
        for _ in range(2)
    ]
    await asyncio.gather(*asked)
    assert len(await rooms.taken(room)) == 1
    said = [(await rooms.said(room, f"e{n}"))[""] for n in range(15)]
    assert sorted(said) == ["ACCEPTED", *["DECLINED"] * 14]
    assert len(await rooms.answers()) == 15
    assert len(await office.facts("resource_booked")) == 1


async def test_a_message_that_comes_again_is_answered_once(rooms: Rooms, agent: Identity) -> None:
    room = await rooms.room()
    asked = request(agent, room, at())
    for _ in range(3):
        await rooms.ask(room, agent, asked)
    assert len(await rooms.answers()) == 1
    booking = await rooms.booking(room)
    assert (booking.state, booking.version) == (State.ACCEPTED, 1)


@pytest.mark.parametrize("step", ["put", "keep_booking", "count"])
async def test_who_is_killed_between_two_steps_has_done_nothing(
    rooms: Rooms, agent: Identity, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """What is handed over again then is booked and answered once."""
    room, agenda = await rooms.room(), rooms.office.agenda
    store: Any = {"put": agenda.objects, "keep_booking": agenda.resources, "count": agenda.calendars}[step]
    real = getattr(store, step)

    class KilledError(BaseException):
        pass

    async def killed(*given: Any, **named: Any) -> None:
        await real(*given, **named)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(store, step, killed)
        with pytest.raises(KilledError):
            await rooms.ask(room, agent, request(agent, room, at()))
    assert await rooms.taken(room) == []
    assert await rooms.answers() == []
    await rooms.ask(room, agent, request(agent, room, at()))
    assert await rooms.taken(room) == ["12-07 09:00"]
    assert await rooms.said(room) == {"": "ACCEPTED"}
    assert len(await rooms.answers()) == 1


async def test_of_a_series_the_instances_that_clash_are_declined(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at(day=7)))
    await rooms.ask(room, colleague, request(colleague, room, at(), WEEKLY, uid="e2"))
    assert await rooms.said(room, "e2") == {"": "ACCEPTED", "20261214": "DECLINED"}
    assert await rooms.taken(room) == ["12-07 09:00", "12-14 09:00", "12-21 09:00", "12-28 09:00"]
    (booked,) = [
        b for each in await rooms.office.facts("resource_booked") if (b := body_of(each)["booking"])["uid"] == "e2"
    ]
    assert booked["declined"] == [str(int(at(day=7).timestamp()))]


async def test_a_room_takes_a_series_whole_or_not_at_all_where_its_policy_says_so(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    room = await rooms.room(policy=Policy(on_clash=OnClash.DECLINE_ALL))
    await rooms.ask(room, agent, request(agent, room, at(day=7)))
    await rooms.ask(room, colleague, request(colleague, room, at(), WEEKLY, uid="e2"))
    assert await rooms.said(room, "e2") == {"": "DECLINED"}
    assert await rooms.taken(room) == ["12-14 09:00"]


async def test_a_series_of_which_most_clash_is_declined_as_a_whole(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    """Some hundred overrides of a long description would be a meeting that nobody can keep."""
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at(), "RRULE:FREQ=DAILY;COUNT=90"))
    long = f"DESCRIPTION:{'x' * 20_000}"
    await rooms.ask(room, colleague, request(colleague, room, at(), "RRULE:FREQ=DAILY;COUNT=200", long, uid="e2"))
    assert await rooms.said(room, "e2") == {"": "DECLINED"}
    assert len(await rooms.taken(room)) == 90


async def test_a_uid_of_a_declined_meeting_is_anothers_as_well(
    rooms: Rooms, agent: Identity, stranger: Identity
) -> None:
    """Whoever guesses a UID, and is declined, keeps nobody else from the room."""
    room = await rooms.room(policy=Policy(bookers=("ministry",)))
    await rooms.ask(room, stranger, request(stranger, room, at(), sequence=9))
    await rooms.ask(room, agent, request(agent, room, at()))
    assert await rooms.taken(room) == ["12-07 09:00"]
    assert (await rooms.booking(room)).organizer == agent.address


async def test_two_series_that_cross_share_the_room(rooms: Rooms, agent: Identity, colleague: Identity) -> None:
    """One is in Paris time and daily, the other weekly: each has what the other has not."""
    room = await rooms.room()
    daily = (
        request(agent, room, at(), "RRULE:FREQ=DAILY;COUNT=5")
        .replace(b"DTSTART:20261207T090000Z", b"DTSTART;TZID=Europe/Paris:20261207T100000")
        .replace(b"DTEND:20261207T100000Z", b"DTEND;TZID=Europe/Paris:20261207T110000")
    )
    await rooms.ask(room, colleague, request(colleague, room, at(day=2), WEEKLY, uid="e2"))
    await rooms.ask(room, agent, daily)
    assert await rooms.said(room) == {"": "ACCEPTED", "20261209": "DECLINED"}
    found = await rooms.taken(room)
    assert len(found) == len(set(found)) == 8


async def test_a_meeting_that_moves_leaves_its_time(rooms: Rooms, agent: Identity, colleague: Identity) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at()))
    await rooms.ask(room, agent, request(agent, room, at(hour=14), sequence=1))
    assert await rooms.taken(room) == ["12-07 14:00"]
    assert len(await rooms.answers()) == 2
    await rooms.ask(room, colleague, request(colleague, room, at(), uid="e2"))
    # Where it cannot be had it is not had at the former time either.
    await rooms.ask(room, agent, request(agent, room, at(), sequence=2))
    assert await rooms.said(room) == {"": "DECLINED"}
    assert await rooms.taken(room) == ["12-07 09:00"]
    # What is older and comes late changes nothing.
    await rooms.ask(room, agent, request(agent, room, at(hour=14), sequence=1))
    assert await rooms.taken(room) == ["12-07 09:00"]


async def test_one_instance_moves_and_another_is_called_off(rooms: Rooms, agent: Identity) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at(), WEEKLY))
    moved = event(agent, room, at(day=8), f"RECURRENCE-ID:{written(at(day=7))}", sequence=1)
    whole = request(agent, room, at(), WEEKLY, sequence=1, others=[moved])
    await rooms.ask(room, agent, whole)
    assert await rooms.taken(room) == ["12-07 09:00", "12-15 09:00", "12-21 09:00", "12-28 09:00"]
    off = request(agent, room, at(day=14), f"RECURRENCE-ID:{written(at(day=14))}", sequence=2, method="CANCEL")
    await rooms.ask(room, agent, off)
    assert await rooms.taken(room) == ["12-07 09:00", "12-15 09:00", "12-28 09:00"]


async def test_what_is_called_off_is_free_again(rooms: Rooms, agent: Identity, colleague: Identity) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at()))
    await rooms.ask(room, agent, request(agent, room, at(), "STATUS:CANCELLED", sequence=1, method="CANCEL"))
    assert await rooms.taken(room) == []
    (declined,) = [body_of(each) for each in await rooms.office.facts("resource_declined")]
    assert declined["booking"]["reason"] == "cancelled"
    # The invitation that comes after is too late.
    await rooms.ask(room, agent, request(agent, room, at()))
    assert await rooms.taken(room) == []
    await rooms.ask(room, colleague, request(colleague, room, at(), uid="e2"))
    assert await rooms.taken(room) == ["12-07 09:00"]


async def test_a_cancellation_that_comes_before_its_invitation_holds(rooms: Rooms, agent: Identity) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at(), "STATUS:CANCELLED", sequence=1, method="CANCEL"))
    await rooms.ask(room, agent, request(agent, room, at()))
    assert await rooms.taken(room) == []
    assert await rooms.answers() == []
    await rooms.ask(room, agent, request(agent, room, at(), sequence=2))
    assert await rooms.taken(room) == ["12-07 09:00"]


async def test_nobody_else_moves_or_cancels_a_booking(rooms: Rooms, agent: Identity, colleague: Identity) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at()))
    await rooms.ask(room, colleague, request(agent, room, at(), "STATUS:CANCELLED", sequence=1, method="CANCEL"))
    await rooms.ask(room, colleague, request(colleague, room, at(hour=15), sequence=5))
    assert await rooms.taken(room) == ["12-07 09:00"]
    assert len(await rooms.answers()) == 1


async def test_a_steward_decides_and_the_time_is_held_until_then(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    room = await rooms.room(policy=Policy(automatic=False, stewards=(rooms.administrator.account_id,)))
    await rooms.ask(room, agent, request(agent, room, at()))
    assert await rooms.said(room) == {"": "TENTATIVE"}
    (asked,) = await rooms.office.facts("resource_requested")
    assert list(asked.audience) == [rooms.administrator.account_id]
    await rooms.ask(room, colleague, request(colleague, room, at(), uid="e2"))
    assert await rooms.said(room, "e2") == {"": "DECLINED"}
    booking = await rooms.booking(room)
    decided = await decide_booking(rooms.office.agenda, rooms.administrator, room.id, booking.id, accept=True)
    assert decided.state is State.ACCEPTED
    again = await decide_booking(rooms.office.agenda, rooms.administrator, room.id, booking.id, accept=True)
    assert again.version == decided.version
    assert await rooms.said(room) == {"": "ACCEPTED"}
    # And takes it back, with a word.
    await decide_booking(
        rooms.office.agenda, rooms.administrator, room.id, booking.id, accept=False, comment="Travaux\nurgents"
    )
    assert await rooms.said(room) == {"": "DECLINED"}
    assert "COMMENT:Travaux\\nurgents" in (await rooms.answers("e1"))[-1]["content"]
    assert await rooms.taken(room) == []
    assert (await rooms.booking(room)).reason is Reason.REFUSED


async def test_who_may_not_book_is_declined(rooms: Rooms, agent: Identity, stranger: Identity) -> None:
    room = await rooms.room(policy=Policy(bookers=("office",)))
    await rooms.ask(room, stranger, request(stranger, room, at()))
    assert await rooms.said(room) == {"": "DECLINED"}
    assert (await rooms.booking(room)).reason is Reason.NOT_FOR_YOU
    await rooms.ask(room, agent, request(agent, room, at(), uid="e2"))
    assert await rooms.said(room, "e2") == {"": "ACCEPTED"}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("RRULE:FREQ=DAILY", Reason.TOO_FAR),
        ("RRULE:FREQ=DAILY;COUNT=10000", Reason.TOO_FAR),
        ("RRULE:FREQ=DAILY;COUNT=401", Reason.TOO_MANY),
        ("RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8;BYMINUTE=0,10,20,30,40,50;COUNT=10000", Reason.TOO_FAR),
    ],
)
async def test_endless_and_dense_series_are_declined_quickly(
    rooms: Rooms, agent: Identity, more: str, reason: Reason
) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at(), more))
    assert await rooms.said(room) == {"": "DECLINED"}
    assert (await rooms.booking(room)).reason is reason
    assert await rooms.taken(room) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"\0", b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nX" + b"x" * 300_000],
)
async def test_what_cannot_be_read_is_refused(rooms: Rooms, agent: Identity, content: bytes) -> None:
    room = await rooms.room()
    with pytest.raises(InvalidInput):
        await rooms.ask(room, agent, content)


async def test_a_meeting_that_keeps_nobody_busy_takes_the_room(rooms: Rooms, agent: Identity) -> None:
    room = await rooms.room()
    await rooms.ask(room, agent, request(agent, room, at(), "TRANSP:TRANSPARENT"))
    assert await rooms.taken(room) == ["12-07 09:00"]


async def test_what_does_not_invite_the_room_takes_nothing(rooms: Rooms, agent: Identity) -> None:
    room, other = await rooms.room(), await rooms.room("Salle Oti")
    await rooms.ask(room, agent, request(agent, other, at()))
    await rooms.ask(replace(room, id="room-unknown"), agent, request(agent, room, at()))
    assert (await rooms.taken(room), await rooms.answers()) == ([], [])
