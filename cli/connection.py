"""A connection to a service, with the operator's identity in each call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import cast

from workspace.directory.v1 import directory_pb2 as pb
from workspace.operations.v1 import operations_pb2, operations_pb2_grpc

from chassis.identity import Identity, acting_as
from chassis.rpc import RpcClient
from cli.place import place
from cli.stubs import CalendarStubs, DirectoryStubs, MailStubs
from cli.tokens import access_token

_FILES = (*DirectoryStubs.files, *MailStubs.files, *CalendarStubs.files, operations_pb2.DESCRIPTOR)
_SERVICES = [service for file in _FILES for service in file.services_by_name.values()]


class Connection(DirectoryStubs, MailStubs, CalendarStubs):
    """The stubs of a service's rpcs that operators use."""

    def __init__(self, client: RpcClient) -> None:
        DirectoryStubs.__init__(self, client.channel)
        MailStubs.__init__(self, client.channel)
        CalendarStubs.__init__(self, client.channel)
        letters = operations_pb2_grpc.DeadLetterServiceStub(client.channel)
        self.dead_letters = cast("operations_pb2_grpc.DeadLetterServiceAsyncStub", letters)


@asynccontextmanager
async def connected(service: str = "directory", *, anonymous: bool = False) -> AsyncIterator[Connection]:
    """Connect to a service; `anonymous` before anybody is logged in."""
    token = None if anonymous else await access_token(_refresh)
    async with _open(service) as connection:
        with acting_as(_operator(token)) if token else nullcontext():
            yield connection


async def _refresh(token: str) -> pb.Session:
    async with _open("directory") as connection:
        session: pb.Session = await connection.sessions.RefreshSession(pb.RefreshSessionRequest(refresh_token=token))
    return session


@asynccontextmanager
async def _open(service: str) -> AsyncIterator[Connection]:
    at = place()
    client = RpcClient(at.settings(), service, at.address(service), _SERVICES)
    try:
        yield Connection(client)
    finally:
        await client.stop()


def _operator(token: str) -> Identity:
    """What the client's calls are made for; who that is, the service reads from the token."""
    now = datetime.now(UTC)
    return Identity(account_id="", address="", session_id="", issued_at=now, expires_at=now, token=token)
