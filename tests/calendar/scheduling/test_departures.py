"""Who leaves hands over what is ahead; who is gone leaves nothing behind."""

import json
from datetime import timedelta
from typing import Any

import pytest
from workspace.directory.v1.events_pb2 import (
    AccountDeleted,
    AccountFact,
    MailboxHandedOver,
    PersonalDataErasureRequested,
    PersonalDataExportRequested,
)
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.errors import Unavailable
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.appointments import AppointmentPage
from services.calendar.domain.finding.booking import Page
from services.calendar.domain.finding.poll import Answer as Answers
from services.calendar.domain.finding.working_hours import USUAL
from services.calendar.domain.publications import Detail
from services.calendar.events import CalendarEvents
from services.calendar.usecases import departures
from services.calendar.usecases.appointment_pages import create_page
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.polls import create_poll, vote_in_poll
from services.calendar.usecases.publish import publish
from services.calendar.usecases.scheduling.invitations import Answer, answer_invitation
from services.calendar.usecases.scheduling.planning import removal_of
from services.calendar.usecases.share_calendar import share_calendar
from services.calendar.usecases.wish import wish
from tests.calendar.office import Office, body_of
from tests.calendar.scheduling.post import OUTSIDE, attendee_line, copies_of, copy_of, delivered, meeting
from tests.calendar.scheduling.test_faults import Killed, dying


async def meetings(office: Office, who: Identity) -> list[str]:
    """The summaries of what is in somebody's calendars."""
    found = []
    for calendar in await office.agenda.calendars.of(who.account_id):
        if calendar.kind == "own":
            found += [
                each.facts.components[0].summary
                async for each in office.agenda.objects.all_of(calendar.id, content=False)
            ]
    return sorted(found)


async def appointments(office: Office, who: Identity) -> None:
    await create_page(office.agenda, who, AppointmentPage("", "", "", "Passeport", Page(USUAL, (30,))))


async def left(office: Office, who: Identity, heir: Identity | None, version: int = 5) -> None:
    events = CalendarEvents(office.agenda)
    fact = MailboxHandedOver(account_id=who.account_id, successor_id=heir.account_id if heir else "")
    for _ in range(2):
        await events.name_successor(fact, Envelope(version=version))
        await events.tend_departures()


async def deleted(office: Office, who: Identity) -> None:
    account = AccountFact(account_id=who.account_id, address=who.address)
    await office.people.forgotten(who.account_id, 99, office.clock())
    events = CalendarEvents(office.agenda)
    for _ in range(2):
        await events.begin_erasure(AccountDeleted(account=account), Envelope())
        await events.tend_departures()


async def test_meetings_ahead_go_to_the_successor(office: Office, agent: Identity, colleague: Identity) -> None:
    heir = await office.agent("agent3")
    people = [agent.address, colleague.address, heir.address]
    past = meeting(agent.address, people, uid="p1", start="20261101T090000Z", end="20261101T100000Z", summary="Passé")
    await office.put(agent, past, "p1.ics")
    await office.put(agent, meeting(agent.address, people, summary="Budget"), "m1.ics")
    await delivered(office)
    await answer_invitation(office.agenda, colleague, (await copy_of(office, colleague)).key, Answer("ACCEPTED"))
    await delivered(office)
    await left(office, agent, heir)
    await delivered(office)
    assert await meetings(office, agent) == ["Passé"]
    copies = [each async for each in office.agenda.objects.all_of(f"{colleague.account_id}.agenda", content=True)]
    live = [each for each in copies if not each.is_off and each.facts.components[0].summary == "Budget"]
    (given,) = live
    assert given.facts.components[0].organizer is not None
    assert given.facts.components[0].organizer.address == heir.address
    assert "PARTSTAT=NEEDS-ACTION" in attendee_line(given, colleague.address)
    assert attendee_line(given, agent.address) == ""
    assert (await copy_of(office, colleague)).is_off
    mine = await copy_of(office, heir, given.uid)
    await answer_invitation(office.agenda, colleague, given.key, Answer("ACCEPTED"))
    await delivered(office)
    assert "PARTSTAT=ACCEPTED" in attendee_line(await copy_of(office, heir, mine.uid), colleague.address)


async def test_a_worker_that_dies_while_it_hands_over_loses_and_doubles_nothing(
    office: Office, agent: Identity, colleague: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    heir = await office.agent("agent3")
    for number in range(2):
        uid = f"m{number}"
        await office.put(agent, meeting(agent.address, [colleague.address], uid=uid, summary=uid), f"{uid}.ics")
    await delivered(office)
    deaths = 0
    for at in range(1, 40):
        dying(office, monkeypatch, at)
        try:
            await left(office, agent, heir)
            break
        except Killed:
            deaths += 1
    monkeypatch.undo()
    assert deaths > 6
    await delivered(office)
    assert (await meetings(office, agent), await meetings(office, heir)) == ([], ["m0", "m1"])


async def test_departures_that_cannot_go_on_hold_up_no_other(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    events = CalendarEvents(office.agenda)
    absent = await office.agent("absent", suspended=True)
    for number in range(30):
        fact = MailboxHandedOver(account_id=(await office.agent(f"left{number}")).account_id)
        fact.successor_id = absent.account_id
        await events.name_successor(fact, Envelope(version=5))
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    fact = MailboxHandedOver(account_id=agent.account_id, successor_id=colleague.account_id)
    await events.name_successor(fact, Envelope(version=5))
    for _ in range(5):
        await events.tend_departures()
        office.clock.pass_by(seconds=5)
    assert await meetings(office, colleague) == ["Budget"]


async def test_who_comes_back_from_a_suspension_succeeds_then(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    heir = await office.agent("agent3", suspended=True)
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    await left(office, agent, heir)
    assert await meetings(office, agent) == ["Budget"]
    await office.agent("agent3")
    office.clock.pass_by(minutes=2)
    await CalendarEvents(office.agenda).tend_departures()
    assert (await meetings(office, agent), await meetings(office, heir)) == ([], ["Budget"])


async def test_a_meeting_that_changes_while_it_is_handed_over_is_not_left_twice(
    office: Office, agent: Identity, colleague: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    heir = await office.agent("agent3")
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    own, first = agent, True

    async def meanwhile(*said: Any, **more: Any) -> Any:
        nonlocal first
        if first:
            first = False
            await office.put(own, meeting(own.address, [colleague.address], "LOCATION:Salle B"), "m1.ics")
        return await removal_of(*said, **more)

    monkeypatch.setattr(departures, "removal_of", meanwhile)
    await left(office, agent, heir)
    assert (await meetings(office, agent), await meetings(office, heir)) == ([], ["Budget"])


async def test_a_departure_that_is_undone_hands_over_nothing_more(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    heir = await office.agent("agent3")
    await left(office, agent, None, version=7)
    await left(office, agent, heir, version=6)
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    await CalendarEvents(office.agenda).tend_departures()
    assert await meetings(office, heir) == []
    assert await meetings(office, agent) == ["Budget"]


async def test_whoever_is_gone_leaves_nothing_and_calls_off_what_is_ahead(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await office.put(agent, meeting(agent.address, [colleague.address, OUTSIDE]), "m1.ics")
    await own_calendars(office.agenda, colleague.account_id)
    await office.put(colleague, meeting(colleague.address, [agent.address], uid="c1", summary="Autre"), "c1.ics")
    await delivered(office)
    await appointments(office, agent)
    await wish(office.agenda, agent, {"daily_agenda": True})
    theirs = f"{colleague.account_id}.agenda"
    await share_calendar(office.agenda, colleague, theirs, address=agent.address, role=Role.READ, sees_private=False)
    await deleted(office, agent)
    await delivered(office)
    assert await office.agenda.calendars.of(agent.account_id) == []
    assert await copies_of(office, agent) == []
    assert (await copy_of(office, colleague)).is_off
    assert "PARTSTAT=DECLINED" in attendee_line(await copy_of(office, colleague, "c1"), agent.address)
    for name in ("objects", "scheduling", "reminders", "delegations", "appointment_pages"):
        left_over = await office.database[name].count_documents({"owner": agent.account_id})
        assert left_over == 0, name
    assert await office.database["preferences"].count_documents({"_id": agent.account_id}) == 0
    assert (await office.agenda.calendars.get(theirs)).grants == ()


async def test_a_persons_data_is_told(office: Office, agent: Identity, colleague: Identity) -> None:
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    await appointments(office, agent)
    await publish(office.agenda, agent, f"{agent.account_id}.agenda", Detail.BUSY, "Pour la presse")
    start = office.clock() + timedelta(days=1)
    poll = await create_poll(
        office.agenda, colleague, "Séminaire", [(start, start + timedelta(hours=1))], [agent.address], None
    )
    await vote_in_poll(office.agenda, agent, poll.key, {"1": Answers.YES}, "Avec plaisir")
    request = PersonalDataExportRequested(request_id="r1", account_id=agent.account_id)
    await CalendarEvents(office.agenda).export_personal_data(request, Envelope())
    (told,) = [body_of(each) for each in await office.facts("personal_data_exported")]
    assert (told["request_id"], told["account_id"]) == ("r1", agent.account_id)
    document = json.loads(told["document"])
    shown = next(each for each in document["calendars"] if each["name"] == "agenda")
    assert (shown["objects"], shown["secret_links"]) == (1, ["Pour la presse"])
    assert document["appointment_pages"] == [{"title": "Passeport", "bookings": 0}]
    (answered,) = document["polls"]
    assert (answered["title"], answered["own"], answered["comment"]) == ("Séminaire", False, "Avec plaisir")
    assert list(answered["answers"]) == ["1"]


async def test_a_persons_data_is_erased_when_the_account_is_gone(office: Office, agent: Identity) -> None:
    events = CalendarEvents(office.agenda)
    request = PersonalDataErasureRequested(request_id="r1", account_id=agent.account_id)
    with pytest.raises(Unavailable):
        await events.erase_personal_data(request, Envelope())
    await deleted(office, agent)
    await events.erase_personal_data(request, Envelope())
    await events.tend_departures()
    await events.tend_departures()
    assert [body_of(each)["request_id"] for each in await office.facts("personal_data_erased")] == ["r1"]
