"""Video meetings and documents of events, as contracts with the services that have them."""

from typing import Any

import pytest

from chassis.identity import Identity
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.companions import Meeting
from services.calendar.domain.objects import read_object
from services.calendar.domain.structured.fields import Fields
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.link_conference import link_conference
from services.calendar.usecases.scheduling.inbox import put_into_inbox
from services.calendar.usecases.write_event import Meant, update_event
from tests.calendar.office import Office, body_of, event

WANTED = "X-WORKSPACE-CONFERENCE:REQUESTED"
MEETING = Meeting("c1", "https://espace.gouv.tg/reunion/c1", "+228 22 00 00 00", "1234")
HOUR = ("20261130T090000Z", "20261130T100000Z")


@pytest.fixture(autouse=True)
async def _opened(home: str) -> None:
    """The agent's agenda is there."""


async def told(office: Office) -> list[tuple[str, dict[str, Any]]]:
    """What video and drive hear."""
    facts = await office.facts("conference_requested", "conference_changed", "conference_released", "documents_linked")
    await office.published()
    return [(each.type, body_of(each)) for each in facts]


def content_of(office: Office, key: str) -> Any:
    return office.agenda.objects.find(key)


async def test_an_event_asks_for_a_meeting_once(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, event("u1", *HOUR, "Point", WANTED))
    ((kind, said),) = await told(office)
    assert kind == "conference_requested"
    assert (said["event_id"], said["title"], said["start"]) == (kept.stored.key, "Point", "2026-11-30T09:00:00Z")
    await office.put(agent, event("u1", *HOUR, "Point hebdomadaire", WANTED))
    assert await told(office) == []


async def test_the_link_comes_to_stay_with_the_whole_series(office: Office, agent: Identity) -> None:
    moved = "\r\n".join([
        "END:VEVENT", "BEGIN:VEVENT", "UID:u1", "DTSTAMP:20261101T080000Z", "RECURRENCE-ID:20261207T090000Z",
        "DTSTART:20261207T110000Z", "DTEND:20261207T120000Z", "SUMMARY:Point",
    ])  # fmt: skip
    kept = await office.put(agent, event("u1", *HOUR, "Point", "RRULE:FREQ=WEEKLY;COUNT=5", WANTED, moved))
    for _ in range(2):
        await link_conference(office.agenda, kept.stored.key, MEETING)
    stored = await content_of(office, kept.stored.key)
    assert stored.content.count(b"https://espace.gouv.tg/reunion/c1") == 2
    assert b"tel:+22822000000,,1234" in stored.content.replace(b"\r\n ", b"")
    assert b"REQUESTED" not in stored.content
    assert [each.conference for each in stored.facts.components] == [MEETING.url] * 2
    assert (await office.facts("event_updated"))[-1].version == stored.modseq
    # Whoever writes it by fields afterwards leaves it where it is, and asks for no other.
    await told(office)
    await update_event(office.agenda, agent, kept.stored.key, Fields(title="Autre titre"), Meant())
    stored = await content_of(office, kept.stored.key)
    found = [(each.summary, each.conference) for each in stored.facts.components]
    assert found == [("Autre titre", MEETING.url)] * 2
    assert [kind for kind, _ in await told(office) if kind != "conference_changed"] == []


async def test_video_hears_when_the_event_moves_and_when_it_is_off(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, event("u1", *HOUR, "Point", WANTED))
    await link_conference(office.agenda, kept.stored.key, MEETING)
    await told(office)
    stored = await content_of(office, kept.stored.key)
    await office.put(agent, stored.content.replace(b"DTEND:20261130T100000Z", b"DTEND:20261130T110000Z"))
    ((kind, said),) = await told(office)
    assert (kind, said["conference_id"], said["end"]) == ("conference_changed", "c1", "2026-11-30T11:00:00Z")
    await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "e1.ics")
    ((kind, said),) = await told(office)
    assert (kind, said["conference_id"]) == ("conference_released", "c1")


async def test_a_message_that_is_seen_to_leaves_the_meeting_what_it_has(office: Office, agent: Identity) -> None:
    """A client deletes it from the inbox; it names the conference, as the event does."""
    kept = await office.put(agent, event("u1", *HOUR, "Point", WANTED))
    await link_conference(office.agenda, kept.stored.key, MEETING)
    await told(office)
    stored, inbox = await content_of(office, kept.stored.key), f"{agent.account_id}.inbox"
    message = read_object(stored.content, scheduling=True)

    async def come(calendar: Calendar, session: Any) -> None:
        await put_into_inbox(office.agenda, calendar, "m1", message, session)

    await office.agenda.calendars.changing(inbox, come)
    await delete_object(office.agenda, agent, inbox, "m1.ics")
    assert await told(office) == []
    assert await office.agenda.objects.rows(inbox) == []
    assert (await office.agenda.calendars.get(inbox)).objects == 0


async def test_an_answer_that_comes_late_makes_nothing(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, event("u1", *HOUR, "Point", WANTED))
    await office.put(agent, event("u1", *HOUR, "Point"))
    await link_conference(office.agenda, kept.stored.key, MEETING)
    assert b"CONFERENCE" not in (await content_of(office, kept.stored.key)).content
    await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "e1.ics")
    before = await office.state()
    await link_conference(office.agenda, kept.stored.key, MEETING)
    assert await office.state() == before


@pytest.mark.parametrize("change", ["edited", "deleted"])
async def test_what_somebody_does_while_the_link_comes_stays(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    kept = await office.put(agent, event("u1", *HOUR, "Point", WANTED))
    found, first = office.agenda.calendars.find, True

    async def meanwhile(*said: Any) -> Any:
        nonlocal first
        if first:
            first = False
            if change == "edited":
                await office.put(agent, event("u1", *HOUR, "Point du lundi", WANTED))
            else:
                await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "e1.ics")
        return await found(*said)

    monkeypatch.setattr(office.agenda.calendars, "find", meanwhile)
    await link_conference(office.agenda, kept.stored.key, MEETING)
    after = await office.agenda.objects.of_owner_with_uid(agent.account_id, "u1")
    shown = [(each.facts.components[0].summary, each.facts.components[0].conference) for each in after]
    assert shown == ([("Point du lundi", MEETING.url)] if change == "edited" else [])


async def test_documents_are_read_by_whom_the_invitation_reaches(office: Office, agent: Identity) -> None:
    document = "ATTACH;X-WORKSPACE-DOCUMENT=d1;FILENAME=ordre.pdf:https://espace.gouv.tg/drive/d1"
    people = (f"ORGANIZER:mailto:{agent.address}", "ATTENDEE:mailto:agent2@numerique.gouv.tg")
    await office.put(agent, event("u1", *HOUR, "Point", document, *people))
    ((kind, said),) = await told(office)
    assert (kind, said["document_ids"]) == ("documents_linked", ["d1"])
    assert said["readers"] == [agent.address, "agent2@numerique.gouv.tg"]
    assert said["until"] == "2026-12-30T10:00:00Z"
    await office.put(agent, event("u1", *HOUR, "Autre titre", document, *people))
    assert await told(office) == []
    another = "ATTENDEE:mailto:agent3@numerique.gouv.tg"
    await office.put(agent, event("u1", *HOUR, "Point", document, people[0], another))
    ((_, said),) = await told(office)
    assert said["readers"] == [agent.address, "agent3@numerique.gouv.tg"]
    later = ("20270301T090000Z", "20270301T100000Z")
    await office.put(agent, event("u1", *later, "Point", document, people[0], another))
    ((_, said),) = await told(office)
    assert said["until"] == "2027-03-31T10:00:00Z"
    await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "e1.ics")
    ((_, said),) = await told(office)
    assert "document_ids" not in said
    assert "readers" not in said


async def test_an_attendees_copy_asks_for_nothing(office: Office, agent: Identity, colleague: Identity) -> None:
    document = "ATTACH;X-WORKSPACE-DOCUMENT=d1:https://espace.gouv.tg/drive/d1"
    people = (f"ORGANIZER:mailto:{colleague.address}", f"ATTENDEE:mailto:{agent.address}")
    await office.put(agent, event("u1", *HOUR, "Point", WANTED, document, *people))
    assert await told(office) == []
