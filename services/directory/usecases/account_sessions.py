"""What the help desk does about where an account is logged in, and about second factors that were lost."""

from dataclasses import replace

from services.directory.domain.accounts import Account
from services.directory.domain.factors import Factors
from services.directory.domain.sessions import Session
from services.directory.usecases import facts
from services.directory.usecases.app_passwords import revoke_app_password
from services.directory.usecases.authority import account_to_help, caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.change_factors import change_factors, told
from services.directory.usecases.context import Directory
from services.directory.usecases.own_sessions import living_sessions, revoke_one
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.sensitive import administrators, resetting


async def list_account_sessions(directory: Directory, account_id: str) -> list[Session]:
    """Last seen first. Raises `NotFound`, `Forbidden`."""
    asking = await caller(directory)
    return await living_sessions(directory, await account_to_help(directory, asking, account_id))


async def revoke_account_sessions(
    directory: Directory, account_id: str, session_id: str, *, app_passwords: bool
) -> None:
    """End one session of an account, or all that there are by now. Raises `NotFound`, `Forbidden`."""
    asking = await caller(directory)
    account = await account_to_help(directory, asking, account_id)
    if session_id:
        await revoke_one(directory, account, session_id)
    else:
        await end_all(directory, asking, account.id)
    if app_passwords:
        for password in await directory.app_passwords.of_account(account.id):
            await revoke_app_password(directory, account, password)


async def end_all(directory: Directory, asking: Account, account_id: str) -> None:
    """Every session of an account is over."""

    async def change(before: Account) -> Account:
        return replace(before, sessions_end=directory.clock())

    await change_account(
        directory,
        lambda: account_to_help(directory, asking, account_id),
        change,
        lambda after: [
            facts.sessions_revoked(after),
            facts.recorded_of("revoke_sessions", after),
        ],
    )


async def reset_factors(directory: Directory, account_id: str) -> None:
    """Take all second factors from an account: its password logs in alone then. Its sessions end.

    Raises `NotFound`, `Forbidden`.
    """
    asking = await caller(directory)
    account = await account_to_help(directory, asking, account_id)
    if account.id != asking.id and administrators(account.roles):
        await ask_second_administrator(directory, asking, resetting("reset_factors", account, {}))
    await change_factors(directory, account.id, Factors.reset, told(account, "reset_factors", "totp", "removed"))
    await end_all(directory, asking, account.id)
