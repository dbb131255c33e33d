"""What every use case is given: the service's state and its neighbours, as one value."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from chassis.gathering import Gathering
from chassis.people import Person
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.authentication.found import Found
from services.mail.domain.dsn import Wishes
from services.mail.domain.envelope import Domains, Recipient
from services.mail.domain.options import Options
from services.mail.usecases.active_script import ActiveScripts
from services.mail.usecases.known import Known

if TYPE_CHECKING:
    from services.mail.store import MailStore


class StoredBlob(Protocol):
    """What the blob store answers to a put."""

    @property
    def address(self) -> str: ...
    @property
    def size(self) -> int: ...


class Blobs(Protocol):
    """`chassis.blobs.BlobStore`, as far as mail uses it."""

    async def put(self, chunks: AsyncIterable[bytes], *, limit: int | None = None) -> StoredBlob: ...
    def open(self, address: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]: ...
    async def touch(self, address: str) -> bool: ...


class Keys(Protocol):
    """`chassis.blobs.KeyRing`, as far as mail seals by itself."""

    @property
    def sealing_id(self) -> str: ...
    def wrap(self, data_key: bytes, bound_to: bytes) -> bytes: ...
    def unwrap(self, key_id: str, wrapped: bytes, bound_to: bytes) -> bytes: ...


class Directory(Protocol):
    """Directory's rpc, in processes that may ask it."""

    async def resolve(self, address: str) -> Recipient:
        """The account that receives for an address. Raises `NotFound` or `Unavailable`."""
        ...


class People(Protocol):
    """The projection of directory's facts in mail's own database."""

    async def by_address(self, address: str) -> Recipient | None: ...
    async def account_of(self, address: str) -> str | None:
        """The account whose own address it is; None for that of a function, which others hold in turn."""
        ...

    async def addresses(self, account_ids: Sequence[str]) -> dict[str, str]:
        """Primary addresses of those accounts that are there and not suspended."""
        ...

    async def whereabouts(self, account_id: str) -> Whereabouts | None:
        """Where an account stands, or a function that keeps its own mail; None for whom mail has not heard of."""
        ...

    async def by_ids(self, account_ids: Sequence[str]) -> Sequence[Person]:
        """Those of some accounts that are there."""
        ...

    async def page(self, unit_id: str, after: str, count: int) -> Sequence[Person]:
        """Up to `count` accounts in or below a unit (empty: everywhere), by their ids, which follow `after`."""
        ...

    async def administrators(self, unit_path: Sequence[str]) -> Sequence[Person]:
        """Whoever administers the unit at the end of a path, or where nobody does the nearest above it."""
        ...

    async def bears(self, name: str) -> bool:
        """Whether somebody has that name, however it is accented."""
        ...


class RemoteImage(Protocol):
    """An image's octets, and their type as they themselves tell it."""

    @property
    def content_type(self) -> str: ...
    @property
    def octets(self) -> bytes: ...


class RemoteImages(Protocol):
    """What fetches images of other servers, where something does."""

    async def fetch(self, url: str) -> RemoteImage:
        """Raises `PreconditionFailed`, `TooLarge` or `Unavailable`."""
        ...


class Malware(Protocol):
    """What looks for malware, where something does."""

    def passing(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The same octets; raises `Forbidden` at their end for malware, `Unavailable` when nobody could look."""
        ...


class Names(Protocol):
    """DNS."""

    async def ask(self, name: str, kind: str) -> list[Any] | None:
        """Records of A, AAAA, CNAME, PTR (texts), MX (preference, name), SRV (priority, weight, port, name) or TXT
        (pieces); None when it could not be asked."""
        ...


class Queue(Protocol):
    """What goes to other domains waits here."""

    async def enqueue(
        self,
        *,
        submission_id: str,
        owner: str,
        sender: str,
        recipients: Sequence[str],
        blob: str,
        size: int,
        session: Any,
        wishes: Wishes = ...,
        utf8: bool = ...,
        passed: bool = ...,
        found: Found | None = ...,
    ) -> None:
        """Keep a message for its foreign recipients, in the transaction of `session`."""
        ...

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        """Those that a queued message still needs."""
        ...


class Former(Protocol):
    """The former servers of domains that move here by degrees: `services.mail.relay.callout.Callout`."""

    def serves(self, address: str) -> bool:
        """Whether the domain of an address is on its way here."""
        ...

    def sends(self, address: str, peer: str) -> bool:
        """Whether `peer` is where the former server of an address sends from."""
        ...

    async def takes(self, address: str) -> bool:
        """Whether the former server of an address takes letters to it. Raises `Unavailable` when it does not say."""
        ...


# Tell live sessions of accounts, lossily: (account ids, a message of mail's events).
Nudge = Callable[[Sequence[str], Any], Awaitable[None]]


@dataclass(frozen=True)
class Mail:
    """The context of every use case."""

    store: "MailStore"
    blobs: Blobs
    keys: Keys
    people: People
    directory: Directory
    queue: Queue
    nudge: Nudge
    domains: Domains
    now: Callable[[], datetime]
    # The name by which this platform's mail servers are known.
    host: str = "localhost"
    # Where agents find the workspace.
    web_url: str = "http://localhost:8080"
    # Who gets what nobody else answers for.
    postmaster: str = ""
    # Nobody looks for malware without it.
    malware: Malware | None = None
    # No domain is on its way here without it.
    former: Former | None = None
    # Nobody is shown images of other servers without it.
    remote_images: RemoteImages | None = None
    options: Options = field(default_factory=Options)
    known: Known = field(default_factory=Known)
    # The scripts of those whom this process delivers to.
    scripts: ActiveScripts = field(default_factory=ActiveScripts)
    # Arrivals in one INBOX that come together, by account.
    arrivals: Gathering[Any, Any] = field(default_factory=Gathering)
