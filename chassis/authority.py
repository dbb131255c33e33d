"""What directory tells whoever verifies tokens without asking it each time. Not for workers: they do not ask."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1.directory_pb2_grpc import SessionServiceStub
from workspace.directory.v1.events_pb2 import SessionRevoked
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.events import fact_as
from chassis.identity import Revocation
from chassis.rpc import RpcClient


def revocation_in(envelope: Envelope) -> Revocation | None:
    """The sessions that a fact ends, if it does."""
    if not envelope.data.Is(SessionRevoked.DESCRIPTOR):
        return None
    fact = fact_as(envelope, SessionRevoked)
    return Revocation(fact.account_id, fact.session_id, envelope.time.ToDatetime(UTC))


class Authority:
    """Directory's keys and revocations, over its channel."""

    def __init__(self, directory: RpcClient) -> None:
        self._sessions: Any = SessionServiceStub(directory.channel)

    async def keys(self) -> Sequence[Mapping[str, Any]]:
        answer = await self._sessions.GetKeys(pb.GetKeysRequest())
        return [
            {"kid": key.kid, "kty": key.kty, "crv": key.crv, "x": key.x, "alg": key.alg, "use": key.use}
            for key in answer.keys
        ]

    async def revocations(self, since: datetime | None) -> Iterable[Revocation]:
        request = pb.ListRevocationsRequest()
        if since is not None:
            request.since.FromDatetime(since)
        answer = await self._sessions.ListRevocations(request)
        return [
            Revocation(ended.account_id, ended.session_id, ended.time.ToDatetime(UTC)) for ended in answer.revocations
        ]
