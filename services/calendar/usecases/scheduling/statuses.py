"""What became of a message that somebody sent: written beside whom it was for (SCHEDULE-STATUS)."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from chassis.errors import Conflict
from chassis.events import Fact
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.itip.status import undelivered
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.objects.addresses import Address
from services.calendar.domain.stored import Stored
from services.calendar.domain.undelivered_letter import undelivered_letter
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import letter_requested
from services.calendar.usecases.keep_object import computed, keep
from services.calendar.usecases.scheduling.copies import copies_of
from services.calendar.usecases.scheduling.parties import Party, party_of

ATTEMPTS = 20


async def note_undelivered(
    agenda: Agenda, owner: str, uid: str, statuses: Mapping[Address, str], *, letter: str = "", told: bool = True
) -> None:
    """On the meeting of a UID, wherever its owner has it; one that is gone is passed over. `letter` is the one that did
    not reach them, `told` whether its sender has been told of that; else it is told now, once. Raises `Conflict`."""
    by_letter = partial(undelivered, statuses=statuses, letter=letter)
    party = await party_of(agenda, owner) or Party(owner, ())
    for _ in range(ATTEMPTS):
        copies = await copies_of(agenda, party, uid)
        stored = next((each for each in copies if each.schedule_tag), None)
        if stored is None or await _noted(agenda, owner, stored, by_letter, statuses if not told else {}):
            return
    raise Conflict("Others change it all the time")


async def _noted(
    agenda: Agenda,
    owner: str,
    stored: Stored,
    noted: Callable[[CalendarObject], CalendarObject],
    tell: Mapping[Address, str],
) -> bool:
    """False when it was changed meanwhile."""
    after = noted(read_object(stored.content, scheduling=True))
    if after.etag == stored.etag:
        return True
    calendar = await agenda.calendars.get(stored.calendar)
    kept = computed(agenda, calendar, stored.name, after, stored, stored.schedule_tag)
    letters = _letters(owner, stored, tell)

    async def act(present: Calendar, session: Any) -> bool:
        found = await agenda.objects.find(stored.key, session)
        if found is None or found.etag != stored.etag or found.calendar != stored.calendar:
            return False
        await keep(agenda, present, kept, stored, session, *letters)
        return True

    return await agenda.calendars.changing(calendar.id, act)


def _letters(owner: str, stored: Stored, tell: Mapping[Address, str]) -> list[Fact]:
    """To who sent it, one for each of what kept it from them."""
    summary = stored.facts.components[0].summary
    by_code: dict[str, list[Address]] = defaultdict(list)
    for address, code in sorted(tell.items()):
        by_code[code].append(address)
    return [letter_requested(owner, *undelivered_letter(summary, to, code)) for code, to in by_code.items()]
