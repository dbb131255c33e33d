"""A steward's word on what waits, or on what was accepted; its organiser is told."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chassis.errors import InvalidInput, NotFound, PreconditionFailed
from chassis.events import Fact
from chassis.identity import Identity
from services.calendar.domain.calendars import Calendar, id_of
from services.calendar.domain.objects import read_object
from services.calendar.domain.resources.answering import answered, instances_of
from services.calendar.domain.resources.deciding import Decision, Instance, Reason, State
from services.calendar.domain.resources.resource import CALENDAR, Resource
from services.calendar.domain.stored import Stored
from services.calendar.store.resources import Booking
from services.calendar.usecases.book_resource import keep_answer
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.resource_access import seen_resource, standing
from services.calendar.usecases.resource_acts import booking_decided
from services.calendar.usecases.resource_facts import replies, resource_booked, resource_declined

LONGEST_COMMENT = 500
NO_BOOKING = "There is no such booking"


async def decide_booking(
    agenda: Agenda, caller: Identity, resource_id: str, booking_id: str, *, accept: bool, comment: str = ""
) -> Booking:
    """Saying the same again changes nothing. Raises `NotFound` for who does not decide on it, `PreconditionFailed` for
    accepting what was declined, `InvalidInput`."""
    if len(comment) > LONGEST_COMMENT or not all(line.isprintable() for line in comment.splitlines()):
        raise InvalidInput("Not a comment", fields={"comment": f"at most {LONGEST_COMMENT} characters"})
    resource = await seen_resource(agenda, caller, resource_id)
    stands = standing(resource, caller)
    if not (stands.decides or stands.administers):
        raise NotFound(NO_BOOKING)
    state = State.ACCEPTED if accept else State.DECLINED
    word = Decision(state, None if accept else Reason.REFUSED)
    return await say(agenda, resource, booking_id, word, comment, audited=True)


async def say(
    agenda: Agenda, resource: Resource, booking_id: str, word: Decision, comment: str = "", *, audited: bool = False
) -> Booking:
    """In one write: the copy, the booking, and what is told; `audited` where it is somebody's word. Raises
    `NotFound`, `PreconditionFailed`."""

    async def act(calendar: Calendar, session: Any) -> Booking:
        booking = await agenda.resources.booking(resource.id, booking_id, session)
        if booking is None:
            raise NotFound(NO_BOOKING)
        if booking.state is word.state:
            return booking
        stored = await agenda.objects.with_uid(calendar.id, booking.uid, session)
        if stored is None:
            raise PreconditionFailed("It was declined, and the time may be somebody else's")
        kept = booking_decided(resource, replace(booking, comment=comment), accepted=word.state is State.ACCEPTED)
        told = [kept] if audited else []
        return await _said(agenda, resource, calendar, stored, booking, word, comment, told, session)

    return await agenda.calendars.changing(id_of(resource.id, CALENDAR), act)


async def _said(
    agenda: Agenda,
    resource: Resource,
    calendar: Calendar,
    stored: Stored,
    booking: Booking,
    word: Decision,
    comment: str,
    also: Sequence[Fact],
    session: Any,
) -> Booking:
    now = agenda.now()
    # What was declined of a series stays so.
    whole = replace(word, declined=dict(booking.declined) if word.state is State.ACCEPTED else {})
    copy = read_object(stored.content, scheduling=True)
    answer = answered(copy, resource.address, whole, calendar.time_zone, now, comment)
    after = replace(
        booking,
        state=word.state,
        reason=word.reason,
        comment=comment,
        declined=tuple(sorted(whole.declined.items())),
        updated_at=now,
        version=booking.version + 1,
    )
    first = _first(stored, int(now.timestamp()))
    await keep_answer(agenda, calendar, answer, after, stored, session)
    told: list[Fact] = [*replies(resource, after, answer.messages), *also]
    told.append((resource_booked if word.state is State.ACCEPTED else resource_declined)(resource, after, first))
    await agenda.resources.keep_booking(after, session, *told)
    return after


def _first(stored: Stored, now: int) -> Instance | None:
    """The first instance to come."""
    return next((each for each in instances_of(stored.facts) if each.end > now), None)
