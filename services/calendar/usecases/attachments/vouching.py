"""Which files an object really carries. What an object says is not enough: an id that somebody knows opens nothing. The
files that it carries were attached to it here, or came with a meeting from whose object carries them, or were put there
by who may open them (RFC 8607 §3.5)."""

from collections.abc import Collection
from dataclasses import dataclass

from chassis.errors import Forbidden
from chassis.identity import Identity, identity_or_none
from services.calendar.domain.attachments import MAX_OF_OBJECT, Attachment, confirmed, ids_of
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.stored import Stored
from services.calendar.usecases.attachments.opening import openable
from services.calendar.usecases.context import Agenda


@dataclass(frozen=True)
class Vouched:
    """An object as it may be kept, and the files that it carries."""

    object: CalendarObject
    ids: tuple[str, ...] = ()


async def vouched(
    agenda: Agenda, before: Stored | None, given: CalendarObject, attached: Collection[str] = ()
) -> Vouched:
    """What a client wrote, or the platform by itself; `attached` are files that it may carry for sure.

    Raises `Forbidden` with the rule `valid-managed-id` for a file that the caller could not open,
    `max-attachments-per-resource` for too many."""
    ids = ids_of(given)
    if not ids:
        return Vouched(given)
    known = {*(before.attached if before is not None else ()), *attached}
    fresh = [each for each in ids if each not in known]
    foreign = _said_before(before) if fresh else frozenset()
    carried, taken = [each for each in ids if each in known], dict[str, Attachment]()
    caller = identity_or_none()
    for each in fresh:
        if caller is None or each in foreign:
            continue
        if len(carried) + len(taken) >= MAX_OF_OBJECT:
            raise too_many()
        taken[each] = await _openable(agenda, caller, each)
    files = {**await agenda.attachments.those(carried), **taken}
    return Vouched(confirmed(given, files, agenda.options.public_url), tuple(each for each in ids if each in files))


async def _openable(agenda: Agenda, caller: Identity, attachment_id: str) -> Attachment:
    found = await openable(agenda, caller, attachment_id)
    if found is None:
        raise Forbidden(
            "No file of this event has this id", fields={"managed_id": attachment_id[:100], "rule": "valid-managed-id"}
        )
    return found


def _said_before(before: Stored | None) -> frozenset[str]:
    """Ids that are another server's: an invitation from there brought them, and clients write them back. They stay what
    they are, and open nothing here."""
    return frozenset(ids_of(read_object(before.content, scheduling=True)) if before is not None else ())


async def vouched_by(agenda: Agenda, sender: str, given: CalendarObject) -> tuple[str, ...]:
    """What came in a message of somebody here: of the files that it names, those that an object of the sender's
    carries."""
    if not sender:
        return ()
    known = await agenda.attachments.those(ids_of(given)[:MAX_OF_OBJECT])
    return tuple([each for each in known if await agenda.objects.carrying(each, sender)])


def too_many() -> Forbidden:
    return Forbidden(f"An event carries at most {MAX_OF_OBJECT} files", fields={"rule": "max-attachments-per-resource"})
