"""Accounts of a unit and of all below it, by address."""

from services.directory.domain.accounts import ADMINISTRATOR, Account
from services.directory.domain.addresses import looked_up
from services.directory.usecases.authority import caller, unit_to_fill
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import page_size, resume_after, token_after


async def list_accounts(directory: Directory, unit_id: str, size: int, token: str) -> tuple[list[Account], str]:
    """A page of accounts and the token of the next one; without a unit, all that the caller administers."""
    units = await units_listed(directory, await caller(directory), unit_id)
    count = page_size(size)
    found = await directory.accounts.page(units, resume_after(token, "accounts", unit_id), count + 1)
    page = found[:count]
    return page, token_after("accounts", unit_id, page[-1].address) if len(found) > count else ""


async def units_listed(directory: Directory, asking: Account, unit_id: str) -> list[str] | None:
    """The units whose accounts are listed: the one asked for, else all that the caller administers; None for all."""
    if unit_id:
        await unit_to_fill(directory, asking, unit_id)
        return [unit_id]
    if asking.is_national():
        return None
    return [grant.unit_id for grant in asking.roles if grant.role == ADMINISTRATOR]


async def find_account(directory: Directory, address: str, unit_id: str) -> list[Account]:
    """The account that has an address, if the caller administers it; else nothing."""
    asking = await caller(directory)
    spelling = looked_up(address)
    account = await directory.accounts.by_address(spelling) if spelling else None
    if account is None or not asking.administers(account.unit_path):
        return []
    return [account] if not unit_id or unit_id in account.unit_path else []
