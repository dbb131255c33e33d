"""Let an agent go: suspended now, the mailbox handed over, deleted after the legal delay."""

from dataclasses import replace

from chassis.errors import NotFound, PreconditionFailed
from services.directory.domain.accounts import Account, Departure
from services.directory.usecases import facts
from services.directory.usecases.authority import NO_ACCOUNT, Concealed, account_to_change, caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory


async def depart_account(directory: Directory, account_id: str, successor_id: str) -> Account:
    """The account, with when it is deleted. Repeating it changes the successor and nothing else.

    Raises `NotFound`, `Forbidden`, `PreconditionFailed` (one's own account, a successor that is none).
    """
    return await departed(directory, await caller(directory), account_id, successor_id)


async def departed(
    directory: Directory, asking: Account, account_id: str, successor_id: str, expected: int = 0
) -> Account:
    """The same for somebody who asks by a job, or knows the account in a version (0: in any)."""
    if account_id == asking.id:
        raise PreconditionFailed("Nobody lets the own account go: nobody might be left to restore it")
    if successor_id:
        await refuse_successor(directory, asking, account_id, successor_id)
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


async def refuse_successor(directory: Directory, asking: Account, account_id: str, successor_id: str) -> None:
    """Raise why an account cannot have somebody's mailbox."""
    successor = await directory.accounts.find(successor_id)
    if successor is None:
        raise NotFound(NO_ACCOUNT)
    if not asking.administers(successor.unit_path):
        raise Concealed(NO_ACCOUNT, successor.id, successor.address, successor.unit_path)
    if successor.id == account_id or successor.suspended:
        raise PreconditionFailed("Who gets the mailbox is another account that may log in")


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
