"""Attach a file to an object, put another in its place, take it off; who is invited is told (RFC 8607 §3.4 to §3.7)."""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from chassis.errors import Conflict, Forbidden, NotFound, OverQuota, WorkspaceError
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.attachments import (
    MAX_OF_OBJECT,
    MAX_OF_OWNER,
    Attachment,
    filename_given,
    media_type_given,
    put_on,
    swapped,
    taken_off,
)
from services.calendar.domain.calendars import ALWAYS, OWN, TEAM, Precondition
from services.calendar.domain.itip.series import series_of
from services.calendar.domain.locks import Holder
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.privacy import check_shown
from services.calendar.domain.stored import Stored
from services.calendar.usecases.attachments.carrying import NAMED_WITHIN
from services.calendar.usecases.attachments.vouching import too_many
from services.calendar.usecases.authority import Reached, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_object import NO_OBJECT
from services.calendar.usecases.locks import check_unlocked
from services.calendar.usecases.put_object import ATTEMPTS, write_over
from services.calendar.usecases.scheduling.parties import party_of

Written = Callable[[CalendarObject], bytes]


@dataclass(frozen=True)
class Place:
    """An object of a calendar, and what must hold of it; `instances` as `rid` names them, none for all."""

    calendar: str
    name: str
    precondition: Precondition = ALWAYS
    instances: tuple[str, ...] = ()


@dataclass(frozen=True)
class File:
    """As it is given: its octets come in pieces."""

    filename: str
    media_type: str
    pieces: AsyncIterator[bytes]


@dataclass(frozen=True)
class Attached:
    stored: Stored
    attachment: Attachment


async def attach(agenda: Agenda, caller: Identity, place: Place, file: File, replaces: str = "") -> Attached:
    """`replaces` is the id of what it takes the place of. What can be refused is, before the file is read.

    Raises `NotFound`, `Forbidden` with the `rule` of RFC 8607 §3.11 that it breaks, `PreconditionFailed`, `TooLarge`,
    `OverQuota`, `TooManyRequests`, `Unavailable`.
    """
    reached = await reach(agenda, caller, place.calendar, Role.WRITE)
    before = await _ready(agenda, caller, reached, place)
    if replaces:
        if place.instances:
            raise Forbidden("A file is changed wherever it is", fields={"rule": "valid-rid"})
        _check_carried(before, replaces)
    elif len(before.attached) >= MAX_OF_OBJECT:
        raise too_many()
    owner = reached.calendar.owner
    bare = Attachment(
        secrets.token_hex(16), owner, filename_given(file.filename), media_type_given(file.media_type), 0, "",
        agenda.now(),
    )  # fmt: skip
    written = _writing(agenda, reached, place, bare, replaces)
    written(_thing(before))
    await _check_room(agenda, owner)
    async with agenda.files.uploading(caller.account_id):
        blob = await agenda.files.put(file.pieces)
    made = Attachment(bare.id, owner, bare.filename, bare.media_type, blob.size, blob.address, bare.created_at)
    # Counted first: whoever dies from here on leaves what a round takes away.
    await agenda.attachments.insert(made, agenda.now() + NAMED_WITHIN)
    try:
        await _check_room(agenda, owner)
        written = _writing(agenda, reached, place, made, replaces)
        return Attached(await _write(agenda, caller, reached, place, written, (made.id,), replaces), made)
    except WorkspaceError:
        await agenda.attachments.look_again([made.id], agenda.now())
        raise


async def detach(agenda: Agenda, caller: Identity, place: Place, attachment_id: str) -> Stored:
    """Raises the same; `NotFound` for no object, `Forbidden` with the rule `valid-managed-id` for a file that it does
    not carry."""
    reached = await reach(agenda, caller, place.calendar, Role.WRITE)
    zone, now = reached.calendar.time_zone, agenda.now()

    def without(thing: CalendarObject) -> bytes:
        return taken_off(thing, attachment_id, place.instances, zone, now)

    return await _write(agenda, caller, reached, place, without, (), attachment_id)


def _writing(agenda: Agenda, reached: Reached, place: Place, file: Attachment, replaces: str) -> Written:
    zone, now, url = reached.calendar.time_zone, agenda.now(), agenda.options.public_url
    if replaces:
        return lambda thing: swapped(thing, replaces, file, url, now)
    return lambda thing: put_on(thing, file, url, place.instances, zone, now)


async def _write(
    agenda: Agenda,
    caller: Identity,
    reached: Reached,
    place: Place,
    written: Written,
    attached: Sequence[str],
    needed: str,
) -> Stored:
    """By the way of every write, so that attendees are told; `needed` is what the object has to carry."""
    holder = Holder(caller.account_id, place.precondition.lock_tokens)
    for _ in range(ATTEMPTS):
        before = await _ready(agenda, caller, reached, place)
        if needed:
            _check_carried(before, needed)
        elif len(before.attached) >= MAX_OF_OBJECT:
            raise too_many()
        kept = await write_over(agenda, reached, before, written(_thing(before)), holder, attached)
        if kept is not None:
            return kept
    raise Conflict("Others change it all the time")


async def _ready(agenda: Agenda, caller: Identity, reached: Reached, place: Place) -> Stored:
    """The object, which the caller may change, and which is as the caller has seen it."""
    before = await agenda.objects.named(reached.calendar.id, place.name)
    if before is None:
        raise NotFound(NO_OBJECT)
    place.precondition.check(before.etag, before.schedule_tag)
    check_unlocked(
        agenda, reached.calendar, place.name, Holder(caller.account_id, place.precondition.lock_tokens),
        membership=False,
    )  # fmt: skip
    check_shown(before, reached.access)
    if reached.calendar.kind not in (OWN, TEAM):
        raise Forbidden("Nothing is attached to what is here", fields={"rule": "supported-calendar-component"})
    if before.schedule_tag:
        party, organizer = await party_of(agenda, before.owner), series_of(_thing(before)).organizer
        if party is not None and organizer and organizer not in party.own:
            # RFC 6638 §3.2.2.1
            raise Forbidden(
                "Only who organises a meeting attaches files to it",
                fields={"rule": "allowed-attendee-scheduling-object-change"},
            )
    return before


def _thing(stored: Stored) -> CalendarObject:
    return read_object(stored.content, scheduling=True)


def _check_carried(before: Stored, attachment_id: str) -> None:
    if attachment_id not in before.attached:
        raise Forbidden("It carries no such file", fields={"rule": "valid-managed-id"})


async def _check_room(agenda: Agenda, owner: str) -> None:
    """Raises `OverQuota`."""
    count, octets = await agenda.attachments.used(owner)
    if count > MAX_OF_OWNER or octets > agenda.options.attachment_octets:
        raise OverQuota(
            f"Attached files may take {agenda.options.attachment_octets // 1024**2} MiB",
            fields={"attachments": "full"},
        )
