"""Give a person a photo, or another one."""

from collections.abc import AsyncIterator
from dataclasses import replace

from chassis.errors import InvalidInput, TooLarge
from services.directory.domain.accounts import PERSON, Account
from services.directory.domain.photos import MAX_OCTETS
from services.directory.usecases import facts
from services.directory.usecases.authority import account_to_change, caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory


async def set_photo(directory: Directory, account_id: str, pieces: AsyncIterator[bytes]) -> Account:
    """The account with its photo. Raises `NotFound`, `Forbidden`, `InvalidInput`, `TooLarge`, `TooManyRequests`,
    `Unavailable` while the object store is away."""
    before = await account_with_photo(directory, account_id)
    if before.kind != PERSON:
        raise InvalidInput("Only persons have photos", fields={"account_id": "no person"})
    async with directory.photos.uploading(account_id):
        gathered = bytearray()
        async for piece in pieces:
            gathered += piece
            if len(gathered) > MAX_OCTETS:
                raise TooLarge(f"A photo has at most {MAX_OCTETS} octets")
        photo = await directory.photos.keep(bytes(gathered))

    async def change(account: Account) -> Account:
        return replace(account, photo=photo)

    after = await change_account(
        directory, lambda: account_with_photo(directory, account_id), change, lambda it: told("set_photo", it)
    )
    if before.photo is not None and before.photo != photo:
        await directory.photos.release(before.photo)
    return after


async def account_with_photo(directory: Directory, account_id: str) -> Account:
    """An account whose photo is the caller's to change: its own, or one that it administers. Raises `NotFound`,
    `Forbidden`."""
    asking = await caller(directory)
    if asking.id != account_id:
        return await account_to_change(directory, asking, account_id)
    own = await directory.accounts.find_with_credential(account_id)
    return own or await account_to_change(directory, asking, account_id)


def told(act: str, account: Account) -> list[facts.Fact]:
    """The photo's facts: of one's own nothing is recorded, unless one acts upon others."""
    return [facts.changed(account), *facts.recorded_of_others(act, account, {})]
