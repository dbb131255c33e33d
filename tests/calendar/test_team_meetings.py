"""Meetings in the calendar of a team: whoever writes one organises it, and it stays in the team's calendar."""

from datetime import UTC, datetime

import pytest

from chassis.identity import Grant as Granted
from chassis.identity import Identity, acting_as
from services.calendar.domain.objects.values import local_of
from services.calendar.domain.stored import Stored
from services.calendar.domain.structured.fields import Clock, Fields, Guest
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.put_object import put_object
from services.calendar.usecases.scheduling.invitations import Answer, answer_invitation
from services.calendar.usecases.write_event import Meant, Scope, create_event, update_event
from tests.calendar.office import Office, body_of
from tests.calendar.scheduling.post import OUTSIDE, attendee_line, copies_of, copy_of, delivered, meeting, messages
from tests.calendar.test_teams import team


@pytest.fixture
async def calendar(office: Office, agent: Identity, colleague: Identity) -> str:
    """Of the office, in which both work; each has opened an agenda of their own."""
    head = await office.agent("admin", unit_path=("ministry",), grants=[Granted("administrator", "ministry")])
    for each in (agent, colleague):
        await list_calendars(office.agenda, each)
    return (await team(office, head)).calendar.id


async def written(office: Office, who: Identity, calendar: str, content: bytes, name: str = "m1.ics") -> Stored:
    with acting_as(who):
        kept = await put_object(office.agenda, who, calendar, name, content)
    return kept.stored


async def in_team(office: Office, calendar: str, uid: str = "m1") -> Stored:
    found = await office.agenda.objects.with_uid(calendar, uid)
    assert found is not None
    return found


async def test_who_writes_it_invites_and_answers_come_into_the_teams_calendar(
    office: Office, calendar: str, agent: Identity, colleague: Identity
) -> None:
    await written(office, agent, calendar, meeting(agent.address, [agent.address, colleague.address, OUTSIDE]))
    letters = [body_of(each) for each in await office.facts("invitation_requested")]
    assert [each["from"] for each in letters] == [agent.address]
    await delivered(office)
    copy = await copy_of(office, colleague)
    assert copy.facts.components[0].organizer is not None
    assert copy.facts.components[0].organizer.address == agent.address
    with acting_as(colleague):
        await answer_invitation(office.agenda, colleague, copy.key, Answer("ACCEPTED"))
    told = await delivered(office)
    assert "PARTSTAT=ACCEPTED" in attendee_line(await in_team(office, calendar), colleague.address)
    assert [body_of(each)["owner_id"] for each in told if each.type == "invitation_replied"] == [agent.account_id]
    # It stays there: whoever organises it has no copy beside.
    assert await copies_of(office, agent) == []


async def test_others_of_the_team_change_it_in_its_organisers_name_and_call_it_off(
    office: Office, calendar: str, agent: Identity, colleague: Identity
) -> None:
    guest = await office.agent("invite", unit_path=("health",))
    await list_calendars(office.agenda, guest)
    await written(office, agent, calendar, meeting(agent.address, [agent.address, guest.address]))
    await delivered(office)
    before = await in_team(office, calendar)
    moved = before.content.replace(b"20261201T090000Z", b"20261201T080000Z")
    await written(office, colleague, calendar, moved)
    (sent,) = await messages(office)
    assert f'SENT-BY="mailto:{colleague.address}"' in body_of(sent)["content"].replace("\r\n ", "")
    await delivered(office)
    copy = await copy_of(office, guest)
    assert b"20261201T080000Z" in copy.content
    with acting_as(colleague):
        await delete_object(office.agenda, colleague, calendar, "m1.ics")
    await delivered(office)
    assert (await copy_of(office, guest)).is_off


async def test_nobody_is_made_to_invite_by_others_and_a_copy_invites_nobody(
    office: Office, calendar: str, agent: Identity, colleague: Identity
) -> None:
    # In somebody else's name, and of which the writer is an attendee.
    await written(office, agent, calendar, meeting(colleague.address, [agent.address, colleague.address]))
    assert await messages(office) == []
    # What one organises elsewhere is a copy in the team's calendar.
    await office.put(agent, meeting(agent.address, [colleague.address], uid="own"), "own.ics")
    await delivered(office)
    await written(office, agent, calendar, meeting(agent.address, [colleague.address], uid="own"), "own.ics")
    assert await messages(office) == []
    assert (await in_team(office, calendar, "own")).schedule_tag == ""


async def test_by_rest_with_a_series_that_another_one_splits(
    office: Office, calendar: str, agent: Identity, colleague: Identity
) -> None:
    guest = await office.agent("invite", unit_path=("health",))
    await list_calendars(office.agenda, guest)
    content = meeting(agent.address, [agent.address, guest.address], "RRULE:FREQ=DAILY;COUNT=6")
    await written(office, agent, calendar, content)
    await delivered(office)
    stored = await in_team(office, calendar)
    with acting_as(colleague):
        meant = Meant(Scope.FOLLOWING, "20261204T090000Z")
        after = await update_event(office.agenda, colleague, stored.key, Fields(title="Suite"), meant)
        start = Clock(local_of(datetime(2026, 12, 3, 15, tzinfo=UTC)), whole_days=False)
        fields = Fields(title="Seul", start=start, attendees=(Guest(guest.address),))
        made = await create_event(office.agenda, colleague, calendar, fields)
    assert made.owner == {colleague.address}
    assert after.stored.schedule_tag
    await delivered(office)
    copies = [each async for each in office.agenda.objects.all_of(f"{guest.account_id}.agenda", content=True)]
    first = [each.facts.components[0] for each in copies]
    organizers = {each.summary: each.organizer.address for each in first if each.organizer is not None}
    assert organizers == {"Budget": agent.address, "Suite": agent.address, "Seul": colleague.address}
