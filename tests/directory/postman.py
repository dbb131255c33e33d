"""A submission server that we did not write (aiosmtpd), where directory's letters arrive."""

import asyncio
import base64
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, ClassVar, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from workspace.directory.v1 import directory_pb2

from chassis.errors import Unauthenticated
from chassis.identity import Identity, TokenVerifier
from chassis.tls import public_context
from deploy.local.certificates import LOCALHOST, Authority
from services.directory.letter_posting import LetterPosting
from services.directory.usecases.context import Directory
from services.directory.usecases.send_letters import send_letters
from services.directory.usecases.start_reset import answer_resets
from tests.directory.conftest import Stack


@dataclass
class Arrived:
    """A letter as its reader has it."""

    to: str
    sender: str
    message: EmailMessage

    @property
    def text(self) -> str:
        return str(self.message.get_content())

    @property
    def code(self) -> str:
        return re.findall(r"^    ([0-9a-z]{4,5}(?:-[0-9a-z]{4,5})+)\r?$", self.text, re.M)[0]


@dataclass
class Postman:
    """What came, and how it behaves: `refuse` holds codes for recipients, `away` closes the door."""

    directory: Directory
    verifier: TokenVerifier
    server: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)

    async def auth_OAUTHBEARER(self, server: Any, args: list[str]) -> AuthResult:
        found = re.search(rb"auth=Bearer ([^\x01]+)", base64.b64decode(args[1]))
        assert found is not None
        try:
            self.identities.append(await self.verifier.verify(found[1].decode()))
        except Unauthenticated:
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]) -> str:
        refusal = self.refuse.get(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = cast(EmailMessage, message_from_bytes(cast(bytes, envelope.content), policy=default))
        sender = cast(str, envelope.mail_from)
        self.arrived += [Arrived(to, sender, message) for to in envelope.rcpt_tos]
        return "250 taken"

    async def round(self) -> list[Arrived]:
        """What the worker's timers do once; what came by it."""
        before = len(self.arrived)
        await answer_resets(self.directory)
        await send_letters(self.directory)
        return self.arrived[before:]


class Submission(SMTP):
    """With lines as long as AUTH may have them (RFC 4954 §4)."""

    command_size_limit = line_length_limit = 12288
    command_size_limits: ClassVar = defaultdict(lambda: 12288)


@asynccontextmanager
async def postman_of(stack: Stack, authority: Authority) -> AsyncIterator[Postman]:
    async def keys() -> list[dict[str, str]]:
        answer = await stack.gateway.sessions.GetKeys(directory_pb2.GetKeysRequest())
        return [{"kid": k.kid, "kty": k.kty, "crv": k.crv, "x": k.x, "alg": k.alg, "use": k.use} for k in answer.keys]

    own = authority.of(LOCALHOST)
    postman = Postman(stack.directory, TokenVerifier(keys))
    tls = public_context(own.certificate, own.key)
    server = await asyncio.get_running_loop().create_server(
        lambda: Submission(postman, hostname=LOCALHOST, require_starttls=True, tls_context=tls, auth_required=True),
        "127.0.0.1",
        0,
    )
    port = server.sockets[0].getsockname()[1]
    postman.server = f"{LOCALHOST}:{port}"
    posting = LetterPosting(postman.server, authority.certificate)
    postman.directory = replace(stack.directory, mailing=replace(stack.directory.mailing, post=posting.post))
    yield postman
    server.close()
