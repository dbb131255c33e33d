"""Let a suspended account log in again; one that has departed is back."""

from dataclasses import replace

from services.directory.domain.accounts import Account
from services.directory.usecases import facts
from services.directory.usecases.authority import account_to_change, caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory


async def restore_account(directory: Directory, account_id: str) -> Account:
    """Restoring an account that is not suspended changes nothing."""
    asking = await caller(directory)

    seen: list[Account] = []

    async def change(account: Account) -> Account:
        seen[:] = [account]
        return replace(account, suspended=False, departure=None)

    return await change_account(
        directory,
        lambda: account_to_change(directory, asking, account_id),
        change,
        lambda account: [*_told(seen[0], account), facts.recorded_of("restore_account", account)],
    )


def _told(before: Account, after: Account) -> list[facts.Fact]:
    handed = before.departure is not None and before.departure.successor_id
    return [facts.restored(after), *([facts.handed_over(after, "")] if handed else [])]
