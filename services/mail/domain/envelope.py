"""Who a message goes from and to (RFC 5321), apart from what its header says."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from unicodedata import normalize

from chassis.errors import InvalidInput, WorkspaceError
from services.mail.domain.authentication.found import Found
from services.mail.domain.sharing import Name, name_of

# RFC 5321 §4.5.3.1.
MAX_LOCAL, MAX_DOMAIN, MAX_PATH = 64, 255, 254


@dataclass(frozen=True, slots=True)
class Recipient:
    """An account that receives here, by the address it was asked for."""

    account_id: str
    address: str
    # Others that receive for it as well: a function may have several holders.
    also: tuple[str, ...] = ()

    @property
    def accounts(self) -> tuple[str, ...]:
        return (self.account_id, *self.also)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One copy to be made: `prefix` is the trace header of this recipient's own, whole lines with CRLF.

    `junk`: it is not proven to be from whom it says, and goes where such letters go. `proven`: the envelope's sender
    is known to be who it is, so that what is told to it goes to nobody else. `refusable`: whoever sends is told how
    this delivery fails, and of no other one by that. `beyond_quota`: the platform itself has something to say, also to
    whoever has no room left; it causes no other letter. `of_platform`: a letter that the platform sends, which may say
    a secret. `found`: what was found of it when it came by SMTP; None for
    what the platform accepted from its own, or wrote itself. `author`: the account here that sent it, by its login.
    """

    recipient: Recipient
    prefix: bytes = b""
    junk: bool = False
    proven: bool = False
    refusable: bool = False
    beyond_quota: bool = False
    of_platform: bool = False
    found: Found | None = None
    author: str = ""


class Result(Enum):
    """How a delivery ended."""

    DELIVERED = "delivered"
    # The same sender, account and bytes within a day: nothing was done, and all is well.
    REPEATED = "repeated"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Per recipient. `error` only when it failed; an `Unavailable` is worth another try."""

    recipient: Recipient
    result: Result
    message_id: str = ""
    uid: int = 0
    error: WorkspaceError | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """The account that sends, and the addresses it may write in From: its own, and others' that let it."""

    account_id: str
    address: str
    aliases: tuple[str, ...] = ()
    # Others' addresses that it may write in From.
    names: tuple[Name, ...] = ()

    def may_write(self, address: str) -> bool:
        """Whether it may stand in From: one of its own, or another's in whose name it writes."""
        return self.owns(address) or self.name_of(address) is not None

    def name_of(self, address: str) -> Name | None:
        """Whose it is, where it is none of its own."""
        return None if self.owns(address) else name_of(self.names, without_detail(address.lower()))

    def owns(self, address: str) -> bool:
        """Whether it is one of its addresses, with whatever detail."""
        return without_detail(address.lower()) in {self.address.lower(), *(alias.lower() for alias in self.aliases)}


@dataclass(frozen=True, slots=True)
class Submission:
    """A message that was accepted for delivery."""

    id: str
    recipients: tuple[str, ...]
    # The same message was accepted within a day: this is that acceptance.
    repeated: bool = False
    # When it leaves; None for what has left.
    release_at: datetime | None = None
    # It does not leave before somebody approves it.
    awaits_approval: bool = False


def mail_address(given: str) -> str:
    """An address in the form it is looked up by: lower case, NFC, domain in A-labels. Raises `InvalidInput`."""
    local, at, domain = normalize("NFC", given.strip()).rpartition("@")
    domain = _in_a_labels(domain)
    sound = (
        at
        and domain
        and local.isprintable()
        and 0 < len(local.encode()) <= MAX_LOCAL
        and len(local.encode()) + len(domain) < MAX_PATH
        and not any(ord(character) <= 0x20 or character in '\x7f<>()[]\\,;:"@%!' for character in local)
    )
    if not sound:
        raise InvalidInput("Not a mail address", fields={"address": f"{given[:80]!r} is not a mail address"})
    return f"{local.lower()}@{domain}"


def mail_domain(given: str) -> str:
    """A domain in the form it is looked up by: lower case, A-labels. Raises `InvalidInput`."""
    domain = _in_a_labels(given.strip())
    if not domain:
        raise InvalidInput("Not a mail domain", fields={"domain": f"{given[:80]!r} is not a mail domain"})
    return domain


def _in_a_labels(domain: str) -> str:
    """Empty for what is no domain."""
    domain = domain.rstrip(".")
    try:
        found = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    sound = len(found) <= MAX_DOMAIN and all(label and label.replace("-", "").isalnum() for label in found.split("."))
    return found.lower() if sound else ""


def without_detail(address: str) -> str:
    """An address without what stands behind "+" in its local part (RFC 5233), which no account's own address has."""
    local, at, domain = address.rpartition("@")
    bare = local.partition("+")[0]
    return f"{bare}{at}{domain}" if bare else address


@dataclass(frozen=True, slots=True)
class Domains:
    """The mail domains that the platform receives for: each name listed, and all below it."""

    names: tuple[str, ...]

    def hold(self, given: str) -> bool:
        """Whether a domain, or an address in it, is ours."""
        domain = given.rpartition("@")[2].lower().rstrip(".")
        return any(domain == name or domain.endswith("." + name) for name in self.names)
