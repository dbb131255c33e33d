"""Meetings that whoever runs somebody's agenda writes there."""

import pytest

from chassis.errors import Forbidden
from chassis.identity import Identity, acting_as
from services.calendar.domain.access import Role
from services.calendar.usecases.delegate import delegate
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.put_object import Kept, put_object
from tests.calendar.office import Office, body_of, event
from tests.calendar.scheduling.post import OUTSIDE, attendee_line, copies_of, copy_of, delivered, meeting, messages


@pytest.fixture
async def secretary(office: Office, agent: Identity) -> Identity:
    found = await office.agent("secretariat")
    await own_calendars(office.agenda, found.account_id)
    await delegate(office.agenda, agent, found.address, Role.WRITE, sees_private=True)
    await office.published()
    return found


async def written(office: Office, who: Identity, owner: Identity, content: bytes) -> Kept:
    with acting_as(who):
        return await put_object(office.agenda, who, f"{owner.account_id}.agenda", "m1.ics", content)


async def test_what_a_secretary_writes_as_their_own_is_the_owners_meeting(
    office: Office, agent: Identity, colleague: Identity, secretary: Identity
) -> None:
    kept = await written(office, secretary, agent, meeting(secretary.address, [colleague.address, OUTSIDE]))
    assert (kept.changed, bool(kept.stored.schedule_tag)) == (True, True)
    organizer = kept.stored.facts.components[0].organizer
    assert organizer is not None
    assert organizer.address == agent.address
    assert f'SENT-BY="mailto:{secretary.address}"' in kept.stored.content.decode().replace("\r\n ", "")
    letters = [body_of(each) for each in await office.facts("invitation_requested")]
    assert [(each["from"], each["attendees"][0]["address"]) for each in letters] == [(agent.address, OUTSIDE)]
    await delivered(office)
    assert "PARTSTAT=NEEDS-ACTION" in attendee_line(await copy_of(office, colleague), colleague.address)
    assert await copies_of(office, secretary) == []
    with acting_as(secretary):
        await delete_object(office.agenda, secretary, f"{agent.account_id}.agenda", "m1.ics")
    await delivered(office)
    assert (await copy_of(office, colleague)).is_off


async def test_an_event_of_which_a_secretary_makes_a_meeting_is_the_owners_and_the_owner_may_be_invited_in_it(
    office: Office, agent: Identity, colleague: Identity, secretary: Identity
) -> None:
    await written(office, secretary, agent, event("m1"))
    content = meeting(secretary.address, [agent.address, colleague.address, secretary.address])
    kept = await written(office, secretary, agent, content)
    organizer = kept.stored.facts.components[0].organizer
    assert organizer is not None
    assert organizer.address == agent.address
    await delivered(office)
    for invited in (colleague, secretary):
        assert (await copy_of(office, invited)).schedule_tag
    # Once others know who organises it, nobody else does.
    with pytest.raises(Forbidden):
        await written(office, secretary, agent, content)


async def test_a_copy_of_what_somebody_organises_elsewhere_invites_nobody(
    office: Office, agent: Identity, colleague: Identity, secretary: Identity
) -> None:
    content = meeting(secretary.address, [colleague.address])
    await office.put(secretary, content, "own.ics")
    await delivered(office)
    kept = await written(office, secretary, agent, content)
    assert (kept.changed, kept.stored.schedule_tag) == (False, "")
    assert await messages(office) == []


async def test_nobody_is_made_to_invite_by_who_writes_in_yet_anothers_name(
    office: Office, agent: Identity, colleague: Identity, secretary: Identity
) -> None:
    kept = await written(office, secretary, agent, meeting(colleague.address, [OUTSIDE]))
    assert (kept.changed, kept.stored.schedule_tag) == (False, "")
    assert await office.facts("invitation_requested") == []
