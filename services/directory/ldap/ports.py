"""What a session asks of the world."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.directory.domain.accounts import Account
from services.directory.domain.book import Book, Collectives
from services.directory.usecases.verify_password import Verified

# Who an address and a password prove, from a network address. Raises `Unauthenticated`, `TooManyRequests` or
# `Unavailable`.
Verify = Callable[[str, str, str], Awaitable[Verified]]
# The account of an id as it is now; None when who bound at that time by that credential is bound no longer.
Recheck = Callable[[str, str, datetime], Awaitable[Account | None]]
# The book as it is, None while it is being read.
Opened = Callable[[], Book | None]
# The groups and functions as they are.
Gatherings = Callable[[], Collectives]
# The photo of an account's id as JPEG; empty when there is none, or it cannot be read now.
Photo = Callable[[str], Awaitable[bytes]]


class Wire(Protocol):
    """The connection, as an operation uses it."""

    remote: str

    @property
    def secure(self) -> bool:
        """Whether nobody on the way can read."""
        ...

    def write(self, data: bytes) -> None:
        """Queue octets; `flush` sends them."""
        ...

    async def flush(self) -> None:
        """Send what is queued; wait while the client does not read, and let other connections have their turn."""
        ...

    def abandoned(self, message_id: int) -> bool:
        """Whether the client wants no more of an operation."""
        ...

    def bound(self, who: Verified | None) -> None:
        """Whose connection it is from now on. Raises `TooManyRequests`."""
        ...

    async def start_tls(self) -> None:
        """Forget what the client sent in the clear beyond the request, and encrypt from now on."""
        ...

    def close(self) -> None:
        """Send what is queued and end."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How this server behaves. Seconds, octets and numbers of entries."""

    base: str = "dc=gouv,dc=tg"
    # Bind without TLS: only for a server that listens on loopback.
    plain_login: bool = False
    starttls: bool = True
    # Entries of one answer, and of one page.
    size_limit: int = 500
    # Entries that are looked at because no index answers a filter.
    looked_at: int = 20_000
    time_limit: float = 10
    max_message: int = 64 * 1024
    login_seconds: float = 60
    stalled_seconds: float = 30
    idle_seconds: float = 15 * 60
    write_seconds: float = 60
    connections: int = 10_000
    connections_per_address: int = 2_000
    connections_per_account: int = 100
    failed_logins: int = 3
    failed_login_pause: float = 1.0
    waiting: int = 100
