"""Resources, their rules and their bookings as messages, and back."""

from collections.abc import Iterable

from workspace.calendar.v1 import resources_pb2 as pb

from services.calendar.api.messages import timestamp
from services.calendar.domain.calendars import id_of
from services.calendar.domain.finding.working_hours import ALWAYS, HOME, WorkingHours, hours_given, shown_clock
from services.calendar.domain.resources.deciding import State
from services.calendar.domain.resources.resource import CALENDAR, Kind, OnClash, Policy, Resource, Shown
from services.calendar.usecases.list_bookings import Taken
from services.calendar.usecases.resource_access import Standing

_KINDS = {pb.RESOURCE_KIND_ROOM: Kind.ROOM, pb.RESOURCE_KIND_EQUIPMENT: Kind.EQUIPMENT}
_OF_KINDS = {kind: number for number, kind in _KINDS.items()}
_CLASHES = {
    pb.ON_CLASH_UNSPECIFIED: OnClash.DECLINE_INSTANCES,
    pb.ON_CLASH_DECLINE_INSTANCES: OnClash.DECLINE_INSTANCES,
    pb.ON_CLASH_DECLINE_ALL: OnClash.DECLINE_ALL,
}
_SHOWN = {
    pb.BOOKINGS_SHOWN_UNSPECIFIED: Shown.BUSY,
    pb.BOOKINGS_SHOWN_BUSY: Shown.BUSY,
    pb.BOOKINGS_SHOWN_TITLES: Shown.TITLES,
}
STATES = {
    State.ACCEPTED: pb.BOOKING_STATE_ACCEPTED,
    State.TENTATIVE: pb.BOOKING_STATE_PENDING,
    State.DECLINED: pb.BOOKING_STATE_DECLINED,
}


def kind_given(given: pb.ResourceKind.ValueType) -> Kind | None:
    """None where none is said."""
    return _KINDS.get(given)


def spans_given(zone: str, spans: Iterable[pb.OpeningSpan]) -> WorkingHours:
    """Raises `InvalidInput`."""
    # "from" is a word of Python's own.
    return hours_given(zone or HOME, [(each.weekday, getattr(each, "from"), each.until) for each in spans])


def hours_given_by(given: pb.Resource) -> WorkingHours:
    """It is always open where nothing is said. Raises `InvalidInput`."""
    read = spans_given(given.time_zone, given.hours)
    return read if any(read.days) else WorkingHours(read.zone, ALWAYS.days)


def spans_of(hours: WorkingHours) -> list[pb.OpeningSpan]:
    return [
        pb.OpeningSpan(weekday=at + 1, until=shown_clock(end), **{"from": shown_clock(start)})
        for at, day in enumerate(hours.days)
        for start, end in day
    ]


def policy_given_by(given: pb.BookingPolicy) -> Policy:
    usual = Policy()
    return Policy(
        automatic=given.automatic or not given.steward_ids,
        stewards=tuple(given.steward_ids),
        bookers=tuple(given.booker_unit_ids),
        horizon_days=given.horizon_days or usual.horizon_days,
        longest_minutes=given.longest_minutes or usual.longest_minutes,
        recurring=not given.no_recurring,
        on_holidays=not given.closed_on_holidays,
        on_clash=_CLASHES[given.on_clash],
        shown=_SHOWN[given.shown],
    )


def resource_message(resource: Resource, stands: Standing) -> pb.Resource:
    """Who decides and who may book is said to who administers it."""
    message = pb.Resource(
        id=resource.id,
        kind=_OF_KINDS[resource.kind],
        name=resource.name,
        address=resource.address,
        unit_id=resource.unit_id,
        unit_path=resource.unit_path,
        description=resource.description,
        capacity=resource.capacity,
        features=resource.features,
        building=resource.building,
        floor=resource.floor,
        time_zone=resource.hours.zone,
        hours=() if resource.hours.days == ALWAYS.days else spans_of(resource.hours),
        policy=_policy_message(resource.policy, whole=stands.administers),
        calendar_id=id_of(resource.id, CALENDAR),
        may_book=stands.books,
        may_decide=stands.decides,
        may_administer=stands.administers,
    )
    message.created_at.FromDatetime(resource.created_at)
    return message


def _policy_message(policy: Policy, *, whole: bool) -> pb.BookingPolicy:
    clash = pb.ON_CLASH_DECLINE_ALL if policy.on_clash is OnClash.DECLINE_ALL else pb.ON_CLASH_DECLINE_INSTANCES
    return pb.BookingPolicy(
        automatic=policy.automatic,
        steward_ids=policy.stewards if whole else (),
        booker_unit_ids=policy.bookers if whole else (),
        horizon_days=policy.horizon_days,
        longest_minutes=policy.longest_minutes,
        no_recurring=not policy.recurring,
        closed_on_holidays=not policy.on_holidays,
        on_clash=clash,
        shown=pb.BOOKINGS_SHOWN_TITLES if policy.shown is Shown.TITLES else pb.BOOKINGS_SHOWN_BUSY,
    )


def taken_message(taken: Taken) -> pb.ResourceBooking:
    return pb.ResourceBooking(
        id=taken.id,
        resource_id=taken.resource_id,
        state=STATES[taken.state],
        start=timestamp(taken.start),
        end=timestamp(taken.end),
        title=taken.title,
        organizer=taken.organizer,
        recurring=taken.recurring,
        instances=taken.instances,
        updated_at=timestamp(taken.updated_at),
    )
