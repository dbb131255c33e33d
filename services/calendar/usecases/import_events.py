"""Take a file of iCalendar into a calendar, and say what became of each object."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from chassis.errors import AlreadyExists, Conflict, InvalidInput, PreconditionFailed, TooLarge, WorkspaceError
from chassis.identity import Identity
from chassis.ids import new_id
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.locks import Holder
from services.calendar.domain.objects import read_object
from services.calendar.domain.privacy import hides
from services.calendar.domain.stored import Stored
from services.calendar.domain.structured.files import MAX_OCTETS, Item, items_of
from services.calendar.store.objects import Meanwhile
from services.calendar.usecases.authority import Reached, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.keep_object import computed, growth_of, keep, refuse_inbox
from services.calendar.usecases.locks import check_unlocked
from services.calendar.usecases.scheduling.parties import party_of
from services.calendar.usecases.scheduling.planning import check_master

CREATED, UPDATED, UNCHANGED, REFUSED = "created", "updated", "unchanged", "refused"


@dataclass(frozen=True)
class Fate:
    """What became of the object at a position, 1 for the first."""

    position: int
    uid: str
    title: str
    outcome: str
    reason: str = ""


async def import_events(
    agenda: Agenda, caller: Identity, calendar_id: str, pieces: AsyncIterator[bytes], *, validate_only: bool
) -> list[Fate]:
    """Objects one by one, each for itself: one that is refused keeps no other out, and a file that was taken in part
    can be sent again whole. Nobody is invited: a file tells what was, as a move to this platform does.

    Raises `NotFound`, `Forbidden`, `TooLarge`, `InvalidInput` for a file without any event or task.
    """
    reached = await reach(agenda, caller, calendar_id, Role.WRITE)
    refuse_inbox(reached.calendar)
    gathered = bytearray()
    async for piece in pieces:
        gathered += piece
        if len(gathered) > MAX_OCTETS:
            raise TooLarge(f"A file has at most {MAX_OCTETS} octets")
    fates: list[Fate] = []
    items = await asyncio.to_thread(items_of, bytes(gathered))
    for position, item in enumerate(items, 1):
        fates.append(await _taken(agenda, caller, reached, position, item, validate_only=validate_only))
        await asyncio.sleep(0)
    return fates


async def _taken(
    agenda: Agenda, caller: Identity, reached: Reached, position: int, item: Item, *, validate_only: bool
) -> Fate:
    def fate(outcome: str, reason: str = "") -> Fate:
        return Fate(position, item.uid, item.title, outcome, reason)

    if item.refusal:
        return fate(REFUSED, item.refusal)
    try:
        given = read_object(item.content)
        party = await party_of(agenda, reached.calendar.owner) if given.master_node is None else None
        if party is not None:
            check_master(given, party.own)
        before = await agenda.objects.with_uid(reached.calendar.id, given.uid)
        if before is not None and before.etag == given.etag:
            return fate(UNCHANGED)
        if before is not None and before.schedule_tag:
            raise InvalidInput("It is a meeting, which is changed in the calendar", fields={"uid": "a meeting"})
        if before is not None and hides(before, reached.access):
            raise InvalidInput("Something else has its UID", fields={"uid": "taken"})
        name = before.name if before is not None else f"{new_id().lower()}.ics"
        stored = computed(agenda, reached.calendar, name, given, before)
        if not validate_only:
            await _write(agenda, caller, reached, stored, before)
        return fate(UPDATED if before is not None else CREATED)
    except (InvalidInput, TooLarge, AlreadyExists, PreconditionFailed, Conflict) as error:
        return fate(REFUSED, _reason(error))


async def _write(agenda: Agenda, caller: Identity, reached: Reached, stored: Stored, before: Stored | None) -> None:
    async def act(calendar: Calendar, session: Any) -> None:
        check_unlocked(agenda, calendar, stored.name, Holder(caller.account_id), membership=before is None)
        await keep(agenda, calendar, stored, before, session, counted=True)

    try:
        await agenda.calendars.changing(reached.calendar.id, act, *growth_of(stored, before))
    except Meanwhile as error:
        raise Conflict("It was changed meanwhile") from error


def _reason(error: WorkspaceError) -> str:
    told = [error.detail, *(text for name, text in error.fields.items() if name != "rule")]
    return "; ".join(dict.fromkeys(told))
