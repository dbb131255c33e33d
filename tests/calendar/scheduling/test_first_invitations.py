"""Invitations to somebody who never opened an agenda: several at once, or beside one that died while it made it."""

import asyncio

from chassis.identity import Identity
from services.calendar.usecases.list_calendars import list_calendars, own_calendars
from tests.calendar.office import Office
from tests.calendar.scheduling.post import copies_of, hear, meeting, messages


async def test_first_invitations_that_come_at_once_all_arrive(office: Office, agent: Identity) -> None:
    invited = await office.agent("agent5")
    await list_calendars(office.agenda, agent)
    for number in range(6):
        uid = f"m{number}"
        await office.put(agent, meeting(agent.address, [invited.address], uid=uid), f"{uid}.ics")
    await asyncio.gather(*(hear(office, each) for each in await messages(office)))
    assert [len(await copies_of(office, invited, f"m{number}")) for number in range(6)] == [1] * 6


async def test_an_agenda_that_was_half_made_is_made_whole(office: Office, agent: Identity) -> None:
    made = await own_calendars(office.agenda, agent.account_id)
    for calendar in made:
        await office.database["calendars"].delete_one({"_id": calendar.id})
        assert {each.name for each in await own_calendars(office.agenda, agent.account_id)} == {"agenda", "inbox"}
