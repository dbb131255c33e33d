"""Stewards who are suspended or gone: others decide in their stead, and nothing waits for nobody."""

from typing import Any

from workspace.directory.v1.events_pb2 import AccountFact, AccountSuspended
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.identity import Identity
from services.calendar.domain.resources.resource import Policy, Resource
from services.calendar.events import CalendarEvents
from services.calendar.usecases.decide_booking import decide_booking
from services.calendar.usecases.manage_resources import update_resource
from tests.calendar.office import Office, body_of
from tests.calendar.resources.asking import Rooms, at, request
from tests.calendar.scheduling.test_departures import deleted


async def told(office: Office) -> list[str]:
    """To whom letters go, of which nobody hears again."""
    letters = [body_of(each)["account_id"] for each in await office.facts("letter_requested")]
    await office.published()
    return sorted(letters)


async def requested(office: Office) -> Any:
    (fact,) = await office.facts("resource_requested")
    return fact.audience, body_of(fact)["steward_ids"]


async def decided_by(rooms: Rooms, *stewards: Identity) -> Resource:
    policy = Policy(automatic=False, stewards=tuple(each.account_id for each in stewards))
    return await rooms.room(policy=policy)


async def suspended(office: Office, name: str) -> None:
    """As the worker hears of it, which may be told of the person later, and twice."""
    fact = AccountSuspended(account=AccountFact(account_id=f"acc-{name}"))
    for _ in range(2):
        await CalendarEvents(office.agenda).tell_of_suspension(fact, Envelope(id=f"suspends-{name}"))
    await office.agent(name, suspended=True)


async def test_while_a_steward_is_suspended_the_others_decide(
    office: Office, rooms: Rooms, agent: Identity, colleague: Identity, third: Identity, head: str
) -> None:
    room = await decided_by(rooms, colleague, third)
    await rooms.ask(room, agent, request(agent, room, at(), uid="before"))
    await office.published()
    await suspended(office, "agent2")
    # The other steward has a letter of what waits already.
    assert await told(office) == []
    await rooms.ask(room, agent, request(agent, room, at(day=1)))
    assert await requested(office) == ([third.account_id], [third.account_id])
    assert await told(office) == [third.account_id]


async def test_when_no_steward_is_there_administrators_hear_of_what_waits_and_of_what_comes(
    office: Office, rooms: Rooms, agent: Identity, colleague: Identity, head: str
) -> None:
    room = await decided_by(rooms, colleague)
    await rooms.ask(room, agent, request(agent, room, at(), uid="before"))
    await office.published()
    await suspended(office, "agent2")
    (waiting,) = [body_of(each) for each in await office.facts("letter_requested")]
    assert waiting["account_id"] == head
    text = "\n".join(waiting["paragraphs"])
    assert "aucun de ceux qui la prennent n'est là" in text
    assert f"workspace rooms approve {room.address} {(await rooms.booking(room, 'before')).id}" in text
    await office.published()
    await rooms.ask(room, agent, request(agent, room, at(day=1)))
    assert await requested(office) == ([head], [head])
    assert await told(office) == [head]
    booking = await rooms.booking(room)
    await decide_booking(office.agenda, rooms.administrator, room.id, booking.id, accept=True)
    assert await rooms.said(room) == {"": "ACCEPTED"}


async def test_a_steward_whose_account_is_deleted_decides_on_nothing_any_more(
    office: Office, rooms: Rooms, agent: Identity, colleague: Identity, third: Identity, head: str
) -> None:
    shared, alone = await decided_by(rooms, colleague, third), await decided_by(rooms, colleague)
    await rooms.ask(alone, agent, request(agent, alone, at(), uid="waits"))
    await rooms.ask(alone, agent, request(agent, alone, at(day=-10), uid="past"))
    await office.published()
    await deleted(office, colleague)
    # Of what waits, once, and not of what is past.
    assert await told(office) == [head]
    rest = [(await office.agenda.resources.get(room.id)).policy.stewards for room in (shared, alone)]
    assert rest == [(third.account_id,), ()]
    await rooms.ask(alone, agent, request(agent, alone, at(day=1)))
    assert await rooms.said(alone) == {"": "TENTATIVE"}
    assert await told(office) == [head]
    # Whoever administers it says something else of it, and names who decides.
    await update_resource(office.agenda, rooms.administrator, alone.id, {"capacity": 12})
    policy = Policy(automatic=False, stewards=(third.account_id,))
    await update_resource(office.agenda, rooms.administrator, alone.id, {"policy": policy})
    await rooms.ask(alone, agent, request(agent, alone, at(day=2), uid="after"))
    assert await told(office) == [third.account_id]
