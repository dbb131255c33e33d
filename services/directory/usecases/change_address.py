"""Give an account another primary address; the old one forwards for a set time."""

from datetime import timedelta

from services.directory.domain.accounts import Account
from services.directory.domain.reorganisation import forwarding_days
from services.directory.usecases import facts
from services.directory.usecases.authority import account_to_change, caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory
from services.directory.usecases.give_addresses import account_to_address
from services.directory.usecases.mail_domains import refuse_foreign_domains


async def change_address(directory: Directory, account_id: str, address: str, days: int) -> Account:
    """Of an account that the caller administers, or from one to another address in mail domains that it administers.

    Raises `InvalidInput`, `AlreadyExists` (somebody has it), `Forbidden`, `NotFound`, `Conflict`.
    """
    until = directory.clock() + timedelta(days=forwarding_days(days))
    asking = await caller(directory)

    async def change(account: Account) -> Account:
        renamed = account.renamed(address, until)
        if renamed.address not in {account.address, *account.aliases}:
            await refuse_foreign_domains(directory, asking, account.unit_path, [renamed.address])
        return renamed

    async def read() -> Account:
        found = await directory.accounts.find(account_id)
        if found is None or asking.administers(found.unit_path):
            return await account_to_change(directory, asking, account_id)
        return await account_to_address(directory, asking, account_id, found.address, address)

    return await change_account(
        directory,
        read,
        change,
        lambda account: [facts.changed(account), facts.recorded_of("change_address", account)],
    )
