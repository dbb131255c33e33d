"""Register a client, with its service account if it acts for itself."""

import secrets
from dataclasses import replace
from datetime import timedelta

from chassis.ids import new_id
from services.directory.domain.accounts import SERVICE, Account
from services.directory.domain.clients import Client, Secret, proper
from services.directory.usecases import facts
from services.directory.usecases.authenticate_client import secret_proof
from services.directory.usecases.authority import caller, unit_to_fill
from services.directory.usecases.client_authority import refuse_beyond
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import refuse_foreign_domains
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.sensitive import registering, wide

_OCTETS = 32
OVERLAP = timedelta(days=1)


async def create_client(directory: Directory, wanted: Client) -> tuple[Client, str]:
    """The client and its secret, which nobody sees again; empty when it proves itself otherwise.

    Raises `InvalidInput`, `AlreadyExists` (the address), `Forbidden`, `NotFound` (the unit).
    """
    asking = await caller(directory)
    path = await unit_to_fill(directory, asking, wanted.unit_id)
    now = directory.clock()
    client = proper(replace(wanted, id=new_id(), created_at=now, version=1), loopback=directory.openid.loopback)
    refuse_beyond(asking, client)
    if wide(client):
        await ask_second_administrator(directory, asking, registering("create_client", client, path))
    client, secret = with_new_secret(directory, client) if client.has_secret else (client, "")
    told = facts.recorded(
        "create_client", client.id, client.name, path,
        details={"scopes": " ".join(client.scopes), "auth_method": client.auth_method},
    )  # fmt: skip
    if not client.address:
        await directory.openid.clients.insert(client, [told])
        return client, secret
    account = (
        Account(new_id(), "", "", now, unit_path=path, kind=SERVICE)
        .with_addresses(client.address, ())
        .with_name(client.name)
    )
    await refuse_foreign_domains(directory, asking, path, [account.address])
    client = replace(client, account_id=account.id, address=account.address)
    await directory.openid.clients.insert(client, [told], account, [facts.created(account)])
    return client, secret


def with_new_secret(directory: Directory, client: Client) -> tuple[Client, str]:
    """The client with a secret beside the one it had last, which is good for a day more."""
    secret = secrets.token_urlsafe(_OCTETS)
    ends = directory.clock() + OVERLAP
    kept = [replace(each, expires_at=ends) for each in client.secrets if each.expires_at is None]
    return replace(client, secrets=(Secret(secret_proof(directory, client.id, secret)), *kept)), secret
