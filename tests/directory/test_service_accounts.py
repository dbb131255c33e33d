"""Accounts of applications: no password, their own scopes, and an end."""

import pytest
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import openid_pb2 as pb

from chassis.errors import AlreadyExists, Forbidden, PreconditionFailed, Unauthenticated
from tests.directory.conftest import PASSWORD, Land, Person, Stack, bearer
from tests.directory.relying import (
    body,
    fault,
    service,
)


async def test_a_service_account_acts_within_its_scopes(stack: Stack, administrator: Person, land: Land) -> None:
    client = await service(stack, administrator, unit_id=land.economy.id, scopes=["directory.read", "mail.write"])
    tokens = body(await client.token(grant_type="client_credentials", scope="directory.read"))
    assert tokens["scope"] == "directory.read"
    assert "refresh_token" not in tokens
    assert "id_token" not in tokens
    said = {"metadata": bearer(tokens["access_token"])}
    own = await stack.gateway.accounts.GetOwnAccount(directory_pb2.GetOwnAccountRequest(), **said)
    assert own.kind == directory_pb2.ACCOUNT_KIND_SERVICE
    assert (own.id, own.address, own.unit_id) == (
        client.registered.account_id, "paie@economie.gouv.tg", land.economy.id,
    )  # fmt: skip
    with pytest.raises(Forbidden):
        await stack.gateway.sessions.DeleteSession(directory_pb2.DeleteSessionRequest(), **said)
    assert fault(await client.token(grant_type="client_credentials", scope="drive.read")) == ("invalid_scope", 400)
    assert fault(await client.user_info(tokens["access_token"])) == ("insufficient_scope", 403)
    with pytest.raises(AlreadyExists):
        await service(stack, administrator, unit_id=land.economy.id)
    stack.clock.pass_by(minutes=16)
    assert await client.introspect(tokens["access_token"]) == {"active": False}


async def test_a_service_account_has_no_password(stack: Stack, administrator: Person, land: Land) -> None:
    """It would be a way past its client's scopes, its quota and whoever agreed upon them."""
    client = await service(stack, administrator, unit_id=land.economy.id)
    setting = directory_pb2.SetPasswordRequest(id=client.registered.account_id, new_password="an entirely new one")
    with pytest.raises(PreconditionFailed):
        await stack.cli.accounts.SetPassword(setting, **administrator.said)
    encoded = await stack.directory.hasher.hash(PASSWORD)
    await stack.database["accounts"].update_one(
        {"_id": client.registered.account_id}, {"$set": {"credential": {"id": "01OLD", "encoded": encoded}}}
    )
    with pytest.raises(Unauthenticated):
        await stack.log_in("paie@economie.gouv.tg")


async def test_a_suspended_or_removed_service_account_gets_no_token(
    stack: Stack, administrator: Person, land: Land
) -> None:
    client = await service(stack, administrator, unit_id=land.economy.id)
    request = directory_pb2.SuspendAccountRequest(id=client.registered.account_id)
    await stack.cli.accounts.SuspendAccount(request, **land.economy_administrator.said)
    assert fault(await client.token(grant_type="client_credentials")) == ("unauthorized_client", 400)
    other = await service(stack, administrator, unit_id=land.economy.id, address="autre@economie.gouv.tg")
    await stack.cli.clients.DeleteClient(pb.DeleteClientRequest(client_id=other.id), **administrator.said)
    assert fault(await other.token(grant_type="client_credentials")) == ("invalid_client", 401)
    account = await stack.directory.accounts.find(other.registered.account_id)
    assert account is not None
    assert account.suspended


async def test_nobody_registers_a_service_account_in_anothers_mail_domain(stack: Stack, land: Land) -> None:
    with pytest.raises(Forbidden):
        await service(stack, land.economy_administrator, unit_id=land.economy.id, address="paie@sante.gouv.tg")
