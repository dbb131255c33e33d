"""Events by words, among the calendars that the caller reads: the index is asked by owner, and what is private to
another is never looked into."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import NO_CALENDAR, Role
from services.calendar.domain.instances import Instance, Window, shown
from services.calendar.domain.objects import Occurrence, folded_words
from services.calendar.domain.packed import Occurrences
from services.calendar.domain.privacy import hides
from services.calendar.domain.stored import Stored
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.list_instances import watched

MAX_WORDS, MAX_PAGE, USUAL_PAGE = 10, 100, 25
# Of one owner's objects with the rarest word, so many are looked at.
MAX_CANDIDATES = 5_000


@dataclass(frozen=True)
class Page:
    instances: Sequence[Instance]
    calendars: Sequence[Reached]
    following: str


async def search_events(
    agenda: Agenda,
    caller: Identity,
    query: str,
    calendar_ids: Sequence[str],
    window: Window | None,
    size: int,
    token: str,
) -> Page:
    """Raises `NotFound` for calendars that the caller does not read, `InvalidInput`."""
    words = list(dict.fromkeys(folded_words(query[:1000])))
    if not 0 < len(words) <= MAX_WORDS:
        raise InvalidInput("Not a question", fields={"query": f"1 to {MAX_WORDS} words of at least two letters"})
    if not 0 <= size <= MAX_PAGE:
        raise InvalidInput("Not a page", fields={"page_size": f"0 to {MAX_PAGE}"})
    after = _after(token)
    looked_at = [each for each in await watched(agenda, caller, calendar_ids) if each.access.role >= Role.READ]
    if calendar_ids and not looked_at:
        raise NotFound(NO_CALENDAR)
    by_id = {each.calendar.id: each for each in looked_at}
    found: list[tuple[int, str, Instance]] = []
    for owner in sorted({each.calendar.owner for each in looked_at}):
        # The longest word is seldom the most usual one.
        for stored in await agenda.objects.with_word(owner, max(words, key=len), MAX_CANDIDATES):
            reached = by_id.get(stored.calendar)
            if reached is None or not _matches(stored, words, reached):
                continue
            at = _occurrence(stored, window)
            if at is not None and (after is None or (at.start, stored.key) < after):
                (instance,) = shown(stored, [at], reached.calendar, reached.access)
                found.append((at.start, stored.key, instance))
    found.sort(key=lambda each: each[:2], reverse=True)
    page = found[: size or USUAL_PAGE]
    following = _token(*page[-1][:2]) if len(found) > len(page) else ""
    return Page([each for _, _, each in page], looked_at, following)


def _matches(stored: Stored, words: Sequence[str], reached: Reached) -> bool:
    facts = stored.facts
    if facts.component != "VEVENT" or not set(words) <= set(facts.terms):
        return False
    return not hides(stored, reached.access)


def _occurrence(stored: Stored, window: Window | None) -> Occurrence | None:
    """The first in the window; without one, the last that is known."""
    if window is not None:
        return next(iter(stored.occurrences_between(window.start, window.end)), None)
    known = Occurrences.of(stored.facts.occurrences)
    return known[-1] if len(known) else None


def _token(start: int, key: str) -> str:
    return base64.urlsafe_b64encode(f"{start} {key}".encode()).decode()


def _after(token: str) -> tuple[int, str] | None:
    if not token:
        return None
    try:
        start, _, key = base64.urlsafe_b64decode(token.encode()).decode().partition(" ")
        return int(start), key
    except (ValueError, binascii.Error):
        raise InvalidInput("Not a token of this list", fields={"page_token": "foreign"}) from None
