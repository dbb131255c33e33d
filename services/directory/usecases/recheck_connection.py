"""Whether a connection that lasts may go on: what it stands on has been changed or revoked, or the account has."""

from datetime import datetime

from services.directory.domain.accounts import Account
from services.directory.usecases.context import Directory


async def recheck_connection(directory: Directory, account_id: str, stands_on: str, since: datetime) -> Account | None:
    """The account as it is now; None when who logged in at `since` by `stands_on` would not be let in any more.

    `stands_on` is the id of an app password, or what the account's own password stands for.
    """
    account = await directory.accounts.find_with_credential(account_id)
    if account is None or account.suspended:
        return None
    if account.sessions_end is not None and since <= account.sessions_end:
        return None
    factors = await directory.factors.find(account_id)
    own = factors.stood_on(account.credential.id) if account.credential is not None and not factors.strong else ""
    if own and own == stands_on:
        return account
    living = await directory.app_passwords.of_account(account_id)
    return account if any(password.id == stands_on for password in living) else None
