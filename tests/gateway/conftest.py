"""A gateway on a real socket, before real gRPC servers whose servicers are the tests' own."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from joserfc import jwt
from joserfc.jwk import OKPKey
from workspace.directory.v1 import audit_pb2_grpc as audit_rpc
from workspace.directory.v1 import directory_pb2 as directory
from workspace.directory.v1 import directory_pb2_grpc as directory_rpc
from workspace.events.v1.envelope_pb2 import Envelope
from workspace.mail.v1 import mail_pb2 as mail
from workspace.mail.v1 import mail_pb2_grpc as mail_rpc
from workspace.mail.v1 import transport_policy_pb2 as policy
from workspace.mail.v1 import transport_policy_pb2_grpc as policy_rpc

from chassis.errors import Conflict, InvalidInput, NotFound, Unauthenticated, Unavailable
from chassis.events import Notifications
from chassis.identity import ALGORITHM, Revocations, TokenVerifier, current_identity
from chassis.rpc import RpcClient, RpcServer, calling_service
from deploy.local.certificates import Authority
from gateway.app import build_app
from gateway.server import HttpServer
from gateway.settings import Settings
from gateway.upstreams import services

SOURCE = b"Subject: essai\r\n\r\n" + bytes(range(256)) * 1024
PIECE = 64 * 1024


class Signer:
    """Signs tokens as directory does, and wrongly where a test asks for it."""

    def __init__(self, kid: str = "k1") -> None:
        self.kid = kid
        self.key = OKPKey.generate_key("Ed25519", {"kid": kid}, private=True)

    async def keys(self) -> list[dict[str, Any]]:
        return [dict(self.key.as_dict(private=False))]

    def claims(self, account: str = "01ALICE", **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": "workspace", "aud": "workspace", "sub": account, "sid": f"session-{account}", "iat": now,
            "exp": now + 900, "address": "agent1@numerique.gouv.tg", "unit": ["m1"], "roles": [], **changed,
        }  # fmt: skip

    def token(self, account: str = "01ALICE", **changed: Any) -> str:
        header = {"alg": ALGORITHM, "kid": self.kid}
        return jwt.encode(header, self.claims(account, **changed), self.key, algorithms=[ALGORITHM])

    def unsigned(self) -> str:
        parts = ({"alg": "none", "kid": self.kid}, self.claims())
        return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts) + "."


class Sessions(directory_rpc.SessionServiceServicer):
    def __init__(self) -> None:
        self.metadata: dict[str, Any] = {}

    async def CreateSession(self, request: Any, context: Any) -> directory.Session:
        self.metadata = dict(context.invocation_metadata())
        if request.password != "right":
            raise Unauthenticated("The address or the password is wrong")
        return directory.Session(access_token="access", refresh_token="refresh", expires_in=900)

    async def DeleteSession(self, request: Any, context: Any) -> Empty:
        return Empty()


class Accounts(directory_rpc.AccountServiceServicer):
    def __init__(self) -> None:
        self.requests: list[Any] = []

    async def UpdateAccount(self, request: Any, context: Any) -> directory.Account:
        self.requests.append(request)
        return request.account

    async def ListAccounts(self, request: Any, context: Any) -> directory.ListAccountsResponse:
        self.requests.append(request)
        return directory.ListAccountsResponse(next_page_token="next page/=")

    async def SuspendAccount(self, request: Any, context: Any) -> directory.Account:
        return directory.Account(id=request.id, suspended=True)

    async def GetAccount(self, request: Any, context: Any) -> directory.Account:
        return directory.Account(id=request.id)

    async def GetOwnAccount(self, request: Any, context: Any) -> directory.Account:
        return directory.Account(id=current_identity().account_id, display_name=calling_service())

    async def CreateAccount(self, request: Any, context: Any) -> directory.Account:
        raise InvalidInput("Two are wrong", fields={"account.address": "is no address", "password": "is short"})


class Audit(audit_rpc.AuditServiceServicer):
    """Sends octets whose number it does not know beforehand."""

    def __init__(self) -> None:
        self.fails = False

    async def ExportRecords(self, request: Any, context: Any) -> AsyncIterator[HttpBody]:
        await context.send_initial_metadata((("workspace-filename", "audit.jsonl"),))
        for at in range(0, len(SOURCE), PIECE):
            yield HttpBody(content_type="application/jsonl", data=SOURCE[at : at + PIECE])
        if self.fails:
            raise Unavailable("The database is away")


class Mailboxes(mail_rpc.MailboxServiceServicer):
    async def ListMailboxes(self, request: Any, context: Any) -> mail.ListMailboxesResponse:
        inbox = mail.Mailbox(id="01INBOX", name="INBOX", special_use=mail.SPECIAL_USE_INBOX, messages=2**53 + 1)
        return mail.ListMailboxesResponse(mailboxes=[inbox])

    async def CreateMailbox(self, request: Any, context: Any) -> mail.Mailbox:
        if request.mailbox.name == "slow":
            await asyncio.sleep(20)
        return mail.Mailbox(id="01NEW", name=request.mailbox.name)

    async def UpdateMailbox(self, request: Any, context: Any) -> mail.Mailbox:
        raise Conflict("Somebody else renamed it")

    async def DeleteMailbox(self, request: Any, context: Any) -> Empty:
        if request.id == "away":
            raise Unavailable("The database is away", retry_after=7)
        return {}["a fault of ours"]


class Messages(mail_rpc.MessageServiceServicer):
    """Serves and takes octets, and counts how many are under way."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.sent = 0
        self.received = 0
        self.cut = 0
        self.ended = asyncio.Event()
        self.go_on = asyncio.Event()
        self.pieces = 1024

    async def ListMessages(self, request: Any, context: Any) -> mail.ListMessagesResponse:
        self.requests.append(request)
        return mail.ListMessagesResponse(messages=[mail.Message(id="01MSG", flags=["\\Seen"])])

    async def UpdateMessage(self, request: Any, context: Any) -> mail.Message:
        self.requests.append(request)
        return request.message

    async def GetMessageSource(self, request: Any, context: Any) -> AsyncIterator[HttpBody]:
        self.requests.append(request)
        if request.id == "gone":
            raise NotFound("No such message")
        if request.id == "endless":
            async for piece in self._endless(context):
                yield piece
            return
        source = b"" if request.id == "empty" else SOURCE
        whole = len(source) + (10 if request.id == "broken" else 0)
        name = "rapport%20%C3%A9t%C3%A9.eml"
        await context.send_initial_metadata(
            (("workspace-length", str(whole)), ("workspace-etag", "abc123"), ("workspace-filename", name))
        )
        end = request.offset + request.length if request.length else len(source)
        for at in range(request.offset, min(end, len(source)), PIECE):
            yield HttpBody(content_type="message/rfc822", data=source[at : min(at + PIECE, end)])

    async def _endless(self, context: Any) -> AsyncIterator[HttpBody]:
        await context.send_initial_metadata((("workspace-length", str(self.pieces * PIECE)), ("workspace-etag", "e")))
        try:
            for _ in range(self.pieces):
                yield HttpBody(content_type="message/rfc822", data=bytes(PIECE))
                self.sent += 1
        finally:
            self.ended.set()

    async def AppendMessage(self, requests: Any, context: Any) -> mail.Message:
        first = request = None
        async for request in requests:
            assert len(request.source.data) <= PIECE
            first = first or request
            self.received += len(request.source.data)
            if first.mailbox_id == "refused":
                raise NotFound("No such mailbox")
            if first.mailbox_id == "slow":
                await self.go_on.wait()
        if not request.last:
            self.cut += 1
            raise InvalidInput("The source was cut off")
        self.requests.append(first)
        return mail.Message(id="01NEW", mailbox_id=first.mailbox_id, size=self.received, flags=first.flags)


POLICY_TEXT = "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"


class Policies(policy_rpc.TransportPolicyServiceServicer):
    """What is said of servers: of the state's domains alone."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def GetTransportPolicy(self, request: Any, context: Any) -> policy.TransportPolicy:
        self.asked.append(request.domain)
        if not request.domain or " " in request.domain:
            raise InvalidInput("Not a domain")
        if not request.domain.endswith("gouv.tg"):
            raise NotFound("No policy of ours")
        return policy.TransportPolicy(text=POLICY_TEXT)


class Feeds:
    """Where a test puts events for the sockets of the process."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Callable[[Envelope | None], None]]] = {}

    def listen(self, account_id: str, heard: Callable[[Envelope | None], None]) -> Callable[[], None]:
        self.heard.setdefault(account_id, []).append(heard)
        return lambda: self.heard[account_id].remove(heard)

    def publish(self, envelope: Envelope | None) -> None:
        """To every socket of every account: what is not for it has to be kept from it."""
        for heard in [each for account in self.heard.values() for each in account]:
            heard(envelope)

    def listening(self) -> int:
        return sum(map(len, self.heard.values()))


@dataclass
class Gateway:
    """What a test talks to, and what stands behind it."""

    signer: Signer
    sessions: Sessions = field(default_factory=Sessions)
    accounts: Accounts = field(default_factory=Accounts)
    messages: Messages = field(default_factory=Messages)
    audit: Audit = field(default_factory=Audit)
    policies: Policies = field(default_factory=Policies)
    feeds: Any = None
    revocations: Revocations = field(default_factory=lambda: Revocations(_no_revocations))
    client: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)
    port: int = 0

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.signer.token()}"}

    @property
    def auditor(self) -> dict[str, str]:
        roles = [{"role": "auditor", "unit": ""}]
        return {"authorization": f"Bearer {self.signer.token('01AUDIT', roles=roles)}"}

    @property
    def administrator(self) -> dict[str, str]:
        roles = [{"role": "administrator", "unit": ""}]
        return {"authorization": f"Bearer {self.signer.token('01ADMIN', roles=roles)}"}


async def _no_revocations(since: datetime | None) -> list[Any]:
    return []


async def _start(authority: Authority, options: dict[str, Any], feeds: Any) -> AsyncIterator[Gateway]:
    signer = Signer()
    made = Gateway(signer, feeds=feeds)

    def settings(name: str, **more: Any) -> Settings:
        own = authority.of(name)
        return Settings(
            tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=2,
            http_listen="127.0.0.1:0", **more,
        )  # fmt: skip

    servers = {
        "directory": RpcServer(settings("directory"), TokenVerifier(signer.keys), [
            (directory_rpc.add_SessionServiceServicer_to_server, made.sessions),
            (directory_rpc.add_AccountServiceServicer_to_server, made.accounts),
            (audit_rpc.add_AuditServiceServicer_to_server, made.audit),
        ]),
        "mail": RpcServer(settings("mail"), TokenVerifier(signer.keys), [
            (mail_rpc.add_MailboxServiceServicer_to_server, Mailboxes()),
            (mail_rpc.add_MessageServiceServicer_to_server, made.messages),
            (policy_rpc.add_TransportPolicyServiceServicer_to_server, made.policies),
        ]),
        # Its doors are tried in tests/calendar.
        "calendar": RpcServer(settings("calendar"), TokenVerifier(signer.keys), []),
    }  # fmt: skip
    for server in servers.values():
        await server.start()
    own = settings("gateway", **options)
    clients = {
        name: RpcClient(own, name, f"127.0.0.1:{server.port}", services(name)) for name, server in servers.items()
    }
    channels = {name: client.channel for name, client in clients.items()}
    verifier = TokenVerifier(signer.keys, made.revocations)
    http = HttpServer(own, lambda: build_app(own, channels, verifier, made.revocations, made.feeds))
    await http.start()
    made.port = http.port
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http.port}", timeout=10) as client:
        made.client = client
        yield made
    made.messages.go_on.set()
    await http.drain()
    await http.stop()
    for part in (*clients.values(), *servers.values()):
        await part.stop()


@pytest.fixture
async def gateway(authority: Authority, request: pytest.FixtureRequest) -> AsyncIterator[Gateway]:
    """A gateway with the settings of the `gateway_settings` mark."""
    mark = request.node.get_closest_marker("gateway_settings")
    async for made in _start(authority, dict(mark.kwargs) if mark else {}, Feeds()):
        yield made


@pytest.fixture
async def live_gateway(authority: Authority, broker_url: str) -> AsyncIterator[Gateway]:
    """A gateway on a real broker."""
    notifications = Notifications(broker_url, sources=("directory", "mail"))
    await notifications.start()
    async for made in _start(authority, {}, notifications):
        yield made
    await notifications.stop()


def utc_now() -> datetime:
    return datetime.now(UTC)


async def until(true: Callable[[], bool], seconds: float = 5) -> None:
    """Wait for something that happens soon."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


@pytest.fixture
def eventually() -> Callable[..., Any]:
    return until
