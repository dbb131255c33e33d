"""Whether a resource can be had: for each instance of what is asked for, and for the whole."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from services.calendar.domain.finding.spans import Span, covers, touches
from services.calendar.domain.resources.resource import OnClash, Resource

# Of a series: every day of a year, and some more.
MOST_INSTANCES = 400
# Each that is declined by itself makes the meeting larger, for everybody in it.
MOST_DECLINED = 50


class State(Enum):
    """The participation status of the resource (RFC 5545 §3.2.12); `TENTATIVE` holds the time until it is decided."""

    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    DECLINED = "DECLINED"


class Reason(Enum):
    BUSY = "busy"
    CLOSED = "closed"
    TOO_LONG = "too_long"
    TOO_FAR = "too_far"
    PAST = "past"
    NOT_FOR_YOU = "not_for_you"
    NO_SERIES = "no_series"
    TOO_MANY = "too_many"
    # A steward's own word.
    REFUSED = "refused"
    # Its organiser called it off.
    CANCELLED = "cancelled"
    # The resource itself is given up.
    GONE = "gone"


# French first, as an organiser reads them.
TEXTS: Mapping[Reason, tuple[str, str]] = {
    Reason.BUSY: ("Déjà réservé à cette heure.", "Already booked at that time."),
    Reason.CLOSED: ("Fermé à cette heure.", "Closed at that time."),
    Reason.TOO_LONG: ("La réservation est trop longue.", "The booking is too long."),
    Reason.TOO_FAR: ("La date est trop éloignée.", "The date is too far ahead."),
    Reason.PAST: ("La date est passée.", "The date is past."),
    Reason.NOT_FOR_YOU: ("Votre service ne peut pas le réserver.", "Your unit may not book it."),
    Reason.NO_SERIES: ("Les réunions périodiques ne sont pas acceptées.", "Recurring meetings are not accepted."),
    Reason.TOO_MANY: ("La série a trop de réunions.", "The series has too many meetings."),
    Reason.CANCELLED: ("La réunion est annulée.", "The meeting is cancelled."),
    Reason.GONE: ("La ressource n'existe plus.", "The resource is no more."),
    Reason.REFUSED: ("Le responsable a refusé la réservation.", "Its steward declined the booking."),
}


@dataclass(frozen=True, slots=True)
class Instance:
    """One time that is asked for, in seconds UTC; `recurrence` names it within its series, 0 where there is none."""

    start: int
    end: int
    recurrence: int = 0
    all_day: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for. `endless`: there are more instances than are listed."""

    unit_path: Sequence[str]
    instances: Sequence[Instance]
    recurring: bool = False
    endless: bool = False
    # Whoever decides on bookings needs nobody else's word.
    steward: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`declined`: instances that cannot be had while others can. `reason` of what is declined as a whole."""

    state: State
    reason: Reason | None = None
    declined: Mapping[int, Reason] = field(default_factory=dict)


def decide(resource: Resource, asked: Asked, busy: Sequence[Span], now: int, closed: Collection[date] = ()) -> Decision:
    """`busy`: what others have, of the instances' time; `closed`: the holidays there. What is past already is not
    asked about any more."""
    policy = resource.policy
    refused = _whole(resource, asked)
    if refused is not None:
        return Decision(State.DECLINED, refused)
    ahead = [instance for instance in asked.instances if instance.end > now]
    if not ahead:
        return Decision(State.DECLINED, Reason.PAST)
    found = {instance: _why_not(resource, instance, busy, now, closed) for instance in ahead}
    declined = {instance.recurrence: why for instance, why in found.items() if why is not None}
    whole = policy.on_clash is OnClash.DECLINE_ALL or not asked.recurring or len(declined) > MOST_DECLINED
    if declined and (whole or len(declined) == len(ahead)):
        ((most, _),) = Counter(declined.values()).most_common(1)
        return Decision(State.DECLINED, most)
    state = State.ACCEPTED if policy.automatic or asked.steward else State.TENTATIVE
    return Decision(state, None, declined)


def _whole(resource: Resource, asked: Asked) -> Reason | None:
    if not resource.bookable_by(asked.unit_path) and not asked.steward:
        return Reason.NOT_FOR_YOU
    if asked.recurring and not resource.policy.recurring:
        return Reason.NO_SERIES
    if asked.endless:
        return Reason.TOO_FAR
    return Reason.TOO_MANY if len(asked.instances) > MOST_INSTANCES else None


def _why_not(
    resource: Resource, instance: Instance, busy: Sequence[Span], now: int, closed: Collection[date]
) -> Reason | None:
    policy = resource.policy
    if instance.end - instance.start > policy.longest_minutes * 60:
        return Reason.TOO_LONG
    if instance.start > now + int(timedelta(days=policy.horizon_days).total_seconds()):
        return Reason.TOO_FAR
    if not _open(resource, instance, () if policy.on_holidays else closed):
        return Reason.CLOSED
    # What takes no time has no room either way; it is held by its first second.
    return Reason.BUSY if touches(busy, instance.start, max(instance.end, instance.start + 1)) else None


def _open(resource: Resource, instance: Instance, closed: Collection[date]) -> bool:
    """Within the opening hours; a whole day is one on which it opens at all."""
    end = max(instance.end, instance.start + 1)
    if not instance.all_day:
        return covers(resource.hours.open(instance.start - 86400, end + 86400, closed), instance.start, end)
    zone = ZoneInfo(resource.hours.zone)
    day = datetime.fromtimestamp(instance.start, zone).date()
    last = datetime.fromtimestamp(end - 1, zone).date()
    while day <= last:
        if day in closed or not resource.hours.days[day.weekday()]:
            return False
        day += timedelta(days=1)
    return True
