"""Delete the accounts whose legal delay is over."""

from services.directory.domain.accounts import Account
from services.directory.usecases import facts
from services.directory.usecases.context import Directory

AT_A_TIME = 100


async def delete_departed(directory: Directory) -> int:
    """How many were deleted; safe in any number of workers and after any crash."""
    deleted = 0
    while due := await directory.accounts.to_delete(directory.clock(), AT_A_TIME):
        for account in due:
            deleted += await delete_account(directory, account)
    return deleted


async def delete_account(directory: Directory, account: Account) -> bool:
    """Take an account away with all that directory keeps of it but its addresses; False when it was changed meanwhile.

    What hangs on it goes first: a crash between leaves an account that is deleted by the next round.
    """
    await directory.erasure.erase(account.id)
    told = [facts.deleted(account), facts.recorded_of("delete_account", account)]
    deleted = await directory.accounts.delete(account, directory.clock(), told)
    if deleted:
        await directory.photos.release(account.photo)
    return deleted
