"""Whoever is gone is in no document any more, but where it is said that they are gone, and in what others wrote."""

from dataclasses import replace
from datetime import timedelta

from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.appointments import AppointmentPage
from services.calendar.domain.finding.booking import Page
from services.calendar.domain.finding.poll import Answer as Voted
from services.calendar.domain.finding.working_hours import USUAL
from services.calendar.domain.publications import Detail
from services.calendar.domain.resources.resource import Policy
from services.calendar.store.objects import SHARDS
from services.calendar.usecases.appointment_pages import create_page
from services.calendar.usecases.delegate import delegate
from services.calendar.usecases.forget_deletions import forget_deletions
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.locks import Wanted as LockWanted
from services.calendar.usecases.locks import take_lock
from services.calendar.usecases.polls import create_poll, vote_in_poll
from services.calendar.usecases.publish import publish
from services.calendar.usecases.remind import remind
from services.calendar.usecases.scheduling.incoming import forget_messages
from services.calendar.usecases.scheduling.invitations import Answer, answer_invitation
from services.calendar.usecases.share_calendar import share_calendar
from services.calendar.usecases.wish import wish
from tests.calendar.office import Office, event
from tests.calendar.resources.asking import Rooms, administrator_of
from tests.calendar.scheduling.post import OUTSIDE, copy_of, delivered, meeting
from tests.calendar.scheduling.test_departures import deleted

ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Rappel", "END:VALARM")
# The tombstone that keeps what is heard late from bringing anything back, and people as directory tells of them.
SAID = {"departures", "people"}


async def lived(office: Office, agent: Identity, colleague: Identity) -> None:
    """Somebody has something of everything, among one's own and among a colleague's."""
    agenda, start = office.agenda, office.clock() + timedelta(days=1)
    hour = (start, start + timedelta(hours=1))
    own, theirs = f"{agent.account_id}.agenda", f"{colleague.account_id}.agenda"
    for who in (agent, colleague):
        await own_calendars(agenda, who.account_id)
    await office.put(agent, event("r1", "20261130T081500Z", "20261130T090000Z", "Rappel", *ALARM), "r.ics")
    await office.put(agent, meeting(agent.address, [colleague.address, OUTSIDE]), "m1.ics")
    await office.put(colleague, meeting(colleague.address, [agent.address], uid="c1"), "c1.ics")
    await delivered(office)
    invited = await copy_of(office, agent, "c1")
    await answer_invitation(agenda, agent, invited.key, Answer("TENTATIVE", start=hour[0], end=hour[1]))
    await delivered(office)
    await wish(agenda, agent, {"daily_agenda": True})
    for one, other in ((agent, colleague), (colleague, agent)):
        calendar = f"{one.account_id}.agenda"
        await share_calendar(agenda, one, calendar, address=other.address, role=Role.WRITE, sees_private=True)
        await delegate(agenda, one, other.address, Role.WRITE, sees_private=False)
    await publish(agenda, agent, own, Detail.WORDS, "Pour la presse")
    await take_lock(agenda, agent, theirs, LockWanted("x.ics", False, False, "moi", 600))
    await create_poll(agenda, agent, "Le sien", [hour], [colleague.address], None)
    asked = await create_poll(agenda, colleague, "Un autre", [hour], [agent.address], None)
    await vote_in_poll(agenda, agent, asked.key, {"1": Voted.YES}, "Oui")
    rooms = Rooms(office, await office.agent("chef", grants=administrator_of("ministry")))
    await rooms.room(policy=Policy(automatic=False, stewards=(agent.account_id, colleague.account_id)))
    await create_page(agenda, agent, replace(AppointmentPage("", "", "", "Guichet", Page(USUAL, (30,)))))
    office.clock.pass_by(hours=1)
    for shard in range(SHARDS):
        await remind(agenda, shard)
    await office.published()


async def test_whoever_is_gone_is_in_no_document(office: Office, agent: Identity, colleague: Identity) -> None:
    await lived(office, agent, colleague)
    named = {
        name for name, documents in (await office.state()).items() if any(agent.account_id in d for d in documents)
    }
    assert named >= {
        "objects", "calendars", "preferences", "delegations", "publications", "polls", "appointment_pages", "reminders",
        "resources", "scheduling",
    }  # fmt: skip
    await deleted(office, agent)
    await delivered(office)
    office.clock.pass_by(days=200)
    await forget_deletions(office.agenda)
    await forget_messages(office.agenda)
    left = {
        name: [document for document in documents if agent.account_id in document]
        for name, documents in (await office.state()).items()
        if name not in SAID
    }
    assert {name: documents for name, documents in left.items() if documents} == {}
    # What the colleague has stays: the meeting, and their own poll.
    assert (await copy_of(office, colleague)).is_off
    assert len(await office.database["polls"].find({}).to_list(None)) == 1
