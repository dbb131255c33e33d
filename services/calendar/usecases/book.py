"""Book an appointment without an account: held for who is named, and kept once the letter's link was followed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workspace.calendar.v1 import events_pb2

from chassis.errors import Conflict, NotFound, PreconditionFailed, TooManyRequests
from chassis.events import fact
from chassis.ids import new_id
from chassis.people import Person
from services.calendar.domain.access import OWNER
from services.calendar.domain.appointments import (
    HELD,
    MOST_BOOKINGS,
    MOST_BY_ADDRESS,
    MOST_HELD,
    REMEMBERED,
    AppointmentPage,
    Booking,
    event_of,
    kept,
    letter,
    uid_of,
    visitor_given,
)
from services.calendar.domain.finding.booking import answers_given, may_book, may_cancel, open_slots
from services.calendar.domain.finding.spans import Span, touches
from services.calendar.domain.objects import serialise
from services.calendar.domain.secret_links import digest_of, new_secret
from services.calendar.usecases.appointment_pages import ATTEMPTS, NO_PAGE
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.busy_times import busy_times
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_object import remove_unchanged
from services.calendar.usecases.put_object import write_object
from services.calendar.usecases.scheduling.planning import plan_removal
from services.calendar.usecases.working_hours import closed_days

NO_BOOKING = "There is no such appointment"
_DAY = 86_400


@dataclass(frozen=True)
class Shown:
    """A page and whose it is."""

    page: AppointmentPage
    owner: Person


@dataclass(frozen=True)
class Found:
    """A booking as its link shows it; `confirmed`: it is in the calendar."""

    shown: Shown
    booking: Booking
    confirmed: bool
    cancellable: bool


async def shown_page(agenda: Agenda, page_id: str) -> Shown:
    """Raises `NotFound`, also while it is closed and while its owner is away."""
    page = await agenda.appointments.find(page_id)
    owner = await agenda.people.by_id(page.owner) if page is not None else None
    if page is None or not page.open or owner is None or owner.suspended:
        raise NotFound(NO_PAGE)
    return Shown(page, owner)


async def slots_of(agenda: Agenda, shown: Shown, length: int, window: Span) -> list[Span]:
    """What can be booked. Raises `InvalidInput`."""
    now = int(agenda.now().timestamp())
    closed = await closed_days(agenda, *window)
    busy, booked = await _taken(agenda, shown, window), await _booked(agenda, shown.page, window)
    return open_slots(shown.page.rules, length, window, now, busy=busy, booked=booked, closed=closed)


async def book(
    agenda: Agenda, page_id: str, wanted: Span, name: str, address: str, answers: Mapping[str, str]
) -> Booking:
    """Hold a time, and have a letter sent whose link confirms it. Raises `NotFound`, `InvalidInput`,
    `PreconditionFailed` for a time that is not open any more, `TooManyRequests`, `Conflict`."""
    known, mail = visitor_given(name, address)
    for _ in range(ATTEMPTS):
        shown = await shown_page(agenda, page_id)
        page, now = shown.page, agenda.now()
        given = answers_given(page.rules.questions, answers)
        if not 0 < wanted[0] - now.timestamp() <= page.rules.horizon.total_seconds():
            # Before anything is asked about a year that no calendar knows.
            raise PreconditionFailed("That time is not open", fields={"start": "taken"})
        turn = await agenda.appointments.turn(page.owner)
        standing = await _standing(agenda, page)
        await _check_flood(agenda, page, mail, standing)
        closed = await closed_days(agenda, *wanted)
        busy, booked = await _taken(agenda, shown, wanted), await _booked(agenda, page, wanted)
        if not may_book(page.rules, wanted, int(now.timestamp()), busy=busy, booked=booked, closed=closed):
            raise PreconditionFailed("That time is not open any more", fields={"start": "taken"})
        secret = new_secret()
        booking = Booking(new_id(), digest_of(secret), *wanted, known, mail, given, now + HELD)
        after = replace(page, bookings=(*kept(page, standing, now), booking))
        if await agenda.appointments.hold(page, after, turn, _asked(agenda, shown, booking, secret)):
            return booking
    raise Conflict("Others book on it all the time")


async def _check_flood(agenda: Agenda, page: AppointmentPage, address: str, standing: Sequence[str]) -> None:
    now = agenda.now()
    waiting = [each for each in page.held(now) if each.object_name not in standing]
    if len(waiting) >= MOST_HELD or len(kept(page, standing, now)) >= MOST_BOOKINGS:
        raise TooManyRequests(retry_after=HELD.total_seconds())
    if await _unconfirmed(agenda, address) >= MOST_BY_ADDRESS:
        raise TooManyRequests(retry_after=REMEMBERED.total_seconds())


async def _unconfirmed(agenda: Agenda, address: str) -> int:
    """How much an address booked lately, on whatever page, that is in no calendar."""
    recent: dict[str, list[str]] = {}
    for calendar, booking in await agenda.appointments.booked_by(address):
        if agenda.now() < booking.held_until + REMEMBERED:
            recent.setdefault(calendar, []).append(booking.object_name)
    confirmed = [await agenda.objects.rows(calendar, names) for calendar, names in recent.items()]
    return sum(map(len, recent.values())) - sum(map(len, confirmed))


def _asked(agenda: Agenda, shown: Shown, booking: Booking, secret: str) -> dict[str, object]:
    """The letter that proves the address. It invites nobody: what runs out unconfirmed needs no calling off."""
    page = shown.page
    subject, text = letter(page, booking, link_of(agenda, page, secret))
    told = events_pb2.InvitationRequested(
        account_id=page.owner,
        attendees=[events_pb2.InvitationRequested.Attendee(address=booking.address, name=booking.name)],
        uid=uid_of(booking),
        subject=subject,
        text=text,
        secret=True,
    )
    return fact(told, subject=page.id, version=page.version + 1, actor="")


def link_of(agenda: Agenda, page: AppointmentPage, secret: str) -> str:
    return f"{agenda.options.public_url}/rendez-vous/{page.id}/{secret}"


async def find_booking(agenda: Agenda, page_id: str, secret: str) -> Found:
    """Raises `NotFound`, also for what was held and not confirmed in time, and for what its owner called off."""
    shown = await shown_page(agenda, page_id)
    booking, now = shown.page.booking(digest_of(secret)), agenda.now()
    if booking is None:
        raise NotFound(NO_BOOKING)
    stored = await agenda.objects.named(shown.page.calendar, booking.object_name)
    if stored is None:
        if now >= booking.held_until or await agenda.objects.buried(shown.page.calendar, [booking.object_name]):
            raise NotFound(NO_BOOKING)
        return Found(shown, booking, confirmed=False, cancellable=False)
    occurrences = stored.facts.occurrences
    start = occurrences[0].start if occurrences else booking.start
    end = occurrences[0].end if occurrences else booking.end
    # Its owner may have moved it.
    moved = replace(booking, start=start, end=end)
    return Found(shown, moved, confirmed=True, cancellable=may_cancel(shown.page.rules, start, int(now.timestamp())))


async def confirm(agenda: Agenda, page_id: str, secret: str) -> Found:
    """The appointment comes to be in the calendar, and who booked is invited. Again, it is there. Raises `NotFound`,
    `PreconditionFailed` where its owner has no time any more."""
    found = await find_booking(agenda, page_id, secret)
    if found.confirmed:
        return found
    shown, booking = found.shown, found.booking
    if touches(await _busy(agenda, shown, booking.span), *booking.span):
        raise PreconditionFailed("That time is not free any more", fields={"start": "taken"})
    calendar = await agenda.calendars.get(shown.page.calendar)
    owner = (shown.owner.address, shown.owner.display_name)
    event = event_of(shown.page, booking, owner, link_of(agenda, shown.page, secret), agenda.now())
    await write_object(agenda, Reached(calendar, OWNER), booking.object_name, serialise(event))
    return await find_booking(agenda, page_id, secret)


async def cancel(agenda: Agenda, page_id: str, secret: str) -> None:
    """By who booked, until the page's time for it. Raises `NotFound`, `PreconditionFailed`."""
    found = await find_booking(agenda, page_id, secret)
    page = found.shown.page
    if found.confirmed:
        if not found.cancellable:
            raise PreconditionFailed("It is too late to cancel it here", fields={"start": "too soon"})
        reached = Reached(await agenda.calendars.get(page.calendar), OWNER)
        stored = await agenda.objects.named(page.calendar, found.booking.object_name)
        if stored is not None:
            facts = await plan_removal(agenda, reached, stored, no_reply=False)
            if not await remove_unchanged(agenda, stored, facts):
                raise Conflict("It was changed meanwhile")
    for _ in range(ATTEMPTS):
        page = (await shown_page(agenda, page_id)).page
        others = tuple(each for each in page.bookings if each.id != found.booking.id)
        if await agenda.appointments.replace(page, replace(page, bookings=others)):
            return
    # Its time is held until it runs out.


async def _standing(agenda: Agenda, page: AppointmentPage) -> list[str]:
    """Names of bookings whose events are there."""
    names = [each.object_name for each in page.bookings]
    return [row.name for row in await agenda.objects.rows(page.calendar, names)] if names else []


async def _booked(agenda: Agenda, page: AppointmentPage, window: Span) -> list[Span]:
    """Of the days around a window: what is held, and what stands, where its owner moved it as it is now."""
    near = [each for each in page.bookings if window[0] - _DAY < each.end and each.start < window[1] + _DAY]
    names = [each.object_name for each in near]
    if not names:
        return []
    there = {each.name: each async for each in agenda.objects.named_all(page.calendar, names)}
    gone = await agenda.objects.buried(page.calendar, names)
    held = {each.object_name for each in page.held(agenda.now())}
    waiting = [each.span for each in near if each.object_name in held - gone - there.keys()]
    return waiting + [(each.start, each.end) for stored in there.values() for each in stored.facts.occurrences]


async def _taken(agenda: Agenda, shown: Shown, window: Span) -> list[Span]:
    """What the owner has, and what is held on the owner's other pages."""
    page = shown.page
    held = await agenda.appointments.held_of(page.owner, agenda.now(), but=page.id)
    return [*await _busy(agenda, shown, window), *held]


async def _busy(agenda: Agenda, shown: Shown, window: Span) -> list[Span]:
    """What the owner has, of a window and a day around it."""
    owner = shown.owner
    names = {owner.account_id: frozenset(owner.addresses)}
    start, end = window[0] - _DAY, window[1] + _DAY
    found = await busy_times(agenda, [owner.account_id], start, end, addresses=names)
    return [(each.start, each.end) for each in found[owner.account_id]]
