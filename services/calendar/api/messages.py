"""Calendars and objects as messages, and back."""

from datetime import datetime
from math import floor

from google.protobuf.timestamp_pb2 import Timestamp
from workspace.calendar.v1 import calendars_pb2, locks_pb2, objects_pb2

from services.calendar.domain.access import Role
from services.calendar.domain.calendars import INBOX, NATIONAL, OWN, RESOURCE, SUBSCRIPTION, TEAM, Precondition
from services.calendar.domain.locks import Lock, holding
from services.calendar.domain.stored import Stored
from services.calendar.store.objects import Row
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.find_home import Home

_KINDS = {
    OWN: calendars_pb2.CALENDAR_KIND_OWN,
    TEAM: calendars_pb2.CALENDAR_KIND_TEAM,
    RESOURCE: calendars_pb2.CALENDAR_KIND_RESOURCE,
    SUBSCRIPTION: calendars_pb2.CALENDAR_KIND_SUBSCRIPTION,
    INBOX: calendars_pb2.CALENDAR_KIND_INBOX,
    NATIONAL: calendars_pb2.CALENDAR_KIND_NATIONAL,
}
_ROLES = {
    Role.NONE: calendars_pb2.ROLE_UNSPECIFIED,
    Role.FREE_BUSY: calendars_pb2.ROLE_FREE_BUSY,
    Role.READ: calendars_pb2.ROLE_READ,
    Role.ANSWER: calendars_pb2.ROLE_ANSWER,
    Role.WRITE: calendars_pb2.ROLE_WRITE,
    Role.OWN: calendars_pb2.ROLE_OWN,
}


def timestamp(moment: datetime) -> Timestamp:
    # `FromDatetime` takes ten times as long, and listings are long.
    return Timestamp(seconds=floor(moment.timestamp()), nanos=moment.microsecond * 1000)


def role_given(role: calendars_pb2.Role.ValueType) -> Role:
    return next((each for each, number in _ROLES.items() if number == role), Role.NONE)


def role_message(role: Role) -> calendars_pb2.Role.ValueType:
    return _ROLES[role]


def lock_message(lock: Lock, now: datetime) -> locks_pb2.Lock:
    return locks_pb2.Lock(
        token=lock.token,
        name=lock.name,
        shared=lock.shared,
        infinite=lock.infinite,
        owner=lock.owner,
        address=lock.address,
        seconds=max(1, int((lock.expires_at - now).total_seconds())),
        empty=lock.empty,
    )


def calendar_message(reached: Reached, now: datetime, owner: tuple[str, str] = ("", "")) -> calendars_pb2.Calendar:
    """`owner` is the address and the name of whose it is. Who may see no more than busy times learns nothing of what is
    in it."""
    calendar, access = reached.calendar, reached.access
    message = calendars_pb2.Calendar(
        id=calendar.id,
        owner_id=calendar.owner,
        name=calendar.name,
        title=calendar.title,
        description=calendar.description,
        color=calendar.color,
        order=calendar.order,
        time_zone=calendar.time_zone,
        components=calendar.components,
        kind=_KINDS[calendar.kind],
        transparent=calendar.transparent,
        role=_ROLES[access.role],
        sees_private=access.sees_private,
        owner_address=owner[0],
        owner_name=owner[1],
        created_at=timestamp(calendar.created_at),
    )
    if access.role >= Role.READ:
        message.objects, message.octets = calendar.objects, calendar.octets
        message.sync_token = calendar.sync_token
        message.locks.extend(lock_message(each, now) for each in holding(calendar.locks, now))
    if access.role == Role.OWN:
        message.properties.update(calendar.properties)
    message.time_zone_definition = calendar.time_zone_definition
    return message


def home_message(home: Home, calendars: list[calendars_pb2.Calendar]) -> calendars_pb2.Home:
    return calendars_pb2.Home(
        owner_id=home.owner,
        address=home.addresses[0],
        display_name=home.display_name,
        addresses=home.addresses,
        own=home.own,
        role=_ROLES[home.role],
        calendars=calendars,
    )


def object_message(stored: Stored, *, with_content: bool) -> objects_pb2.Object:
    return objects_pb2.Object(
        name=stored.name,
        etag=stored.etag,
        schedule_tag=stored.schedule_tag,
        octets=stored.octets,
        updated_at=timestamp(stored.updated_at),
        component=stored.facts.component,
        uid=stored.uid,
        content=stored.content if with_content else b"",
    )


def object_of_row(row: Row) -> objects_pb2.Object:
    return objects_pb2.Object(
        name=row.name,
        etag=row.etag,
        schedule_tag=row.schedule_tag,
        octets=row.octets,
        updated_at=timestamp(row.updated_at),
        component=row.component,
        uid=row.uid,
    )


def precondition_given(given: objects_pb2.ObjectPrecondition) -> Precondition:
    return Precondition(
        tuple(given.if_match), tuple(given.if_none_match), given.if_schedule_tag_match, tuple(given.lock_tokens)
    )
