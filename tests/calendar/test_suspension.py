"""Meetings whose organiser is suspended: somebody learns of them."""

from chassis.identity import Identity
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.tell_of_suspension import tell_of_suspension
from tests.calendar.office import Office, body_of, event

MEETING = ("ORGANIZER:mailto:agent1@numerique.gouv.tg", "ATTENDEE:mailto:agent2@numerique.gouv.tg")


async def test_administrators_are_told_once_of_meetings_ahead(
    office: Office, agent: Identity, colleague: Identity, head: str
) -> None:
    await list_calendars(office.agenda, agent)
    await office.put(agent, event("u1", "20261201T090000Z", "20261201T100000Z", "Comité", *MEETING), "a.ics")
    await office.put(agent, event("u2", "20251201T090000Z", "20251201T100000Z", "Passé", *MEETING), "b.ics")
    await office.put(agent, event("u3", "20261202T090000Z", "20261202T100000Z", "Seul"), "c.ics")
    for _ in range(2):
        await tell_of_suspension(office.agenda, agent.account_id, "fact1")
    (told,) = [body_of(each) for each in await office.facts("letter_requested")]
    assert told["account_id"] == head
    assert told["subject"] == "Réunions sans organisateur / Meetings without an organiser : agent1"
    assert told["paragraphs"][1] == "mardi 1er décembre 2026 : Comité"
    await office.published()
    await tell_of_suspension(office.agenda, agent.account_id, "fact2")
    assert len(await office.facts("letter_requested")) == 1


async def test_nobody_is_told_of_nothing(office: Office, agent: Identity, colleague: Identity, head: str) -> None:
    await list_calendars(office.agenda, colleague)
    await office.put(colleague, event("u1", "20261201T090000Z", "20261201T100000Z", "Copie", *MEETING))
    await tell_of_suspension(office.agenda, colleague.account_id, "fact1")
    await tell_of_suspension(office.agenda, "acc-nobody", "fact1")
    assert await office.facts("letter_requested") == []
