"""What a session asks of the world."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from chassis.identity import Identity
from services.mail.imap.codec import Line, Literal


class Wire(Protocol):
    """The connection, as a command uses it."""

    remote: str

    @property
    def secure(self) -> bool:
        """Whether nobody on the way can read."""
        ...

    def write(self, data: bytes) -> None:
        """Queue octets; `flush` sends them."""
        ...

    @property
    def pending(self) -> int:
        """Octets that are queued."""
        ...

    async def flush(self) -> None:
        """Send what is queued; wait while the client does not read, and let other connections have their turn."""
        ...

    async def line(self) -> bytes | None:
        """The client's next line; None when there will be none, or no plain one."""
        ...

    async def next(self) -> Line | Literal:
        """What comes next, up to its end or up to a literal, which is then to be taken or refused."""
        ...

    async def take(self, literal: Literal) -> AsyncIterator[bytes]:
        """Ask for a literal; its octets as they come. Raises `ConnectionError` when they do not."""
        ...

    def refuse(self) -> None:
        """Never ask for the literal."""
        ...

    def logged_in(self, identity: Identity) -> None:
        """The client is known now: other limits hold, and its session ends when directory ends it.

        Raises `TooManyRequests`.
        """
        ...

    async def start_tls(self) -> None:
        """Forget what the client sent in the clear beyond STARTTLS, and encrypt from now on."""
        ...

    @property
    def compressed(self) -> bool: ...

    def compress(self) -> None:
        """What is written and read from now on is compressed."""
        ...

    def close(self) -> None:
        """Send what is queued and end."""
        ...


# Hear of changes of an account's mail; the callback takes nothing, the result ends it.
Listen = Callable[[str, Callable[[], None]], Callable[[], None]]


@dataclass(frozen=True, slots=True)
class Options:
    """How this server behaves. Seconds and octets."""

    max_message: int
    # Log in without TLS: only for a server that listens on loopback.
    plain_login: bool = False
    starttls: bool = True
    login_seconds: float = 60
    stalled_seconds: float = 60
    idle_seconds: float = 30 * 60
    write_seconds: float = 300
    poll_seconds: float = 30
    connections: int = 50_000
    # A whole ministry may come from one address; those not logged in are another matter.
    connections_per_address: int = 10_000
    strangers_per_address: int = 2_000
    connections_per_account: int = 50
    failed_logins: int = 3
    failed_login_pause: float = 1.0
    bad_commands: int = 20
    # What the server says of itself, and where its operators are reached, a URI (RFC 5464 §6.2).
    comment: str = ""
    admin: str = ""
    # Of one APPEND.
    messages_at_once: int = 500
