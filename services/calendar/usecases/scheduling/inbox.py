"""The scheduling inbox (RFC 6638 §2.2): messages as they came, for clients to look at and delete. They have been taken
in already by then."""

from dataclasses import replace
from typing import Any

from services.calendar.domain.calendars import Calendar
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.discard_object import discard
from services.calendar.usecases.keep_object import computed
from services.calendar.usecases.scheduling.copies import copies_of
from services.calendar.usecases.scheduling.parties import party_of

# Some clients never delete any: of more than this the oldest go, some at once.
MOST, AT_ONCE = 500, 50
# Of them, proposals that wait for their organiser, which nothing else keeps.
MOST_WAITING = 250
PROPOSES = b"METHOD:COUNTER"


async def put_into_inbox(
    agenda: Agenda, inbox: Calendar, message_id: str, message: CalendarObject, session: Any
) -> None:
    """In a transaction that has advanced the inbox. It takes nobody's time, is found by no search and reminds nobody;
    a UID may be there several times, so that the message is known by its own id."""
    name = f"{message_id.lower()}.ics"
    if await agenda.objects.named(inbox.id, name, session) is not None:
        return
    whole = computed(agenda, inbox, name, message, None)
    facts = replace(
        whole.facts, uid=name, occurrences=(), buckets=(), alarms=(), terms=(), first=None, last=None, until=None
    )
    stored = replace(whole, facts=facts, modseq=inbox.modseq)
    await agenda.objects.put(stored, session, counts=False)
    await agenda.calendars.count(inbox.id, 1, stored.octets, session)


async def bound_inbox(agenda: Agenda, inbox: Calendar) -> None:
    """The oldest messages go where there are too many, but for proposals that wait."""
    if inbox.objects <= MOST:
        return
    waiting = await _waiting(agenda, inbox)
    rows = await agenda.objects.changed(inbox.id, 0)
    oldest = [row.name for row in rows if row.name not in waiting][: max(0, len(rows) - MOST + AT_ONCE)]

    async def act(calendar: Calendar, session: Any) -> None:
        for name in oldest:
            stored = await agenda.objects.named(calendar.id, name, session)
            if stored is not None:
                # A number of its own each: a cursor may come to stand between two.
                await discard(agenda, await agenda.calendars.advance(calendar.id, session), stored, session)

    await agenda.calendars.changing(inbox.id, act)


async def _waiting(agenda: Agenda, inbox: Calendar) -> frozenset[str]:
    """The names of the latest proposals of other times for meetings that are still there."""
    party = await party_of(agenda, inbox.owner)
    found: dict[int, str] = {}
    there: dict[str, bool] = {}
    async for message in agenda.objects.all_of(inbox.id, content=True):
        if party is None or PROPOSES not in message.content:
            continue
        uid = read_object(message.content, scheduling=True).uid
        if uid not in there:
            there[uid] = any(each.schedule_tag for each in await copies_of(agenda, party, uid))
        if there[uid]:
            found[message.modseq] = message.name
    return frozenset(found[modseq] for modseq in sorted(found)[-MOST_WAITING:])
