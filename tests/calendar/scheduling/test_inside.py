"""Meetings among people of the platform: invited, answered, moved and called off, each at once."""

import pytest

from chassis.errors import Forbidden
from chassis.identity import Identity, acting_as
from services.calendar.domain.calendars import Precondition
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.delete_object import delete_object
from tests.calendar.office import Office, body_of, event
from tests.calendar.scheduling.post import (
    answer,
    attendee_line,
    copies_of,
    copy_of,
    delivered,
    hear,
    inbox,
    meeting,
    messages,
    person,
    with_participation,
)


async def invited(office: Office, agent: Identity, colleague: Identity, **said: str) -> None:
    await office.put(agent, meeting(agent.address, [agent.address, colleague.address], **said), "m1.ics")
    await delivered(office)


async def test_who_is_invited_has_it_in_the_calendar_and_in_the_inbox(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    kept = await office.put(agent, meeting(agent.address, [agent.address, colleague.address]), "m1.ics")
    assert kept.changed
    assert kept.stored.schedule_tag
    assert "SCHEDULE-STATUS=1.2" in attendee_line(kept.stored, colleague.address)
    told = await delivered(office)
    assert [each.type for each in told].count("event_created") == 2
    copy = await copy_of(office, colleague)
    assert copy.calendar == f"{colleague.account_id}.agenda"
    assert copy.schedule_tag
    assert "PARTSTAT=NEEDS-ACTION" in attendee_line(copy, colleague.address)
    (message,) = await inbox(office, colleague)
    assert b"METHOD:REQUEST" in message
    assert await inbox(office, agent) == []


async def test_an_answer_comes_to_the_organiser_whose_tag_stays(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await invited(office, agent, colleague)
    before = await copy_of(office, agent)
    await answer(office, colleague, "ACCEPTED")
    told = await delivered(office)
    after = await copy_of(office, agent)
    assert "PARTSTAT=ACCEPTED" in attendee_line(after, colleague.address)
    assert after.schedule_tag == before.schedule_tag
    assert after.etag != before.etag
    (replied,) = [body_of(each) for each in told if each.type == "invitation_replied"]
    assert (replied["attendee"], replied["participation"]) == (colleague.address, "ACCEPTED")
    assert replied["event_id"] == after.key
    # A client that saw the meeting before the answer may change it all the same, and undoes no answer by that.
    old = meeting(agent.address, [agent.address, colleague.address], summary="Budget 2027")
    await office.put(agent, old, "m1.ics", precondition=Precondition(if_schedule_tag_match=before.schedule_tag))
    await delivered(office)
    assert "PARTSTAT=ACCEPTED" in attendee_line(await copy_of(office, agent), colleague.address)
    assert "PARTSTAT=ACCEPTED" in attendee_line(await copy_of(office, colleague), colleague.address)


async def test_a_meeting_that_moves_is_asked_for_anew(office: Office, agent: Identity, colleague: Identity) -> None:
    await invited(office, agent, colleague)
    await answer(office, colleague, "ACCEPTED")
    await delivered(office)
    before = await copy_of(office, colleague)
    await invited(office, agent, colleague, start="20261201T140000Z", end="20261201T150000Z")
    after = await copy_of(office, colleague)
    assert after.schedule_tag != before.schedule_tag
    assert b"20261201T140000Z" in after.content
    assert "PARTSTAT=NEEDS-ACTION" in attendee_line(after, colleague.address)
    assert "PARTSTAT=NEEDS-ACTION" in attendee_line(await copy_of(office, agent), colleague.address)


async def test_a_meeting_that_is_deleted_is_called_off(office: Office, agent: Identity, colleague: Identity) -> None:
    await invited(office, agent, colleague)
    await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "m1.ics")
    told = await delivered(office)
    copy = await copy_of(office, colleague)
    assert copy.is_off
    assert [each.type for each in told].count("event_cancelled") == 2
    assert b"METHOD:CANCEL" in (await inbox(office, colleague))[-1]


async def test_a_meeting_whose_deletion_is_taken_back_is_there_again(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await invited(office, agent, colleague)
    for _ in range(2):
        await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "m1.ics")
        await delivered(office)
        assert b"STATUS:CANCELLED" in (await copy_of(office, colleague)).content
        await invited(office, agent, colleague)
        copy = await copy_of(office, colleague)
        assert b"STATUS:CANCELLED" not in copy.content
        assert "PARTSTAT=NEEDS-ACTION" in attendee_line(copy, colleague.address)


@pytest.mark.parametrize("no_reply", [False, True])
async def test_who_deletes_an_invitation_declines_it(
    office: Office, agent: Identity, colleague: Identity, no_reply: bool
) -> None:
    await invited(office, agent, colleague)
    copy = await copy_of(office, colleague)
    await delete_object(office.agenda, colleague, copy.calendar, copy.name, no_reply=no_reply)
    await delivered(office)
    assert ("PARTSTAT=DECLINED" in attendee_line(await copy_of(office, agent), colleague.address)) != no_reply


async def test_one_instance_of_a_series_is_declined(office: Office, agent: Identity, colleague: Identity) -> None:
    await office.put(
        agent, meeting(agent.address, [agent.address, colleague.address], "RRULE:FREQ=WEEKLY;COUNT=4"), "m1.ics"
    )
    await delivered(office)
    copy = await copy_of(office, colleague)
    out = copy.content.replace(b"RRULE:", b"EXDATE:20261208T090000Z\r\nRRULE:")
    await office.put(colleague, out, copy.name)
    await delivered(office)
    mine = await copy_of(office, agent)
    assert b"RECURRENCE-ID:20261208T090000Z" in mine.content
    assert mine.content.count(b"PARTSTAT=DECLINED") == 1


async def test_an_attendee_does_not_change_what_is_the_organisers(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await invited(office, agent, colleague)
    copy = await copy_of(office, colleague)
    with pytest.raises(Forbidden) as refused:
        await office.put(colleague, copy.content.replace(b"20261201T100000Z", b"20261201T120000Z"), copy.name)
    assert refused.value.fields["rule"] == "allowed-attendee-scheduling-object-change"
    mine = copy.content.replace(
        f"ORGANIZER:mailto:{agent.address}".encode(), f"ORGANIZER:mailto:{colleague.address}".encode()
    )
    with pytest.raises(Forbidden):
        await office.put(colleague, mine, copy.name)
    assert await messages(office) == []


async def test_a_secretary_speaks_as_the_owner(office: Office, agent: Identity, colleague: Identity) -> None:
    secretary = await office.agent("secretariat")
    with acting_as(secretary):
        kept = await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    assert f'SENT-BY="mailto:{secretary.address}"' in kept.stored.content.decode().replace("\r\n ", "")
    await delivered(office)
    copy = await copy_of(office, colleague)
    assert f'SENT-BY="mailto:{secretary.address}"' in copy.content.decode().replace("\r\n ", "")


async def test_an_alias_is_invited_and_answers(office: Office, agent: Identity) -> None:
    chief = await office.agent("directeur", aliases=["chef@numerique.gouv.tg"])
    await office.put(agent, meeting(agent.address, ["chef@numerique.gouv.tg"]), "m1.ics")
    await delivered(office)
    copy = await copy_of(office, chief)
    await office.put(chief, with_participation(copy.content, "chef@numerique.gouv.tg", "TENTATIVE"), copy.name)
    await delivered(office)
    assert "PARTSTAT=TENTATIVE" in attendee_line(await copy_of(office, agent), "chef@numerique.gouv.tg")


async def test_principals_paths_are_their_addresses(office: Office, agent: Identity, colleague: Identity) -> None:
    """As Apple's clients write them."""
    lines = [
        f"ORGANIZER:/dav/principals/{agent.address}/",
        f"ATTENDEE:https://agenda.gouv.tg/dav/principals/{colleague.address}/",
    ]
    await office.put(agent, event("m1", "20261201T090000Z", "20261201T100000Z", "Budget", *lines), "m1.ics")
    await delivered(office)
    assert attendee_line(await copy_of(office, colleague), f"mailto:{colleague.address}")


async def test_a_meeting_is_in_one_calendar_of_its_owner(office: Office, agent: Identity, colleague: Identity) -> None:
    await create_calendar(office.agenda, agent, "", Wanted("autre"))
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    with pytest.raises(Forbidden) as refused:
        await office.put(agent, meeting(agent.address, [colleague.address]), "m2.ics", "autre")
    assert refused.value.fields["rule"] == "unique-scheduling-object-resource"


async def test_the_inbox_takes_messages_alone(office: Office, agent: Identity) -> None:
    with pytest.raises(Forbidden):
        await office.put(agent, event(), calendar="inbox")


async def test_what_clients_delete_from_the_inbox_is_gone_and_nothing_else(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await invited(office, agent, colleague)
    rows = await office.agenda.objects.rows(f"{colleague.account_id}.inbox")
    await delete_object(office.agenda, colleague, f"{colleague.account_id}.inbox", rows[0].name)
    assert await inbox(office, colleague) == []
    assert await copies_of(office, colleague)
    assert await delivered(office) == []


async def test_who_is_not_there_any_more_is_passed_over(office: Office, agent: Identity, colleague: Identity) -> None:
    await office.put(agent, meeting(agent.address, [colleague.address, "agent3@numerique.gouv.tg"]), "m1.ics")
    sent = await messages(office)
    await office.people.forgotten(colleague.account_id, 99, office.clock())
    await hear(office, *sent)
    assert await copies_of(office, colleague) == []


async def test_schedule_agent_client_is_left_to_the_client(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    lines = [f"ORGANIZER:mailto:{agent.address}", person(colleague.address, "SCHEDULE-AGENT=CLIENT")]
    await office.put(agent, event("m1", "20261201T090000Z", "20261201T100000Z", "Budget", *lines), "m1.ics")
    assert await messages(office) == []
