"""The accounts for which a condition holds, among those that the caller administers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.errors import InvalidInput, TooLarge
from services.directory.domain.accounts import ADMINISTRATOR, Account
from services.directory.domain.addresses import looked_up
from services.directory.domain.conditions import (
    ATTRIBUTES,
    LISTS,
    Condition,
    Narrowing,
    checked,
    holds,
    narrowing,
    sorting_value,
    view,
)
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.unit_names import UnitNames

MOST = 500
# What one search may look at: a large ministry. Beyond, it has to name something that narrows it.
MOST_READ = 20_000
_BATCH = 500


@dataclass(frozen=True)
class Search:
    """`order_by` empty: by address. `count` 0 asks for the number alone."""

    condition: Condition | None = None
    order_by: str = ""
    descending: bool = False
    offset: int = 0
    count: int = MOST


@dataclass(frozen=True)
class Found:
    accounts: Sequence[Account]
    total: int


async def search_accounts(directory: Directory, search: Search) -> Found:
    """Raises `InvalidInput`, and `TooLarge` when more would have to be looked at than one search may."""
    asking = await caller(directory)
    if search.offset < 0 or not 0 <= search.count <= MOST:
        raise InvalidInput(f"A page has up to {MOST} entries", fields={"count": f"0 to {MOST}"})
    if search.order_by and search.order_by not in ATTRIBUTES and search.order_by not in LISTS:
        raise InvalidInput("Not an attribute that accounts are ordered by", fields={"order_by": search.order_by[:80]})
    condition = checked(search.condition) if search.condition is not None else None
    roots = administered(asking)
    plain = condition is None and search.order_by in {"", "address"} and not search.descending
    if plain and (roots is None or len(roots) == 1) and await directory.accounts.settled():
        return await _listed(directory, roots, search)
    names = UnitNames(directory)
    found: list[tuple[Any, Account]] = []
    async for account in _candidates(directory, asking, roots, narrowing(condition)):
        seen = view(account, await names.of(account.unit_path))
        if condition is None or holds(condition, seen):
            found.append((sorting_value(seen, search.order_by or "address"), account))
    return _page(found, search)


def _page(found: list[tuple[Any, Account]], search: Search) -> Found:
    # First by id, for an order of their own among those that are equal (RFC 7644 §3.4.2.4 wants pages that hold).
    found.sort(key=lambda each: each[1].id)
    found.sort(key=lambda each: each[0], reverse=search.descending)
    page = found[search.offset : search.offset + search.count]
    return Found([account for _, account in page], len(found))


def administered(asking: Account) -> list[str] | None:
    """The highest units that it administers, none below another; None for the whole administration."""
    if asking.is_national():
        return None
    paths = [grant.unit_path for grant in asking.roles if grant.role == ADMINISTRATOR]
    ids = {path[-1] for path in paths}
    return sorted({path[-1] for path in paths if ids.isdisjoint(path[:-1])})


async def _listed(directory: Directory, roots: Sequence[str] | None, search: Search) -> Found:
    """All of one unit, or of the whole: counted and paged by the index alone, however many there are."""
    unit = roots[0] if roots else ""
    total = await directory.accounts.count_provisioned(unit)
    if not search.count or search.offset >= total:
        return Found([], total)
    after = await directory.accounts.provisioned_after(unit, search.offset)
    return Found(await directory.accounts.provisioned_page(roots, after, search.count), total)


async def _candidates(
    directory: Directory, asking: Account, roots: Sequence[str] | None, narrow: Narrowing | None
) -> AsyncIterator[Account]:
    """Every account of the caller's for which the whole condition may hold.

    What is not the caller's is not even read where it could be much: time would tell of it.
    """
    if narrow is not None and narrow.attribute != "unit_id":
        for account in await _narrowed(directory, roots, narrow):
            if account.provisioned and asking.administers(account.unit_path):
                yield account
        return
    if narrow is not None:
        unit = await directory.units.find(str(narrow.value))
        if unit is None or not asking.administers(unit.path):
            return
        roots = [unit.id]
    after, read = "", 0
    while page := await directory.accounts.provisioned_page(roots, after, _BATCH):
        read += len(page)
        if read > MOST_READ:
            raise _too_many()
        for account in page:
            if asking.administers(account.unit_path):
                yield account
        if len(page) < _BATCH:
            return
        after = page[-1].address


async def _narrowed(directory: Directory, roots: Sequence[str] | None, narrow: Narrowing) -> list[Account]:
    accounts, value = directory.accounts, narrow.value
    if narrow.attribute in {"external_id", "changed_at"}:
        ask = accounts.with_external_id if narrow.attribute == "external_id" else accounts.changed_since
        found = [each for unit in ([""] if roots is None else roots) for each in await ask(unit, value, MOST_READ + 1)]
        if len(found) > MOST_READ:
            raise _too_many()
        return found
    if narrow.attribute == "staff_number":
        one = await accounts.by_staff_number(value)
    elif narrow.attribute == "emails.value":
        spelling = looked_up(value)
        one = await accounts.by_address(spelling) if spelling else None
    else:
        one = await accounts.find(value)
    return [one] if one is not None else []


def _too_many() -> TooLarge:
    return TooLarge("Too many accounts would have to be looked at: name an address, a number, an id or a unit as well")
