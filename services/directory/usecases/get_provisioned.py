"""One account as its provisioner sees it."""

from chassis.errors import NotFound
from services.directory.domain.accounts import Account
from services.directory.usecases.authority import NO_ACCOUNT
from services.directory.usecases.context import Directory
from services.directory.usecases.get_account import get_account


async def get_provisioned(directory: Directory, account_id: str) -> Account:
    """Raises `NotFound`, also for what is not the caller's to see, withdrawn, or no person's."""
    account = await get_account(directory, account_id)
    if not account.provisioned:
        raise NotFound(NO_ACCOUNT)
    return account
