"""Let an agent go: suspended now, the mailbox handed over, deleted after the legal delay."""

from dataclasses import replace

from chassis.errors import NotFound, PreconditionFailed
from services.directory.domain.accounts import Account, Departure
from services.directory.usecases import facts
from services.directory.usecases.authority import NO_ACCOUNT, Concealed, account_to_change, caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.sensitive import handing_over


async def depart_account(directory: Directory, account_id: str, successor_id: str) -> Account:
    """The account, with when it is deleted. Repeating it changes the successor and nothing else.

    Raises `NotFound`, `Forbidden`, `PreconditionFailed` (one's own account, a successor that is none),
    `ApprovalRequired`.
    """
    asking = await caller(directory)
    refuse_oneself(asking, account_id)
    if successor_id:
        successor = await successor_of(directory, asking, account_id, successor_id)
        account = await account_to_change(directory, asking, account_id)
        if not has_successor(account, successor_id):
            await ask_second_administrator(directory, asking, handing_over(account, successor))
    return await departed(directory, asking, account_id, successor_id)


async def departed(
    directory: Directory, asking: Account, account_id: str, successor_id: str, expected: int = 0
) -> Account:
    """The same for somebody who asks by a job, or knows the account in a version (0: in any)."""
    refuse_oneself(asking, account_id)
    if successor_id:
        await successor_of(directory, asking, account_id, successor_id)
    seen: list[Account] = []

    async def change(account: Account) -> Account:
        seen[:] = [account]
        now = directory.clock()
        if account.departure is not None:
            return replace(account, departure=replace(account.departure, successor_id=successor_id))
        ends = account.sessions_end if account.suspended else now
        departure = Departure(now, now + directory.departed_kept, successor_id)
        return replace(account, suspended=True, sessions_end=ends, departure=departure)

    async def read() -> Account:
        account = await account_to_change(directory, asking, account_id)
        if expected not in {0, account.version}:
            raise PreconditionFailed("The account has changed meanwhile", fields={"version": str(account.version)})
        return account

    return await change_account(
        directory,
        read,
        change,
        lambda account: _told(seen[0], account),
    )


def refuse_oneself(asking: Account, account_id: str) -> None:
    if account_id == asking.id:
        raise PreconditionFailed("Nobody lets the own account go: nobody might be left to restore it")


def has_successor(account: Account, successor_id: str) -> bool:
    """Whether it has departed, and its mailbox is that account's already; "" is nobody's."""
    return account.departure is not None and account.departure.successor_id == successor_id


async def successor_of(directory: Directory, asking: Account, account_id: str, successor_id: str) -> Account:
    """Who is to have somebody's mailbox. Raises why it cannot."""
    successor = await directory.accounts.find(successor_id)
    if successor is None:
        raise NotFound(NO_ACCOUNT)
    if not asking.administers(successor.unit_path):
        raise Concealed(NO_ACCOUNT, successor.id, successor.address, successor.unit_path)
    if successor.id == account_id or successor.suspended:
        raise PreconditionFailed("Who gets the mailbox is another account that may log in")
    return successor


def _told(before: Account, after: Account) -> list[facts.Fact]:
    had = before.departure.successor_id if before.departure is not None else ""
    successor = after.departure.successor_id if after.departure is not None else ""
    told = [facts.suspended(after), facts.sessions_revoked(after)] if not before.suspended else []
    told += [facts.handed_over(after, successor)] if successor != had else []
    return [*told, facts.recorded_of("depart_account", after, details={"successor": successor or "none"})]


async def get_departing(directory: Directory, account_id: str) -> Account:
    """An account of one's units that has departed. Raises `NotFound`."""
    asking = await caller(directory)
    account = await directory.accounts.find(account_id)
    if account is None or not asking.administers(account.unit_path) or account.departure is None:
        raise NotFound("There is no such account that has departed")
    return account
