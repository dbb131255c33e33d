"""The mail api as a gateway calls it: real gRPC over mutual TLS, tokens signed as directory signs them."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from workspace.mail.v1 import (
    domains_pb2_grpc,
    mail_pb2_grpc,
    queue_pb2_grpc,
    reports_pb2_grpc,
    scheduled_pb2_grpc,
    sharing_pb2_grpc,
    transport_policy_pb2_grpc,
)

from chassis.identity import ALGORITHM, AUDIENCE, ISSUER, Identity, TokenVerifier
from chassis.rpc import RpcClient, RpcServer
from chassis.settings import ServiceSettings
from deploy.local.certificates import Authority
from gateway.upstreams import services
from services.mail.api import Surroundings, servicers
from services.mail.usecases.transport_policy import own_policy
from tests.mail.authentication.signing import Dns
from tests.mail.house import House

POLICY = own_policy("testing", "mail.gouv.tg")


@dataclass
class Api:
    """Stubs of the gateway, and identities to act as."""

    mailboxes: Any
    messages: Any
    records: Any
    queue: Any
    reports: Any
    scheduled: Any
    dns: Dns
    identity: Callable[..., Any]
    port: int
    sharing: Any
    delegations: Any
    policies: Any
    # For the stubs of services that have their own tests.
    channel: Any
    # For a gateway before it.
    verifier: TokenVerifier


@pytest.fixture
async def api(house: House, authority: Authority) -> AsyncIterator[Api]:
    def settings(name: str) -> ServiceSettings:
        own = authority.of(name)
        return ServiceSettings(
            tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=2
        )

    key = OKPKey.generate_key("Ed25519", {"kid": "k1"}, private=True)

    async def keys() -> list[dict[str, Any]]:
        return [dict(key.as_dict(private=False))]

    verifier, dns = TokenVerifier(keys), Dns()

    async def identity(
        account_id: str,
        address: str = "agent1@numerique.gouv.tg",
        administers: str | None = None,
        aliases: Sequence[str] = (),
        audits: str | None = None,
        unit: Sequence[str] = (),
    ) -> Identity:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": account_id, "sid": "01JSESSION", "iat": now, "exp": now + 900,
            "address": address, "aliases": list(aliases), "name": "Agent 1", "unit": list(unit), "roles": [],
        }  # fmt: skip
        if administers is not None:
            claims["roles"] = [{"role": "administrator", "unit": administers}]
        if audits is not None:
            claims["roles"].append({"role": "auditor", "unit": audits})
        token = jwt.encode({"alg": ALGORITHM, "kid": "k1"}, claims, key, algorithms=[ALGORITHM])
        return await verifier.verify(token)

    around = Surroundings(dns, house.people, "mail.gouv.tg", "espace.gouv.tg", POLICY)
    server = RpcServer(settings("mail"), verifier, servicers(house.mail, around))
    await server.start()
    client = RpcClient(settings("gateway"), "mail", f"127.0.0.1:{server.port}", services("mail"))
    yield Api(
        mail_pb2_grpc.MailboxServiceStub(client.channel),
        mail_pb2_grpc.MessageServiceStub(client.channel),
        domains_pb2_grpc.DomainRecordServiceStub(client.channel),
        queue_pb2_grpc.QueueServiceStub(client.channel),
        reports_pb2_grpc.DomainReportServiceStub(client.channel),
        scheduled_pb2_grpc.ScheduledServiceStub(client.channel),
        dns,
        identity,
        server.port,
        sharing_pb2_grpc.SharingServiceStub(client.channel),
        sharing_pb2_grpc.DelegationServiceStub(client.channel),
        transport_policy_pb2_grpc.TransportPolicyServiceStub(client.channel),
        client.channel,
        verifier,
    )
    await client.stop()
    await server.stop()
