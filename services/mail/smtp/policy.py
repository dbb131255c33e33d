"""What tells reception and submission apart: who may send what to whom, and what becomes of a message."""

from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chassis.identity import Identity
from services.mail.domain.dsn import Wish, Wishes
from services.mail.domain.envelope import Recipient
from services.mail.smtp.binary import unbinary
from services.mail.smtp.codec.head import Head
from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.codec.trace import Transit
from services.mail.smtp.networks import Network


@dataclass(frozen=True, slots=True)
class Options:
    """How a server behaves. Seconds and octets."""

    host: str
    max_message: int = 50 * 1024 * 1024
    max_recipients: int = 1000
    # Recipients refused beyond `max_recipients` before each counts as an error.
    recipients_overshoot: int = 1000
    max_errors: int = 20
    connections: int = 2000
    connections_per_address: int = 50
    # Between commands, and between pieces of a message.
    command_seconds: float = 300
    data_seconds: float = 180
    # A message as a whole.
    message_seconds: float = 3600
    # A connection; longer than any token should be trusted without looking again.
    session_seconds: float = 3600
    # Messages taken in at a time; the others are told to come again.
    messages_at_once: int = 400
    # AUTH without TLS: only for a server that listens on loopback.
    plain_login: bool = False
    failed_logins: int = 3
    failed_login_pause: float = 1.0
    # Whether messages may be held until a time (RFC 4865).
    holds: bool = False
    # LMTP instead of SMTP (RFC 2033), for peers in these networks and on a socket of this machine.
    lmtp: bool = False
    networks: Sequence[Network] = ()


@dataclass(slots=True)
class Envelope:
    """A transaction (RFC 5321 §3.3): what MAIL and RCPT said. `sender` is None before MAIL."""

    sender: str | None = None
    size: int = 0
    recipients: list[Recipient] = field(default_factory=list)
    # What the sender wants to be told (RFC 3461), of each recipient by its address.
    ret: str = ""
    envid: str = ""
    wishes: dict[str, Wish] = field(default_factory=dict)
    # When it is to leave (RFC 4865).
    release_at: datetime | None = None
    # Its parts may be binary (RFC 3030 §3).
    binary: bool = False
    # Addresses and header may be UTF-8 (RFC 6531).
    utf8: bool = False

    def want_known(self, path: str) -> None:
        """Raises `Refused` for an address in UTF-8 of a client that has not said that it speaks it (RFC 6531 §3.5)."""
        if not self.utf8 and not path.isascii():
            raise Refused(553, "5.6.7", "An address in UTF-8 wants SMTPUTF8")

    @property
    def wished(self) -> Wishes:
        return Wishes(self.ret, self.envid, self.wishes)


class Authenticator(Protocol):
    """Who may log in. Both raise `Unauthenticated`, `TooManyRequests` or `Unavailable`."""

    async def password(self, address: str, password: str, remote: str) -> Identity: ...
    async def token(self, token: str) -> Identity: ...


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it comes: its octets, its header once they were read, and how it came in."""

    chunks: AsyncIterable[bytes]
    head: Head
    transit: Transit
    binary: bool = False

    def kept(self, examined: AsyncIterable[bytes]) -> AsyncIterable[bytes]:
        """Its octets as they are kept, once they were looked at as they came."""
        return unbinary(examined) if self.binary else examined


class Policy(Protocol):
    """One of the two services. Its methods raise `Refused`."""

    @property
    def authenticator(self) -> Authenticator | None:
        """Who checks logins, where AUTH is offered and wanted before MAIL."""
        ...

    async def sender(self, address: str, identity: Identity | None, remote: str, /) -> None:
        """Whether MAIL may name this sender, from a client at `remote`."""
        ...

    async def recipient(self, address: str, remote: str, size: int, /) -> Recipient:
        """The recipient that RCPT names, from a client at `remote`; without account id when it is elsewhere.

        `size` is what MAIL says that the message has, in octets; 0 when it does not."""
        ...

    async def accept(self, envelope: Envelope, incoming: Incoming, identity: Identity | None, /) -> bytes:
        """Take the message; durable when it returns. The replies: one, or by LMTP one for each recipient."""
        ...
