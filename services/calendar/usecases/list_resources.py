"""Resources that somebody may book or administers, and such as are free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar.domain.finding.spans import Span, covers, merged, touches
from services.calendar.domain.objects.buckets import OPEN, window_buckets
from services.calendar.domain.resources.resource import Kind, Resource, folded, words_of
from services.calendar.store.resources import AT_ONCE, EVERYTHING, feature_key, unit_key, word_key
from services.calendar.usecases.book_resource import spans_of
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.resource_access import standing
from services.calendar.usecases.working_hours import closed_days

LONGEST_WINDOW = timedelta(days=31)
MOST_WORDS, MOST_PAGE, USUAL_PAGE = 10, 100, 50
# Pages of documents looked at for one page of an answer, and how many of them are asked whether they are free.
MOST_LOOKED_AT = 25
CHECKED_AT_ONCE, MOST_CHECKED = 50, 300


@dataclass(frozen=True)
class Wish:
    """What is looked for: all that it says. `after` is where the page before ended."""

    unit_id: str = ""
    kind: Kind | None = None
    text: str = ""
    capacity: int = 0
    features: Sequence[str] = ()
    building: str = ""
    window: tuple[datetime, datetime] | None = None
    administered: bool = False
    count: int = USUAL_PAGE
    after: str = ""


@dataclass(frozen=True)
class Page:
    resources: list[Resource]
    # Where the next one begins; empty on the last.
    after: str = ""


async def list_resources(agenda: Agenda, caller: Identity, wish: Wish) -> Page:
    """By name. A page may have fewer than were asked for. Raises `InvalidInput`."""
    words = _checked(wish)
    key = _key(wish, words)
    found: list[Resource] = []
    after, checked = wish.after, 0
    for _ in range(MOST_LOOKED_AT):
        rows = await agenda.resources.page(key, after)
        fitting = [(place, each) for place, each in rows if _fits(each, wish, words) and _shown(each, caller, wish)]
        for at in range(0, len(fitting), CHECKED_AT_ONCE):
            some = fitting[at : at + CHECKED_AT_ONCE]
            free = {each.id for each in await free_resources(agenda, [each for _, each in some], wish.window)}
            checked += len(some) if wish.window is not None else 0
            for place, each in some:
                if each.id in free:
                    if len(found) == wish.count:
                        return Page(found, after)
                    found.append(each)
                after = place
            if checked >= MOST_CHECKED:
                return Page(found, after)
        if len(rows) < AT_ONCE:
            return Page(found)
        after = rows[-1][0]
    return Page(found, after)


def _checked(wish: Wish) -> list[str]:
    words = words_of(wish.text[:300])
    bad: dict[str, str] = {}
    if len(words) > MOST_WORDS or len(wish.features) > MOST_WORDS:
        bad["text"] = f"at most {MOST_WORDS} words, and as many features"
    if not 1 <= wish.count <= MOST_PAGE:
        bad["page_size"] = f"1 to {MOST_PAGE}"
    if wish.capacity < 0:
        bad["capacity"] = "0 or more"
    if wish.window is not None and not timedelta() < wish.window[1] - wish.window[0] <= LONGEST_WINDOW:
        bad["end"] = f"after the start, at most {LONGEST_WINDOW.days} days"
    if bad:
        raise InvalidInput("Not a search for resources", fields=bad)
    return words


def _key(wish: Wish, words: Sequence[str]) -> str:
    """The narrowest of what is asked for by which the index finds."""
    if wish.features:
        return feature_key(wish.features[0])
    if wish.unit_id:
        return unit_key(wish.unit_id)
    return word_key(max(words, key=len)) if words else EVERYTHING


def _fits(resource: Resource, wish: Wish, words: Sequence[str]) -> bool:
    return (
        (not wish.unit_id or wish.unit_id in resource.unit_path)
        and (wish.kind is None or resource.kind is wish.kind)
        and resource.capacity >= wish.capacity
        and all(any(term.startswith(word) for term in resource.terms) for word in words)
        and {folded(each) for each in wish.features} <= {folded(each) for each in resource.features}
        and (not wish.building or folded(wish.building) == folded(resource.building))
    )


def _shown(resource: Resource, caller: Identity, wish: Wish) -> bool:
    stands = standing(resource, caller)
    return stands.administers if wish.administered else stands.sees


async def free_resources(
    agenda: Agenda, resources: Sequence[Resource], window: tuple[datetime, datetime] | None
) -> Sequence[Resource]:
    """Those that are open and free in a whole window, in one question."""
    if window is None or not resources:
        return resources
    start, end = (int(each.timestamp()) for each in window)
    buckets = [each for each in window_buckets(start, end) if each != OPEN]
    those, busy = {each.id: each for each in resources}, {each.id: list[Span]() for each in resources}
    for stored in await agenda.objects.taking_time([*those], buckets):
        busy[stored.owner] += spans_of(stored, those[stored.owner], start, end)
    closed = await closed_days(agenda, start, end)
    return [
        each
        for each in resources
        if not touches(merged(busy[each.id]), start, end)
        and covers(each.hours.open(start, end, () if each.policy.on_holidays else closed), start, end)
    ]
