"""Tell video and drive what an event wants of them, in the write that changes it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from workspace.calendar.v1 import events_pb2

from chassis.events import Fact, fact
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.companions import MARK, NONE, Companions, companions_of
from services.calendar.domain.resources.resource import is_resource
from services.calendar.domain.stored import Stored
from services.calendar.usecases.context import Agenda

# Minutes are read when the meeting is over.
_AFTER = timedelta(days=30)


async def companion_facts(
    agenda: Agenda, calendar: Calendar, before: Stored | None, after: Stored | None
) -> Sequence[Fact]:
    """What changed for them between two states of an object; nothing of a copy that an attendee has."""
    if not any(each is not None and MARK in each.content.upper() for each in (before, after)):
        return ()
    stored = after or before
    if stored is None or not await _organises(agenda, stored):
        return ()
    was = companions_of(before.content) if before is not None else NONE
    now = companions_of(after.content) if after is not None else NONE
    return [
        fact(message, subject=stored.key, version=calendar.modseq)
        for message in (*_meeting(was, now, before, stored), *_documents(was, now, before, after, stored))
    ]


async def _organises(agenda: Agenda, stored: Stored) -> bool:
    organizer = stored.facts.components[0].organizer
    if organizer is None:
        return True
    person = await agenda.people.by_id(stored.owner)
    if person is None:
        # A team's calendar has the meeting itself; a room's, what it attends.
        return bool(stored.schedule_tag) and not is_resource(stored.owner)
    return organizer.address in person.addresses


def _meeting(was: Companions, now: Companions, before: Stored | None, stored: Stored) -> Sequence[Message]:
    if now.requested and not was.requested:
        return [events_pb2.ConferenceRequested(**_shown(stored))]
    if was.conference and was.conference != now.conference:
        released = events_pb2.ConferenceReleased(
            owner_id=stored.owner, event_id=stored.key, uid=stored.uid, conference_id=was.conference
        )
        return [released]
    if was.conference and before is not None and _shown(before) != _shown(stored):
        return [events_pb2.ConferenceChanged(conference_id=was.conference, **_shown(stored))]
    return []


def _documents(
    was: Companions, now: Companions, before: Stored | None, after: Stored | None, stored: Stored
) -> Sequence[Message]:
    readers = _readers(after) if after is not None else []
    if was.documents == now.documents and (not now.documents or (before is not None and _same_reading(before, stored))):
        return []
    linked = events_pb2.DocumentsLinked(
        owner_id=stored.owner, event_id=stored.key, uid=stored.uid, document_ids=now.documents,
        readers=readers if now.documents else [],
    )  # fmt: skip
    if now.documents and stored.facts.last is not None:
        linked.until.FromDatetime(datetime.fromtimestamp(stored.facts.last, UTC) + _AFTER)
    return [linked]


def _same_reading(before: Stored, after: Stored) -> bool:
    """Whether the same people read as long."""
    return _readers(before) == _readers(after) and before.facts.last == after.facts.last


def _readers(stored: Stored) -> list[str]:
    """Whoever is invited to any instance, and did not decline it."""
    found: dict[str, None] = {}
    for component in stored.facts.components:
        if component.organizer is not None:
            found[component.organizer.address] = None
        found |= {each.address: None for each in component.attendees if each.partstat != "DECLINED"}
    return list(found)


def _shown(stored: Stored) -> dict[str, Any]:
    first = stored.facts.components[0]
    shown: dict[str, Any] = {
        "owner_id": stored.owner,
        "event_id": stored.key,
        "uid": stored.uid,
        "title": first.summary[:500],
        "recurring": stored.facts.recurring,
        "organizer": first.organizer.address if first.organizer is not None else "",
        "attendees": [each for each in _readers(stored) if first.organizer is None or each != first.organizer.address],
    }
    if stored.facts.occurrences:
        occurrence = stored.facts.occurrences[0]
        shown["start"] = datetime.fromtimestamp(occurrence.start, UTC)
        shown["end"] = datetime.fromtimestamp(occurrence.end, UTC)
    return shown
