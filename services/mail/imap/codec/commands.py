"""One command, one type (RFC 3501 §6 and the extensions named in each)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from services.mail.domain.flags import FlagAction
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.order import Criterion
from services.mail.domain.thread_trees import Algorithm
from services.mail.imap.codec.search_keys import SearchKey
from services.mail.imap.codec.sequences import SequenceSet


@dataclass(frozen=True, slots=True)
class Command:
    tag: str


class Capability(Command):
    __slots__ = ()


class Noop(Command):
    __slots__ = ()


class Logout(Command):
    __slots__ = ()


class StartTls(Command):
    __slots__ = ()


class Namespace(Command):
    """RFC 2342."""

    __slots__ = ()


class Check(Command):
    __slots__ = ()


class Close(Command):
    __slots__ = ()


class Unselect(Command):
    """RFC 3691."""

    __slots__ = ()


class Idle(Command):
    """RFC 2177."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Login(Command):
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authenticate(Command):
    """`initial` is the client's first response where it came at once (SASL-IR, RFC 4959)."""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Compress(Command):
    """RFC 4978."""

    algorithm: str


@dataclass(frozen=True, slots=True)
class Id(Command):
    """RFC 2971."""

    fields: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Enable(Command):
    """RFC 5161."""

    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resync:
    """What a client knows of a mailbox (RFC 7162 §3.2.5); `known` are its UIDs, all when it does not say."""

    uid_validity: int
    modseq: int
    known: SequenceSet | None = None


@dataclass(frozen=True, slots=True)
class Select(Command):
    """SELECT or, when `read_only`, EXAMINE; `condstore` as RFC 7162 §3.1.8, `resync` as its §3.2.5."""

    mailbox: str
    read_only: bool = False
    condstore: bool = False
    resync: Resync | None = None


@dataclass(frozen=True, slots=True)
class Create(Command):
    """`special_use` as RFC 6154 §3; `other_use` where another was named than a mailbox can have here, or several."""

    mailbox: str
    special_use: SpecialUse | None = None
    other_use: bool = False


@dataclass(frozen=True, slots=True)
class Delete(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class Rename(Command):
    mailbox: str
    to: str


@dataclass(frozen=True, slots=True)
class Subscribe(Command):
    """SUBSCRIBE or UNSUBSCRIBE."""

    mailbox: str
    subscribed: bool = True


@dataclass(frozen=True, slots=True)
class List(Command):
    """LIST; `select` and `give` are the options that RFC 5258 and RFC 6154 put before and after the pattern, `status`
    the items that are to be told of each mailbox with it (RFC 5819)."""

    reference: str
    patterns: tuple[str, ...]
    select: frozenset[str] = frozenset()
    give: frozenset[str] = frozenset()
    status: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lsub(Command):
    reference: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Status(Command):
    mailbox: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is said of a message that follows. `utf8`: in parentheses after UTF8 (RFC 6855 §4)."""

    flags: tuple[str, ...] = ()
    internal_date: datetime | None = None
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class Append(Command):
    """What stands before the first message, which is not part of the command: it is streamed."""

    mailbox: str
    message: Incoming = Incoming()


@dataclass(frozen=True, slots=True)
class Replace(Command):
    """RFC 8508; `number` is of the message that goes, None the last one's, "*"."""

    number: int | None
    mailbox: str
    message: Incoming = Incoming()
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Expunge(Command):
    """With `uids`, UID EXPUNGE (RFC 4315)."""

    uids: SequenceSet | None = None


@dataclass(frozen=True, slots=True)
class Search(Command):
    """`give` is what is to be told of the result (RFC 4731, RFC 5182); None: all of it, as RFC 3501 has it."""

    key: SearchKey
    uid: bool = False
    give: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Sort(Command):
    """RFC 5256."""

    order: tuple[Criterion, ...]
    key: SearchKey
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Thread(Command):
    """RFC 5256."""

    algorithm: Algorithm
    key: SearchKey
    uid: bool = False


class Item(Enum):
    """What FETCH gives besides sections."""

    FLAGS = "FLAGS"
    UID = "UID"
    INTERNALDATE = "INTERNALDATE"
    SIZE = "RFC822.SIZE"
    ENVELOPE = "ENVELOPE"
    BODYSTRUCTURE = "BODYSTRUCTURE"
    BODY = "BODY"
    MODSEQ = "MODSEQ"
    # RFC 8474, RFC 8514, RFC 8970.
    EMAILID = "EMAILID"
    THREADID = "THREADID"
    SAVEDATE = "SAVEDATE"
    PREVIEW = "PREVIEW"


@dataclass(frozen=True, slots=True)
class Section:
    """Octets of a message (RFC 3501 §6.4.5). `label` is what the answer calls them."""

    # "RFC822" and its kin are sections with a name of their own.
    label: bytes
    path: tuple[int, ...] = ()
    # "", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT" or "MIME".
    what: str = ""
    fields: tuple[bytes, ...] = ()
    peek: bool = False
    # First octet and how many.
    partial: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    """Octets of a part without its transfer encoding (RFC 3516), or with `size` how many these are."""

    path: tuple[int, ...] = ()
    peek: bool = False
    partial: tuple[int, int] | None = None
    size: bool = False

    @property
    def label(self) -> bytes:
        """What the answer calls them."""
        return b"BINARY%b[%b]" % (b".SIZE" if self.size else b"", ".".join(map(str, self.path)).encode("ascii"))


Asked: TypeAlias = Item | Section | Binary


@dataclass(frozen=True, slots=True)
class Fetch(Command):
    numbers: SequenceSet
    items: tuple[Asked, ...]
    changed_since: int | None = None
    uid: bool = False
    # RFC 7162 §3.2.6: also what has gone since then.
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class Store(Command):
    numbers: SequenceSet
    action: FlagAction
    flags: tuple[str, ...]
    silent: bool = False
    unchanged_since: int | None = None
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Copy(Command):
    numbers: SequenceSet
    mailbox: str
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Move(Command):
    """RFC 6851."""

    numbers: SequenceSet
    mailbox: str
    uid: bool = False


@dataclass(frozen=True, slots=True)
class SetAcl(Command):
    """RFC 4314 §3.1; `change` as it stands: letters, or "+" or "-" and letters."""

    mailbox: str
    identifier: str
    change: str


@dataclass(frozen=True, slots=True)
class DeleteAcl(Command):
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class GetAcl(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class ListRights(Command):
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class MyRights(Command):
    mailbox: str


AnyCommand: TypeAlias = Command
