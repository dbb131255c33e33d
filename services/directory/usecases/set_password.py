"""Set a new password. Every session of the account ends: whoever knew the old one is out."""

from dataclasses import replace

from chassis.errors import PreconditionFailed
from services.directory.domain.accounts import PERSON, Account
from services.directory.usecases import facts
from services.directory.usecases.authenticate import authenticate
from services.directory.usecases.authority import account_to_help, caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.choose_password import chosen
from services.directory.usecases.context import Directory
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.sensitive import administrators, resetting


async def set_password(directory: Directory, account_id: str, current: str, new: str, remote: str) -> None:
    """Of one's own account with the current password, of one whose credentials the caller may reset without.

    Raises `InvalidInput`, `Unauthenticated` (the current one is wrong), `TooManyRequests`, `Forbidden`, `NotFound`,
    `PreconditionFailed` (a service account).
    """
    asking = await caller(directory)
    own = account_id in {"", asking.id}
    if own:
        # Under the same lockout as a login: a stolen session is no place to guess from.
        account, _ = await authenticate(directory, asking.address, current, remote)
    else:
        account = await account_to_help(directory, asking, account_id)
        if account.kind != PERSON:
            raise PreconditionFailed("A service account has no password; its client has its own proof")
    credential = await chosen(directory, account, new, "new_password")

    if not own and administrators(account.roles):
        await ask_second_administrator(directory, asking, resetting("set_password", account, {"password": new}))

    async def read() -> Account:
        if own:
            # The whole of it: the caller of a weak session is without its roles.
            return await directory.accounts.find(asking.id) or asking
        return await account_to_help(directory, asking, account.id)

    async def change(before: Account) -> Account:
        return replace(before, credential=credential, sessions_end=directory.clock())

    def tell(after: Account) -> list[facts.Fact]:
        # One's own password is nobody's business, unless one acts upon others.
        kept = [facts.recorded_of("set_password", after)] if not own or after.roles else []
        changed = facts.credential_changed(after.id, "password", "set", credential.id)
        return [facts.sessions_revoked(after), changed, *kept]

    await change_account(directory, read, change, tell)
