"""The addresses of those whose calendars are looked at, by which they are found among who organises and attends."""

from collections.abc import Iterable

from chassis.identity import Identity
from services.calendar.usecases.context import Agenda


async def addresses_of(agenda: Agenda, caller: Identity, owners: Iterable[str]) -> dict[str, frozenset[str]]:
    """By owner; only of others somebody has to be asked."""
    known = {caller.account_id: frozenset(map(str.lower, (caller.address, *caller.aliases)))}
    others = set(owners) - known.keys()
    people = await agenda.people.by_ids(sorted(others)) if others else []
    return known | {each.account_id: frozenset(each.addresses) for each in people}
