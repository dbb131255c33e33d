"""Take, refresh and end write locks. They stand in the calendar's own document: whoever writes reads it anyway, and in
the same transaction."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import Calendar, resource_name_given
from services.calendar.domain.locks import (
    MAX_LOCKS,
    MAX_OWNER,
    SCHEME,
    Holder,
    Lock,
    check_lock,
    check_write,
    holding,
    seconds_given,
)
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda

NO_LOCK = "There is no such lock"


@dataclass(frozen=True)
class Wanted:
    """`name` is empty for the calendar itself; `tokens` are of locks that the caller holds already."""

    name: str
    shared: bool
    infinite: bool
    owner: str
    seconds: int
    tokens: Sequence[str] = ()


async def take_lock(agenda: Agenda, caller: Identity, calendar_id: str, wanted: Wanted) -> Lock:
    """Who may write may lock. Raises `PreconditionFailed` for what is locked, and for too many
    locks, `NotFound`, `Forbidden`, `InvalidInput`."""
    reached = await reach(agenda, caller, calendar_id, Role.WRITE)
    if wanted.name:
        resource_name_given(wanted.name)
    if len(wanted.owner) > MAX_OWNER:
        raise InvalidInput("Too long", fields={"owner": f"at most {MAX_OWNER} characters"})
    lock = Lock(
        token=f"{SCHEME}{uuid.uuid4()}",
        name=wanted.name,
        account_id=caller.account_id,
        address=caller.address,
        expires_at=agenda.now() + timedelta(seconds=seconds_given(wanted.seconds)),
        shared=wanted.shared,
        infinite=wanted.infinite,
        owner=wanted.owner,
    )

    async def act(calendar: Calendar, session: Any) -> Lock:
        locks = holding(calendar.locks, agenda.now())
        check_lock(locks, lock)
        if len(locks) >= MAX_LOCKS:
            raise PreconditionFailed("Too many locks", fields={"lock": "full"})
        there = not lock.name or await agenda.objects.named(calendar.id, lock.name, session) is not None
        if not there:
            # It makes something, if empty (RFC 4918 §7.3).
            check_write(locks, lock.name, Holder(caller.account_id, wanted.tokens), membership=True)
        taken = replace(lock, empty=not there)
        await agenda.calendars.hold(calendar.id, (*locks, taken), session)
        return taken

    return await agenda.calendars.locking(reached.calendar.id, act)


async def refresh_lock(agenda: Agenda, caller: Identity, calendar_id: str, token: str, seconds: int) -> Lock:
    """Raises `NotFound`, also for a lock of somebody else, `InvalidInput`."""
    reached = await reach(agenda, caller, calendar_id, Role.WRITE)

    async def act(calendar: Calendar, session: Any) -> Lock:
        locks = holding(calendar.locks, agenda.now())
        found = _found(locks, token)
        if found.account_id != caller.account_id:
            raise NotFound(NO_LOCK)
        longer = found.refreshed(agenda.now(), seconds)
        await agenda.calendars.hold(calendar.id, [longer if each is found else each for each in locks], session)
        return longer

    return await agenda.calendars.locking(reached.calendar.id, act)


async def release_lock(agenda: Agenda, caller: Identity, calendar_id: str, token: str) -> None:
    """One's own, or any of a calendar that is one's own (RFC 3744 §3.5). Raises `NotFound`, `Forbidden`."""
    reached = await reach(agenda, caller, calendar_id, Role.READ)

    async def act(calendar: Calendar, session: Any) -> None:
        locks = holding(calendar.locks, agenda.now())
        found = _found(locks, token)
        if found.account_id != caller.account_id and reached.access.role < Role.OWN:
            raise Forbidden("It is somebody else's lock")
        await agenda.calendars.hold(calendar.id, [each for each in locks if each is not found], session)

    await agenda.calendars.locking(reached.calendar.id, act)


def check_unlocked(agenda: Agenda, calendar: Calendar, name: str, holder: Holder, *, membership: bool) -> None:
    """Raises `PreconditionFailed` for who has not the tokens to write there (`domain.locks.check_write`); its `fields`
    name the `calendar` as well."""
    try:
        check_write(holding(calendar.locks, agenda.now()), name, holder, membership=membership)
    except PreconditionFailed as error:
        error.fields["calendar"] = calendar.id
        raise


async def forget_locks(agenda: Agenda, calendar: Calendar, name: str, session: Any) -> None:
    """What was under a name is gone, and its locks with it (RFC 4918 §9.6)."""
    if any(lock.name == name for lock in calendar.locks):
        await agenda.calendars.hold(calendar.id, [lock for lock in calendar.locks if lock.name != name], session)


def _found(locks: Sequence[Lock], token: str) -> Lock:
    found = next((each for each in locks if each.token == token), None)
    if found is None:
        raise NotFound(NO_LOCK)
    return found
