"""Remove a client."""

from dataclasses import replace

from services.directory.domain.accounts import Account
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.client_authority import administered_client
from services.directory.usecases.context import Directory


async def delete_client(directory: Directory, client_id: str) -> None:
    """From now on it gets no token, and its sessions are ended by the worker; its service account is suspended.

    What the account did stays attributable: it goes the way of all accounts. Raises `NotFound`.
    """
    asking = await caller(directory)
    client, path = await administered_client(directory, asking, client_id)
    if client.account_id:
        await _suspend(directory, client.account_id)
    told = facts.recorded("delete_client", client.id, client.name, path)
    await directory.openid.clients.remove(client, directory.clock(), [told])


async def _suspend(directory: Directory, account_id: str) -> None:
    async def read() -> Account:
        found = await directory.accounts.find_with_credential(account_id)
        return found if found is not None else Account(account_id, "", "", directory.clock(), suspended=True)

    async def change(account: Account) -> Account:
        return account if account.suspended else replace(account, suspended=True, sessions_end=directory.clock())

    await change_account(directory, read, change, lambda after: [facts.suspended(after), facts.sessions_revoked(after)])
