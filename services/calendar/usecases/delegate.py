"""Let somebody act for one in all of one's calendars, and end that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.errors import InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Identity
from chassis.people import Person
from services.calendar.domain.access import Role
from services.calendar.domain.delegations import MAX_DELEGATES, Delegation, role_given
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import delegation_changed
from services.calendar.usecases.list_calendars import own_calendars

NO_DELEGATION = "There is no such delegation"


@dataclass(frozen=True)
class Delegations:
    """Those that somebody gave, and those that somebody was given."""

    given: Sequence[Delegation]
    held: Sequence[Delegation]


async def delegations_of(agenda: Agenda, caller: Identity) -> Delegations:
    given = await agenda.delegations.given_by(caller.account_id)
    return Delegations(given, await agenda.delegations.held_by(caller.account_id))


async def colleague(agenda: Agenda, caller: Identity, address: str) -> Person:
    """Somebody else who works here. Raises `InvalidInput`."""
    person = await agenda.people.by_address(address)
    if person is None or person.suspended:
        raise InvalidInput("Nobody here has this address", fields={"address": "unknown"})
    if person.account_id == caller.account_id:
        raise InvalidInput("That is yourself", fields={"address": "is your own"})
    return person


async def delegate(agenda: Agenda, caller: Identity, address: str, role: Role, *, sees_private: bool) -> Delegation:
    """Raises `InvalidInput`, `PreconditionFailed` beyond the limit."""
    role_given(role)
    person = await colleague(agenda, caller, address)
    given = await agenda.delegations.given_by(caller.account_id)
    if len(given) >= MAX_DELEGATES and person.account_id not in {each.delegate for each in given}:
        raise PreconditionFailed("There are too many delegates", fields={"address": f"at most {MAX_DELEGATES}"})
    # Whoever never opened their agenda has one to be run by now.
    await own_calendars(agenda, caller.account_id)
    version = await agenda.delegations.version(caller.account_id, person.account_id) + 1
    made = Delegation(caller.account_id, person.account_id, role, sees_private, agenda.now(), version)
    await agenda.delegations.keep(made, delegation_changed(made))
    return made


async def end_delegation(agenda: Agenda, caller: Identity, delegation_id: str) -> None:
    """Raises `NotFound`."""
    owner, _, delegated = delegation_id.partition(".")
    found = await agenda.delegations.find(owner, delegated)
    if found is None or caller.account_id not in (found.owner, found.delegate):
        raise NotFound(NO_DELEGATION)
    await _end(agenda, found)


async def _end(agenda: Agenda, delegation: Delegation) -> None:
    ended = replace(delegation, version=delegation.version + 1)
    await agenda.delegations.end(ended, delegation_changed(ended, ended=True))


async def set_delegates(agenda: Agenda, caller: Identity, role: Role, addresses: Sequence[str]) -> Delegations:
    """Who acts with one role, as calendar-proxy says it at once. What else a delegate was let stays as it is. Raises
    `InvalidInput`, `PreconditionFailed`."""
    role_given(role)
    people = [await colleague(agenda, caller, address) for address in dict.fromkeys(addresses)]
    before = {each.delegate: each for each in await agenda.delegations.given_by(caller.account_id)}
    wanted = {person.account_id for person in people}
    for person in people:
        held = before.get(person.account_id)
        if held is None or held.role != role:
            private = held is not None and held.sees_private
            await delegate(agenda, caller, person.address, role, sees_private=private)
    for held in before.values():
        if held.role == role and held.delegate not in wanted:
            await _end(agenda, held)
    return await delegations_of(agenda, caller)
