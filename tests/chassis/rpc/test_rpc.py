"""A real gRPC server and client over mutual TLS: who is let in, what errors become, what is tried again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import directory_pb2, directory_pb2_grpc
from workspace.mail.v1 import mail_pb2, mail_pb2_grpc

from chassis.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WorkspaceError,
)
from chassis.identity import TokenVerifier, acting_as, current_identity
from chassis.rpc import RpcClient, RpcServer, calling_service, translated
from chassis.rpc.status import status_of
from chassis.settings import ServiceSettings


class Sessions(directory_pb2_grpc.SessionServiceServicer):
    def __init__(self) -> None:
        self.calls = 0

    async def GetKeys(self, request: Any, context: Any) -> directory_pb2.GetKeysResponse:
        self.calls += 1
        if self.calls < 3:
            raise Unavailable("starting")
        return directory_pb2.GetKeysResponse()

    async def CreateSession(self, request: Any, context: Any) -> directory_pb2.Session:
        self.calls += 1
        raise Unavailable("starting")

    async def VerifyPassword(self, request: Any, context: Any) -> directory_pb2.VerifyPasswordResponse:
        return directory_pb2.VerifyPasswordResponse(display_name=calling_service())


class Mailboxes(mail_pb2_grpc.MailboxServiceServicer):
    async def ListMailboxes(self, request: Any, context: Any) -> mail_pb2.ListMailboxesResponse:
        return mail_pb2.ListMailboxesResponse(mailboxes=[mail_pb2.Mailbox(id=current_identity().account_id)])

    async def CreateMailbox(self, request: Any, context: Any) -> mail_pb2.Mailbox:
        raise InvalidInput("Two names are wrong", fields={"mailbox.name": "must not be empty"})

    async def UpdateMailbox(self, request: Any, context: Any) -> mail_pb2.Mailbox:
        raise TooManyRequests(retry_after=2.5)

    async def DeleteMailbox(self, request: Any, context: Any) -> Any:
        return {}["secret path"]


class Messages(mail_pb2_grpc.MessageServiceServicer):
    async def GetMessageSource(self, request: Any, context: Any) -> AsyncIterator[HttpBody]:
        yield HttpBody(data=b"first")
        raise NotFound("The rest is gone")

    async def GetMessage(self, request: Any, context: Any) -> mail_pb2.Message:
        await asyncio.sleep(20)
        return mail_pb2.Message()


class Accounts(directory_pb2_grpc.AccountServiceServicer):
    async def SetPassword(self, request: Any, context: Any) -> Empty:
        return Empty()

    async def ListAccounts(self, request: Any, context: Any) -> directory_pb2.ListAccountsResponse:
        return directory_pb2.ListAccountsResponse()


class Stack:
    def __init__(self, settings_of: Callable[[str], ServiceSettings], signer: Any) -> None:
        self.settings_of = settings_of
        self.sessions = Sessions()
        self.server = RpcServer(
            settings_of("mail"),
            TokenVerifier(signer.fetch),
            [
                (directory_pb2_grpc.add_SessionServiceServicer_to_server, self.sessions),
                (directory_pb2_grpc.add_AccountServiceServicer_to_server, Accounts()),
                (mail_pb2_grpc.add_MailboxServiceServicer_to_server, Mailboxes()),
                (mail_pb2_grpc.add_MessageServiceServicer_to_server, Messages()),
            ],
        )
        self.clients: list[RpcClient] = []

    def client(self, name: str) -> grpc.aio.Channel:
        services = [directory_pb2.DESCRIPTOR.services_by_name["SessionService"]]
        client = RpcClient(self.settings_of(name), "mail", f"127.0.0.1:{self.server.port}", services)
        self.clients.append(client)
        return client.channel


@pytest.fixture
async def stack(settings_of: Any, signer: Any) -> AsyncIterator[Stack]:
    stack = Stack(settings_of, signer)
    await stack.server.start()
    yield stack
    for client in stack.clients:
        await client.stop()
    await stack.server.stop()


@pytest.fixture
async def agent(signer: Any) -> Any:
    return await TokenVerifier(signer.fetch).verify(signer.token())


async def test_the_users_token_travels_and_names_the_identity(stack: Stack, agent: Any) -> None:
    mailboxes = mail_pb2_grpc.MailboxServiceStub(stack.client("gateway"))
    with acting_as(agent):
        answer = await mailboxes.ListMailboxes(mail_pb2.ListMailboxesRequest())
    assert answer.mailboxes[0].id == "01ACCOUNT"
    with pytest.raises(Unauthenticated):
        await mailboxes.ListMailboxes(mail_pb2.ListMailboxesRequest())


async def test_a_service_rpc_answers_services_and_not_the_command_line(stack: Stack) -> None:
    request = directory_pb2.VerifyPasswordRequest()
    answer = await directory_pb2_grpc.SessionServiceStub(stack.client("mail")).VerifyPassword(request)
    assert answer.display_name == "mail"
    with pytest.raises(Forbidden):
        await directory_pb2_grpc.SessionServiceStub(stack.client("cli")).VerifyPassword(request)


async def test_an_administrators_rpc_refuses_an_agent(stack: Stack, agent: Any, signer: Any) -> None:
    accounts = directory_pb2_grpc.AccountServiceStub(stack.client("cli"))
    with acting_as(agent), pytest.raises(Forbidden):
        await accounts.ListAccounts(directory_pb2.ListAccountsRequest())
    token = signer.token(roles=[{"role": "administrator", "unit": "m1"}])
    with acting_as(await TokenVerifier(signer.fetch).verify(token)):
        await accounts.ListAccounts(directory_pb2.ListAccountsRequest())


@pytest.mark.parametrize(
    ("scope", "reads", "writes"),
    [
        ("mail.read", True, False),
        ("mail.write", True, True),
        ("openid profile mail.read", True, False),
        ("directory.write", False, False),
        ("mail", False, False),
        ("", False, False),
    ],
)
async def test_a_limited_token_reaches_as_far_as_its_scopes(
    stack: Stack, signer: Any, scope: str, reads: bool, writes: bool
) -> None:
    mailboxes = mail_pb2_grpc.MailboxServiceStub(stack.client("gateway"))
    verified = await TokenVerifier(signer.fetch).verify(signer.token(scope=scope, client_id="c1"))

    async def refused(call: Any) -> bool:
        try:
            await call
        except Forbidden:
            return True
        except InvalidInput:
            pass
        return False

    with acting_as(verified):
        assert await refused(mailboxes.ListMailboxes(mail_pb2.ListMailboxesRequest())) is not reads
        assert await refused(mailboxes.CreateMailbox(mail_pb2.CreateMailboxRequest())) is not writes


async def test_credentials_are_for_tokens_of_the_workspace_itself(stack: Stack, agent: Any, signer: Any) -> None:
    accounts = directory_pb2_grpc.AccountServiceStub(stack.client("gateway"))
    with acting_as(agent):
        await accounts.SetPassword(directory_pb2.SetPasswordRequest())
    limited = await TokenVerifier(signer.fetch).verify(signer.token(scope="directory.write", client_id="c1"))
    with acting_as(limited), pytest.raises(Forbidden):
        await accounts.SetPassword(directory_pb2.SetPasswordRequest())


async def test_without_a_certificate_of_the_platform_nobody_is_answered(stack: Stack) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{stack.server.port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await directory_pb2_grpc.SessionServiceStub(channel).GetKeys(directory_pb2.GetKeysRequest(), timeout=2)


async def test_reading_is_tried_again_and_logging_in_is_not(stack: Stack) -> None:
    sessions = directory_pb2_grpc.SessionServiceStub(stack.client("gateway"))
    await sessions.GetKeys(directory_pb2.GetKeysRequest())
    assert stack.sessions.calls == 3
    with pytest.raises(Unavailable, match="starting"):
        await sessions.CreateSession(directory_pb2.CreateSessionRequest())
    assert stack.sessions.calls == 4


async def test_errors_arrive_with_their_fields_and_delays(stack: Stack, agent: Any) -> None:
    mailboxes = mail_pb2_grpc.MailboxServiceStub(stack.client("gateway"))
    with acting_as(agent):
        with pytest.raises(InvalidInput) as wrong:
            await mailboxes.CreateMailbox(mail_pb2.CreateMailboxRequest())
        with pytest.raises(TooManyRequests) as slower:
            await mailboxes.UpdateMailbox(mail_pb2.UpdateMailboxRequest())
    assert wrong.value.fields == {"mailbox.name": "must not be empty"}
    assert slower.value.retry_after == 2.5


async def test_a_fault_of_ours_tells_nothing_of_the_inside(stack: Stack, agent: Any) -> None:
    with acting_as(agent), pytest.raises(WorkspaceError) as fault:
        await mail_pb2_grpc.MailboxServiceStub(stack.client("gateway")).DeleteMailbox(mail_pb2.DeleteMailboxRequest())
    assert fault.value.detail == "Internal error"


async def test_who_is_not_there_is_not_named(stack: Stack, agent: Any) -> None:
    channel = stack.client("gateway")
    await stack.server.stop()
    with acting_as(agent), pytest.raises(Unavailable) as away:
        await mail_pb2_grpc.MessageServiceStub(channel).GetMessage(mail_pb2.GetMessageRequest())
    assert "127.0.0.1" in away.value.detail, "for the log"
    assert status_of(away.value)[1] == away.value.told == "Temporarily unavailable"


async def test_a_stream_that_breaks_ends_with_its_error(stack: Stack, agent: Any) -> None:
    messages = mail_pb2_grpc.MessageServiceStub(stack.client("gateway"))
    read: list[bytes] = []

    async def download() -> None:
        with translated():
            async for piece in messages.GetMessageSource(mail_pb2.GetMessageSourceRequest()):
                read.append(piece.data)

    with acting_as(agent), pytest.raises(NotFound, match="gone"):
        await download()
    assert read == [b"first"]


async def test_a_call_ends_at_its_deadline(stack: Stack, agent: Any) -> None:
    with acting_as(agent), pytest.raises(WorkspaceError) as late:
        await mail_pb2_grpc.MessageServiceStub(stack.client("gateway")).GetMessage(
            mail_pb2.GetMessageRequest(), timeout=0.3
        )
    assert late.value.reason == "deadline_exceeded"
