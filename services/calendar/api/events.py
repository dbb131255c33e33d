"""Events as messages, and back."""

from collections.abc import Collection, Iterable
from typing import Any

from workspace.calendar.v1 import schedule_pb2 as pb

from chassis.errors import InvalidInput
from services.calendar.api.instances import PARTICIPATIONS, STATUSES, VISIBILITIES, participation_of
from services.calendar.api.messages import timestamp
from services.calendar.domain.itip.status import Delivery
from services.calendar.domain.objects import Attendee
from services.calendar.domain.objects.links import safe_link
from services.calendar.domain.objects.rules import DAY_NAMES
from services.calendar.domain.structured import described
from services.calendar.domain.structured.fields import (
    Alarm,
    Clock,
    Document,
    Fields,
    Guest,
    Repeating,
    address_given,
    categories_given,
    clock_given,
    color_given,
    day_given,
    documents_given,
    line_given,
    reminders_given,
    text_given,
)
from services.calendar.domain.structured.people import ROOMS
from services.calendar.usecases.read_event import EventRead

_ROLES = {
    "REQ-PARTICIPANT": pb.ATTENDEE_ROLE_REQUIRED,
    "OPT-PARTICIPANT": pb.ATTENDEE_ROLE_OPTIONAL,
    "CHAIR": pb.ATTENDEE_ROLE_CHAIR,
    "NON-PARTICIPANT": pb.ATTENDEE_ROLE_INFORMED,
}
_KINDS = {
    "INDIVIDUAL": pb.ATTENDEE_KIND_INDIVIDUAL,
    "GROUP": pb.ATTENDEE_KIND_GROUP,
    "ROOM": pb.ATTENDEE_KIND_ROOM,
    "RESOURCE": pb.ATTENDEE_KIND_RESOURCE,
}
_DELIVERIES = {
    None: pb.DELIVERY_UNSPECIFIED,
    Delivery.PENDING: pb.DELIVERY_PENDING,
    Delivery.DELIVERED: pb.DELIVERY_DELIVERED,
    Delivery.FAILED: pb.DELIVERY_FAILED,
}
_FREQUENCIES = {
    "DAILY": pb.FREQUENCY_DAILY,
    "WEEKLY": pb.FREQUENCY_WEEKLY,
    "MONTHLY": pb.FREQUENCY_MONTHLY,
    "YEARLY": pb.FREQUENCY_YEARLY,
}
_ACTIONS = {
    "DISPLAY": pb.REMINDER_ACTION_DISPLAY,
    "EMAIL": pb.REMINDER_ACTION_EMAIL,
    "AUDIO": pb.REMINDER_ACTION_AUDIO,
}
_STATED = {value: name for name, value in STATUSES.items() if name}
SHOWN = {value: name for name, value in VISIBILITIES.items()} | {pb.VISIBILITY_PRIVATE: "PRIVATE"}
# Fields of a request; a change of a part of a message is one of the whole.
FIELDS = frozenset({
    "title", "description", "location", "start", "end", "recurrence", "attendees", "rooms", "reminders", "visibility",
    "transparent", "status", "categories", "color", "conference_wanted", "documents", "url",
})  # fmt: skip


def shared_fields(read: EventRead) -> dict[str, Any]:
    """What an event and a task have both, by the fields of their messages."""
    node, stored = read.node, read.stored
    return {
        "id": stored.key,
        "calendar_id": stored.calendar,
        "uid": stored.uid,
        "etag": stored.etag,
        "recurrence_id": described.name_of(read.recurrence, read.series) if read.recurrence is not None else "",
        "title": node.text("SUMMARY").strip(),
        "description": node.text("DESCRIPTION"),
        "location": node.text("LOCATION").strip(),
        "recurrence": recurrence_message(described.recurring(read.thing.nodes[0], read.series)),
        "reminders": map(reminder_message, described.reminders(node)),
        "visibility": VISIBILITIES.get(node.value("CLASS").upper() or "PUBLIC", pb.VISIBILITY_PRIVATE),
        "categories": described.categories(node),
        "color": node.value("COLOR")[:40],
        "url": safe_link(node.value("URL")),
        "changed_instances": described.changed_instances(read.thing, read.series),
        "updated_at": timestamp(stored.updated_at),
        "resource_name": stored.name,
        "organizer": organizer_message(read.organizer),
    }


def event_message(read: EventRead) -> pb.Event:
    node, stored = read.node, read.stored
    people = described.attendees(node)
    message = pb.Event(
        **shared_fields(read),
        attendees=[invited_message(each, read) for each in people if each.attendee.cutype not in ROOMS],
        rooms=[invited_message(each, read) for each in people if each.attendee.cutype in ROOMS],
        transparent=node.value("TRANSP").upper() == "TRANSPARENT",
        status=STATUSES.get(node.value("STATUS").upper(), pb.EVENT_STATUS_CONFIRMED),
        documents=[pb.EventDocument(id=each.id, title=each.title) for each in described.documents(node)],
        attachments=[
            pb.Attachment(filename=each.filename, media_type=each.media_type, url=each.url, octets=each.octets)
            for each in described.attachments(node)
        ],
        busy_only=read.busy_only,
        participation=participation_of([each.attendee for each in people], read.owner),
        sequence=stored.facts.components[0].sequence,
        organized=read.organized,
    )
    message.conference_wanted, message.conference_url = described.conference(node)
    start, end = described.when(node, read.series)
    if start is not None:
        message.start.CopyFrom(time_message(start))
    if end is not None:
        message.end.CopyFrom(time_message(end))
    return message


def time_message(given: described.When) -> pb.EventTime:
    message = pb.EventTime(local=given.local, time_zone=given.zone)
    message.moment.seconds = given.moment
    return message


def organizer_message(given: Attendee | None) -> pb.Attendee | None:
    return pb.Attendee(address=given.address, name=given.name) if given is not None else None


def invited_message(invited: described.Invited, read: EventRead) -> pb.Attendee:
    """What became of an invitation only whoever sends them is told."""
    given, delivery = invited.attendee, invited.delivery if read.told_of_delivery else None
    return pb.Attendee(
        address=given.address,
        name=given.name,
        role=_ROLES.get(given.role, pb.ATTENDEE_ROLE_REQUIRED),
        participation=PARTICIPATIONS.get(given.partstat, pb.PARTICIPATION_NEEDS_ACTION),
        kind=_KINDS.get(given.cutype, pb.ATTENDEE_KIND_INDIVIDUAL),
        delegated_to=given.delegated_to,
        delegated_from=given.delegated_from,
        uninvited=invited.uninvited,
        delivery=_DELIVERIES[delivery],
        member_of=invited.lists,
    )


def reminder_message(given: Alarm) -> pb.EventReminder:
    message = pb.EventReminder(
        action=_ACTIONS.get(given.action, pb.REMINDER_ACTION_DISPLAY),
        minutes_before=given.minutes_before,
        from_end=given.from_end,
    )
    if given.at is not None:
        message.at.seconds = given.at
    return message


def recurrence_message(given: described.Recurring | None) -> pb.Recurrence | None:
    if given is None:
        return None
    message = pb.Recurrence(
        until=given.until,
        rules=given.rules,
        added=given.added,
        excluded=given.excluded,
        french=given.french,
        english=given.english,
    )
    rule = given.rule
    if rule is not None:
        message.frequency = _FREQUENCIES[rule.frequency]
        message.interval = rule.interval
        message.by_day.extend(f"{n or ''}{DAY_NAMES[day]}" for n, day in rule.by_day)
        message.by_month_day.extend(rule.by_month_day)
        message.by_month.extend(rule.by_month)
        message.by_set_position.extend(rule.by_position)
        message.count = rule.count or 0
        message.week_start = DAY_NAMES[rule.week_start]
    return message


def fields_given(event: pb.Event, paths: Collection[str] | None = None) -> Fields:
    """What a request says: of a new event what it has, of a change what its mask names. Raises `InvalidInput`."""
    if paths is None:
        named = {field.name for field, _ in event.ListFields()} & FIELDS
    else:
        named = {path.partition(".")[0] for path in paths} - {"etag", "id"}
        if not named or named - FIELDS:
            wrong = ", ".join(sorted(named - FIELDS)) or "empty"
            raise InvalidInput("Not fields that can be changed", fields={"update_mask": wrong})
    return Fields(**{name: _GIVEN[name](event) for name in named})


def _time(event: pb.Event, field: str) -> Clock:
    given: pb.EventTime = getattr(event, field)
    return clock_given(given.local, given.time_zone, field)


def guests_given(given: Iterable[pb.Attendee], field: str) -> tuple[Guest, ...]:
    return tuple(
        Guest(
            address_given(each.address, f"{field}.address"),
            line_given(each.name, f"{field}.name", 200),
            _named(_ROLES, each.role),
            _named(_KINDS, each.kind),
        )
        for each in given
    )


def _named(table: dict[str, Any], value: int) -> str:
    return next((name for name, each in table.items() if each == value), "")


def repeating_given(given: pb.Recurrence) -> Repeating:
    """Raises `InvalidInput`."""
    return Repeating(
        frequency=_named(_FREQUENCIES, given.frequency),
        interval=given.interval or 1,
        by_day=tuple(given.by_day),
        by_month_day=tuple(given.by_month_day),
        by_month=tuple(given.by_month),
        by_position=tuple(given.by_set_position),
        count=given.count,
        until=day_given(given.until, "recurrence.until") if given.until else None,
        week_start=given.week_start,
    )


def alarms_given(given: Iterable[pb.EventReminder]) -> tuple[Alarm, ...]:
    """Raises `InvalidInput`."""
    return reminders_given([
        Alarm(
            _named(_ACTIONS, each.action) or "DISPLAY",
            0 if each.HasField("at") else each.minutes_before,
            each.from_end and not each.HasField("at"),
            each.at.seconds if each.HasField("at") else None,
        )
        for each in given
    ])  # fmt: skip


_GIVEN: dict[str, Any] = {
    "title": lambda event: line_given(event.title, "title"),
    "description": lambda event: text_given(event.description, "description"),
    "location": lambda event: line_given(event.location, "location"),
    "start": lambda event: _time(event, "start"),
    "end": lambda event: _time(event, "end"),
    "recurrence": lambda event: repeating_given(event.recurrence),
    "attendees": lambda event: guests_given(event.attendees, "attendees"),
    "rooms": lambda event: guests_given(event.rooms, "rooms"),
    "reminders": lambda event: alarms_given(event.reminders),
    "visibility": lambda event: SHOWN.get(event.visibility, ""),
    "transparent": lambda event: event.transparent,
    "status": lambda event: _STATED.get(event.status, ""),
    "categories": lambda event: categories_given(list(event.categories)),
    "color": lambda event: color_given(event.color),
    "conference_wanted": lambda event: event.conference_wanted,
    "documents": lambda event: documents_given([Document(each.id, each.title) for each in event.documents]),
    "url": lambda event: event.url.strip(),
}
