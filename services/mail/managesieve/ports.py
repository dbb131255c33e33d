"""What a session asks of the world, and how a server behaves."""

from dataclasses import dataclass
from typing import Protocol

from chassis.identity import Identity
from services.mail.domain.sieve import MAX_SCRIPT


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

    async def flush(self) -> None:
        """Send what is queued; wait while the client does not read, and let other connections have their turn."""
        ...

    async def line(self) -> bytes:
        """The client's next line, its literals inline. Raises `ConnectionError` when there will be none."""
        ...

    def logged_in(self, identity: Identity) -> None:
        """The client is known now: other limits hold, and its session ends when directory ends it.

        Raises `TooManyRequests`.
        """
        ...

    def logged_out(self) -> None:
        """The client is nobody again."""
        ...

    async def start_tls(self) -> None:
        """Forget what the client sent in the clear beyond STARTTLS, and encrypt from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How this server behaves. Seconds and octets."""

    # Log in without TLS: only for a server that listens on loopback.
    plain_login: bool = False
    starttls: bool = True
    max_script: int = MAX_SCRIPT
    login_seconds: float = 60
    stalled_seconds: float = 60
    # RFC 5804 §1.4: not less than half an hour for who has logged in.
    idle_seconds: float = 30 * 60
    write_seconds: float = 300
    connections: int = 5_000
    connections_per_address: int = 1_000
    strangers_per_address: int = 200
    connections_per_account: int = 20
    failed_logins: int = 3
    failed_login_pause: float = 1.0
    bad_commands: int = 20
