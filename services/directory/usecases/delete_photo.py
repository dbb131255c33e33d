"""Take a person's photo away."""

from dataclasses import replace

from services.directory.domain.accounts import Account
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory
from services.directory.usecases.set_photo import account_with_photo, told


async def delete_photo(directory: Directory, account_id: str) -> None:
    """Again does nothing. Raises `NotFound`, `Forbidden`."""
    before = await account_with_photo(directory, account_id)

    async def change(account: Account) -> Account:
        return replace(account, photo=None)

    await change_account(
        directory, lambda: account_with_photo(directory, account_id), change, lambda it: told("delete_photo", it)
    )
    await directory.photos.release(before.photo)
