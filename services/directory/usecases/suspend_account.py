"""Keep an account from logging in."""

from dataclasses import replace

from chassis.errors import PreconditionFailed
from services.directory.domain.accounts import Account
from services.directory.usecases import facts
from services.directory.usecases.authority import account_to_change, caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory


async def suspend_account(directory: Directory, account_id: str) -> Account:
    """Its sessions end now; its mail is still received. Suspending again changes nothing."""
    asking = await caller(directory)
    if account_id == asking.id:
        raise PreconditionFailed("Nobody suspends the own account: nobody might be left to restore it")

    async def change(account: Account) -> Account:
        if account.suspended:
            return account
        return replace(account, suspended=True, sessions_end=directory.clock())

    return await change_account(
        directory,
        lambda: account_to_change(directory, asking, account_id),
        change,
        lambda account: [
            facts.suspended(account),
            facts.sessions_revoked(account),
            facts.recorded_of("suspend_account", account),
        ],
    )
