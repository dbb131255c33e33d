"""Open and close further addresses of accounts in one mail domain: what its administrators are there for."""

from datetime import timedelta

from chassis.errors import Forbidden, InvalidInput, NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.addresses import normalised
from services.directory.domain.reorganisation import forwarding_days
from services.directory.usecases import facts
from services.directory.usecases.authority import NO_ACCOUNT, Concealed, caller, may_see
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import reach_of, refuse_foreign_domains, visible_domain


async def open_address(directory: Directory, name: str, account_id: str, address: str) -> Account:
    """Give an account another address in a domain.

    Raises `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound`, `PreconditionFailed` (the domain is closing).
    """
    asking = await caller(directory)
    proper = await _within(directory, asking, name, address)

    async def change(account: Account) -> Account:
        if proper in {account.address, *account.aliases}:
            return account
        await refuse_foreign_domains(directory, asking, account.unit_path, [proper])
        return account.with_addresses(account.address, (*account.aliases, proper))

    return await change_account(
        directory,
        lambda: account_to_address(directory, asking, account_id, proper),
        change,
        lambda after: [facts.changed(after), facts.recorded_of("open_address", after, details={"address": proper})],
    )


async def close_address(directory: Directory, name: str, account_id: str, address: str, days: int) -> Account:
    """Take a further address in a domain from an account; it forwards for some days, and is nobody else's as long.

    Raises `InvalidInput` (also for the address that the account is known by), `Forbidden`, `NotFound`.
    """
    until = directory.clock() + timedelta(days=forwarding_days(days))
    asking = await caller(directory)
    proper = await _within(directory, asking, name, address)

    async def change(account: Account) -> Account:
        return account.without_alias(proper, until)

    return await change_account(
        directory,
        lambda: account_to_address(directory, asking, account_id, proper),
        change,
        lambda after: [facts.changed(after), facts.recorded_of("close_address", after, details={"address": proper})],
    )


async def _within(directory: Directory, asking: Account, name: str, address: str) -> str:
    """The one spelling of an address that is in the domain. Raises `InvalidInput`, `NotFound`."""
    domain = await visible_domain(directory, asking, name)
    proper = normalised(address)
    if not domain.owns(proper):
        raise InvalidInput("The address is in another domain", fields={"address": domain.name})
    return proper


async def account_to_address(directory: Directory, asking: Account, account_id: str, *addresses: str) -> Account:
    """An account with its credential, of which the caller may give and take these addresses.

    One that it may not see does not exist for it (`NotFound`); one that holds a role beyond its own is `Forbidden`.
    """
    account = await directory.accounts.find_with_credential(account_id)
    if account is None:
        raise NotFound(NO_ACCOUNT)
    if not may_see(asking, account):
        raise Concealed(NO_ACCOUNT, account.id, account.address, account.unit_path)
    reaches = [await reach_of(directory, asking, address) for address in addresses]
    if not all(reach.covers(account.unit_path) for reach in reaches):
        raise Forbidden("You administer neither the unit of this account nor the mail domain")
    if account.roles and not asking.may_change(account):
        raise Forbidden("The account holds a role beyond your own")
    return account
