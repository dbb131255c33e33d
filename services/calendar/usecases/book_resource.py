"""Book a resource: what an organiser's message asks of it is decided and answered in one write.

The resource's calendar is advanced first, in the same transaction: two who ask for the same time conflict there, and
the second sees what the first was given. Answer and facts are in that write too, so that a process that is killed has
answered or has not, and a message that comes twice is answered once.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.calendar.domain.calendars import Calendar, id_of
from services.calendar.domain.finding.spans import Span, merged
from services.calendar.domain.free_busy import taken
from services.calendar.domain.itip.answers import Attended
from services.calendar.domain.itip.going_on import sibling_of
from services.calendar.domain.itip.outcomes import Cancelled, Created, Foretold, Sender, Updated
from services.calendar.domain.itip.receive import received
from services.calendar.domain.itip.series import Series, series_of
from services.calendar.domain.objects import CalendarObject, facts_of, read_object
from services.calendar.domain.objects.buckets import OPEN, window_buckets
from services.calendar.domain.resources.answering import answered, in_ranges, instances_of
from services.calendar.domain.resources.deciding import MOST_INSTANCES, Asked, Instance, Reason, State, decide
from services.calendar.domain.resources.resource import CALENDAR, OnClash, Resource
from services.calendar.domain.stored import Stored
from services.calendar.store.resources import Booking
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.discard_object import discard
from services.calendar.usecases.keep_object import computed, keep
from services.calendar.usecases.resource_facts import replies, resource_booked, resource_declined, resource_requested
from services.calendar.usecases.stewards import deciders_of, request_letters
from services.calendar.usecases.working_hours import closed_days


@dataclass(frozen=True)
class Said:
    """A scheduling message on its way to a resource: whose it is, every address that speaks for it, and the iCalendar
    object with its METHOD."""

    account_id: str
    addresses: frozenset[str]
    content: bytes


@dataclass(frozen=True)
class _Case:
    """A message, and what it is about. `sibling` and `went_before` are of the series that a new one goes on from, or
    of the meeting that is `handed` over and stands under another UID from now on."""

    said: Said
    message: CalendarObject
    resource: Resource
    calendar: Calendar
    stored: Stored | None
    booking: Booking | None
    sibling: Stored | None = None
    went_before: Booking | None = None
    handed: bool = False


async def take_message(agenda: Agenda, resource_id: str, said: Said, instead_of: str = "") -> None:
    """What a REQUEST asks for is booked or declined, what a CANCEL is about is free again; anything else, and what
    is older than what is known, is passed over. `instead_of` is the UID of a meeting of another organiser that is
    handed over: it gives up its time to this one, and to nobody else. Repeatable. Raises `InvalidInput` for what
    cannot be read."""
    message = read_object(said.content, scheduling=True)
    resource = await agenda.resources.find(resource_id)
    if resource is None or message.component != "VEVENT" or message.method not in ("REQUEST", "CANCEL", "ADD"):
        return
    person = await agenda.people.by_id(said.account_id)
    unit_path = person.unit_path if person is not None and not person.suspended else ()
    closed = await _closed(agenda, resource)

    async def act(calendar: Calendar, session: Any) -> None:
        present = await agenda.resources.find(resource_id, session)
        if present is None:
            return
        stored = await agenda.objects.with_uid(calendar.id, message.uid, session)
        booking = await agenda.resources.booking(resource_id, booking_id_of(message.uid), session)
        case = _Case(said, message, present, calendar, stored, booking)
        if stored is None:
            handed = instead_of and await _handed(agenda, case, instead_of, session)
            case = handed or await _with_sibling(agenda, case, session)
        if not _is_news(case):
            return
        await _take(agenda, case, unit_path, closed, session)

    await agenda.calendars.changing(id_of(resource_id, CALENDAR), act)


async def _with_sibling(agenda: Agenda, case: _Case, session: Any) -> _Case:
    """Of the same organiser: what goes on takes the place of what ends, whichever is heard first."""
    uid = sibling_of(series_of(case.message))
    sibling = await agenda.objects.with_uid(case.calendar.id, uid, session) if uid else None
    before = await agenda.resources.booking(case.resource.id, booking_id_of(uid), session) if sibling else None
    if before is None or before.organizer != series_of(case.message).organizer:
        return case
    return replace(case, sibling=sibling, went_before=before)


async def _handed(agenda: Agenda, case: _Case, uid: str, session: Any) -> _Case | None:
    """None where it has nothing of the meeting that is handed over."""
    former = await agenda.objects.with_uid(case.calendar.id, uid, session)
    before = await agenda.resources.booking(case.resource.id, booking_id_of(uid), session)
    if former is None or before is None:
        return None
    return replace(case, sibling=former, went_before=before, handed=True)


async def _closed(agenda: Agenda, resource: Resource) -> Collection[date]:
    """The holidays up to which it can be booked, where it matters."""
    if resource.policy.on_holidays:
        return ()
    now = int(agenda.now().timestamp())
    return await closed_days(agenda, now, now + resource.policy.horizon_days * 86400)


def booking_id_of(uid: str) -> str:
    return hashlib.sha256(uid.encode()).hexdigest()[:32]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _is_news(case: _Case) -> bool:
    """Of what is kept the rules of iTIP say it; of what was declined, or called off, only the version is left."""
    booking = case.booking
    if booking is None:
        return True
    if booking.asked == _digest(case.said.content):
        return False
    series = series_of(case.message)
    # A UID that another organiser's meeting had before is a new one's own.
    if case.stored is not None or series.organizer != booking.organizer:
        return True
    return (series.sequence, series.stamp) > (booking.sequence, booking.stamp)


async def _take(
    agenda: Agenda, case: _Case, unit_path: tuple[str, ...], closed: Collection[date], session: Any
) -> None:
    stored = case.stored
    known = read_object(stored.content, scheduling=True) if stored is not None else None
    sender = Sender(case.said.addresses, inside=True)
    own = frozenset({case.resource.address})
    outcome = received(known, case.message, sender, own, agenda.now())
    if isinstance(outcome, Created | Updated):
        await _answer(agenda, case, outcome.object, unit_path, closed, session)
    elif isinstance(outcome, Foretold) or (isinstance(outcome, Cancelled) and not outcome.recurrence_ids):
        await _free(agenda, case, session)
    elif isinstance(outcome, Cancelled) and stored is not None:
        kept = computed(agenda, case.calendar, stored.name, outcome.object, stored)
        await keep(agenda, case.calendar, kept, stored, session)
        before = case.booking
        if before is not None:
            changed = replace(_booking(agenda, case, before.state), declined=before.declined, comment=before.comment)
            await agenda.resources.keep_booking(changed, session)


async def _answer(
    agenda: Agenda,
    case: _Case,
    copy: CalendarObject,
    unit_path: tuple[str, ...],
    closed: Collection[date],
    session: Any,
) -> None:
    """Decide, and keep the answer."""
    resource, now = case.resource, agenda.now()
    zone = case.calendar.time_zone
    facts = facts_of(copy, zone, now + agenda.options.horizon)
    instances = instances_of(facts)
    asked = Asked(
        unit_path=unit_path,
        instances=instances,
        recurring=facts.recurring or len(instances) > 1,
        endless=facts.until is not None,
        steward=case.said.account_id in resource.policy.stewards,
    )
    own = {each.key for each in (case.stored, case.sibling) if each is not None}
    busy = await _busy(agenda, resource, instances[: MOST_INSTANCES + 1], own, session)
    ruled = _all_or_nothing(resource) if in_ranges(facts) else resource
    decision = decide(ruled, asked, busy, int(now.timestamp()), closed)
    decided = _decided_already(case, instances)
    if decision.state is State.TENTATIVE and decided is State.ACCEPTED:
        decision = replace(decision, state=State.ACCEPTED)
    answer = answered(copy, resource.address, decision, zone, now)
    first = next((each for each in instances if each.end > now.timestamp()), None)
    bare = _booking(agenda, case, decision.state)
    booking = replace(bare, reason=decision.reason, declined=tuple(sorted(decision.declined.items())))
    told = replies(resource, booking, answer.messages)
    if decision.state is State.TENTATIVE:
        deciders = await deciders_of(agenda, resource)
        told.append(resource_requested(resource, booking, first, deciders.accounts))
        if decided is not State.TENTATIVE:
            told += request_letters(resource, booking, facts, first, deciders)
    else:
        told.append(
            (resource_booked if decision.state is State.ACCEPTED else resource_declined)(resource, booking, first)
        )
    await keep_answer(agenda, case.calendar, answer, booking, case.stored, session)
    await agenda.resources.keep_booking(booking, session, *told)
    if case.handed and decision.state is not State.DECLINED:
        await _give_up(agenda, case, session)


async def _give_up(agenda: Agenda, case: _Case, session: Any) -> None:
    """What was handed over has its time under another UID. Nobody is told: they are by the meeting itself."""
    if case.sibling is not None and case.went_before is not None:
        await discard(agenda, case.calendar, case.sibling, session)
        before = case.went_before
        after = replace(before, state=State.DECLINED, reason=Reason.CANCELLED, version=before.version + 1)
        await agenda.resources.keep_booking(after, session)


def _decided_already(case: _Case, instances: Sequence[Instance]) -> State | None:
    """What was said of the same times before: other words of a meeting are no other request. None where there was
    none."""
    if case.sibling is not None and case.went_before is not None:
        had = instances_of(case.sibling.facts)
        # As far as either is known by its instances.
        ahead = [each for each in instances if had and each.start <= had[-1].start]
        return case.went_before.state if ahead and set(ahead) <= set(had) else None
    if case.booking is None or case.stored is None or instances_of(case.stored.facts) != instances:
        return None
    return case.booking.state


def _all_or_nothing(resource: Resource) -> Resource:
    return replace(resource, policy=replace(resource.policy, on_clash=OnClash.DECLINE_ALL))


async def keep_answer(
    agenda: Agenda, calendar: Calendar, answer: Attended, booking: Booking, stored: Stored | None, session: Any
) -> None:
    """What a resource has stands in its calendar; what it has not does not."""
    if booking.state is State.DECLINED:
        if stored is not None:
            await discard(agenda, calendar, stored, session)
    elif answer.stored is not None:
        name = stored.name if stored is not None else f"{booking.id}.ics"
        kept = computed(agenda, calendar, name, answer.stored, stored)
        await keep(agenda, calendar, kept, stored, session)


async def _free(agenda: Agenda, case: _Case, session: Any) -> None:
    """It was called off. That is remembered, should the invitation come after."""
    if case.stored is not None:
        await discard(agenda, case.calendar, case.stored, session)
    booking = replace(_booking(agenda, case, State.DECLINED), reason=Reason.CANCELLED)
    had = case.booking is not None and case.booking.state is not State.DECLINED
    told = [resource_declined(case.resource, booking, None)] if had else []
    await agenda.resources.keep_booking(booking, session, *told)


def _booking(agenda: Agenda, case: _Case, state: State) -> Booking:
    series: Series = series_of(case.message)
    return Booking(
        owner=case.resource.id,
        id=booking_id_of(series.uid),
        uid=series.uid,
        sequence=series.sequence,
        stamp=series.stamp,
        state=state,
        asked=_digest(case.said.content),
        account_id=case.said.account_id,
        organizer=series.organizer,
        updated_at=agenda.now(),
        version=case.booking.version + 1 if case.booking is not None else 1,
    )


async def _busy(
    agenda: Agenda, resource: Resource, instances: Sequence[Instance], own: Collection[str], session: Any
) -> list[Span]:
    """What others have of a resource around some instances."""
    if not instances:
        return []
    buckets = {bucket for each in instances for bucket in window_buckets(each.start, max(each.end, each.start + 1))} - {
        OPEN
    }
    first, last = min(each.start for each in instances), max(each.end for each in instances)
    found = await agenda.objects.taking_time([resource.id], sorted(buckets), session)
    others = [each for each in found if each.key not in own]
    return merged(span for each in others for span in spans_of(each, resource, first, last + 1))


def spans_of(stored: Stored, resource: Resource, start: int, end: int) -> list[Span]:
    """When a booking has its resource, of a window; what has no length has it for its first second."""
    periods = taken(stored.facts, stored.occurrences_between(start, end), frozenset({resource.address}))
    return [(each.start, max(each.end, each.start + 1)) for each in periods]
