"""What a script wants done with a letter."""

from dataclasses import dataclass, field

from services.mail.domain.sieve.notification import Mailto


@dataclass(frozen=True, slots=True)
class Store:
    """Into a mailbox, INBOX when it has no name. `header`: the letter's header as it was edited, if it was."""

    mailbox: str = ""
    flags: tuple[str, ...] = ()
    create: bool = False
    # The mailbox of this use is meant, where there is one (RFC 8579).
    special_use: str = ""
    header: bytes | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """On to another address."""

    address: str
    header: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """Back to its sender, with a reason: by a refusal of the dialogue where that can be (RFC 5429)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Vacation:
    """An answer, once in `seconds` to each sender who is told the same (`handle`)."""

    reason: str
    seconds: int
    handle: str
    subject: str = ""
    sender: str = ""
    # Addresses of the account's own, beside those that are known (RFC 5230 §4.5).
    addresses: tuple[str, ...] = ()
    # `reason` is a MIME part with its header.
    mime: bool = False


@dataclass(frozen=True, slots=True)
class Notification:
    """Tell of the letter elsewhere."""

    to: Mailto
    message: str = ""
    sender: str = ""
    importance: str = "2"


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the next letter is a duplicate of, for some seconds. `again`: this one is a duplicate itself."""

    key: str
    seconds: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a script could not go on. Nothing of what it wanted is done but the keeping of the letter."""

    line: int
    french: str
    english: str


@dataclass(frozen=True, slots=True)
class Actions:
    """All of it. Nothing stored, redirected or rejected: the letter is discarded."""

    stores: tuple[Store, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    rejection: Reject | None = None
    vacation: Vacation | None = None
    notifications: tuple[Notification, ...] = ()
    tracked: tuple[Tracked, ...] = field(default=())
    failure: Failure | None = None
    # Steps that it took.
    steps: int = 0
