"""One account, for itself or for an administrator of its unit."""

from chassis.errors import NotFound
from services.directory.domain.accounts import Account
from services.directory.usecases.authority import NO_ACCOUNT, caller
from services.directory.usecases.context import Directory


async def get_account(directory: Directory, account_id: str) -> Account:
    """Raises `NotFound`, also for an account that is not the caller's to see."""
    asking = await caller(directory)
    if account_id in {"", asking.id}:
        return asking
    account = await directory.accounts.find(account_id)
    if account is None or not asking.administers(account.unit_path):
        raise NotFound(NO_ACCOUNT)
    return account
