"""A message as the service keeps it, and the views of it that use cases hand out.

A message's octets are `prefix` + blob: the blob is what all recipients share, the prefix the trace header that each has
of its own (Return-Path, Received, Delivered-To) or the Bcc of a sent copy.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress, repeat
from typing import Any, NamedTuple

from services.mail.domain.flags import Flags
from services.mail.domain.mime import MessageDescription, Structure
from services.mail.domain.mime.description import Address, Attachment, TextPart
from services.mail.domain.mime.usual import UNKNOWN
from services.mail.domain.uids import Range, UidSet


@dataclass(frozen=True, slots=True)
class Content:
    """A source that is in the blob store, and what was found in it. Offsets count from the blob's first octet."""

    blob: str
    size: int
    structure: Structure
    description: MessageDescription


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message on its way into a mailbox."""

    content: Content
    prefix: bytes
    flags: Flags
    internal_date: datetime

    @property
    def size(self) -> int:
        return len(self.prefix) + self.content.size

    @property
    def seen(self) -> bool:
        return "\\Seen" in self.flags


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a message came to rest: what APPENDUID (RFC 4315) and the REST answer tell."""

    message_id: str
    mailbox_id: str
    uid_validity: int
    uid: int
    modseq: int


@dataclass(frozen=True, slots=True)
class Message:
    """What lists and the REST API tell of a message. `date` has its own zone."""

    id: str
    owner: str
    mailbox_id: str
    uid: int
    modseq: int
    flags: Flags
    internal_date: datetime
    size: int
    subject: str
    sender: str
    from_: list[Address]
    to: list[Address]
    cc: list[Address]
    bcc: list[Address]
    date: datetime | None
    rfc_message_id: str
    preview: str
    # Of the conversation (`services.mail.domain.threads`).
    thread_id: str
    # What copies of a message have in common (RFC 8474): the id of the first of them.
    email_id: str
    # When it came into its mailbox; None of one that was there before this was kept (RFC 8514).
    saved_at: datetime | None
    # Its ancestors, the eldest first, as `services.mail.domain.threads` knows them.
    references: Sequence[int]
    # Its sender asks for a receipt (RFC 8098); False of one that was there before this was kept.
    receipt_wanted: bool = False
    # Something is attached; what a text shows within itself, as a signature's picture, is not.
    has_attachment: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """How to read a message's octets. `structure` counts from the message's first octet, prefix included."""

    id: str
    uid: int
    prefix: bytes
    blob: str
    # Octets of prefix and blob.
    size: int
    structure: Structure
    attachments: list[Attachment]
    text_part: TextPart | None


class FetchRow(NamedTuple):
    """What IMAP says of a message and what never changes, ready to be sent (RFC 3501 §7.4.2)."""

    uid: int
    # `"17-Jul-1996 02:44:25 +0000"`, quotes included.
    internal_date: bytes
    size: int
    envelope: bytes
    bodystructure: bytes
    # The usual fields of its header, as `services.mail.domain.mime.usual` keeps them.
    usual: bytes = UNKNOWN


@dataclass(frozen=True, slots=True)
class FetchRows:
    """The rows of several messages, ascending by UID, as columns of the same length: made fast, and told fast.

    A column that was not read is empty.
    """

    uids: Sequence[int]
    internal_dates: Sequence[bytes] = ()
    sizes: Sequence[int] = ()
    envelopes: Sequence[bytes] = ()
    bodystructures: Sequence[bytes] = ()
    usual: Sequence[bytes] = ()

    @classmethod
    def of(cls, rows: Sequence[FetchRow]) -> "FetchRows":
        return cls(*zip(*rows, strict=True)) if rows else cls(())

    @property
    def columns(self) -> "tuple[Sequence[Any], ...]":
        return self.uids, self.internal_dates, self.sizes, self.envelopes, self.bodystructures, self.usual

    def __iter__(self) -> Iterator[FetchRow]:
        return map(FetchRow, self.uids, *(column or repeat(b"") for column in self.columns[1:]))

    def within(self, wanted: UidSet) -> "FetchRows":
        """Those of some UIDs."""
        if not self.uids or wanted.covers(self.uids[0], self.uids[-1]):
            return self
        kept = [uid in wanted for uid in self.uids]
        return FetchRows(*(list(compress(column, kept)) for column in self.columns))


class Particulars(NamedTuple):
    """What IMAP is rarely asked of a message, and never changes while it is in its mailbox."""

    uid: int
    # BODYSTRUCTURE without extensions.
    body: bytes
    preview: str
    email_id: str
    thread_id: str
    saved_at: datetime | None


class FlagRow(NamedTuple):
    """What changes of a message."""

    uid: int
    flags: Flags
    modseq: int


@dataclass(frozen=True, slots=True)
class View:
    """A mailbox as SELECT finds it: three columns, ascending by UID. Flags are shared tuples."""

    uid_validity: int
    uid_next: int
    modseq: int
    uids: "array[int]"
    flags: list[Flags]
    modseqs: "array[int]"


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a mailbox after a cursor; `modseq` is the new cursor.

    `changed` has new messages and those whose flags changed, ascending by UID. When not `complete`, some expunges are
    forgotten: compare the UIDs of a new view.
    """

    modseq: int
    uid_next: int
    changed: list[FlagRow]
    vanished: list[Range]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """What a STORE did. `modified`: UIDs left alone since they changed after UNCHANGEDSINCE (RFC 7162 §3.1.3)."""

    # The modseq of what changed; the mailbox's present one when nothing did.
    modseq: int
    # Every message that the command named, `modified` ones left out, with its flags now.
    messages: list[FlagRow]
    modified: list[int]
    # Whether `modseq` is this change's own.
    wrote: bool


@dataclass(frozen=True, slots=True)
class Copied:
    """COPYUID (RFC 4315): `from_uids[n]` is `to_uids[n]` in the other mailbox."""

    uid_validity: int
    from_uids: Sequence[int]
    to_uids: Sequence[int]
    modseq: int


@dataclass(frozen=True, slots=True)
class Expunged:
    """What EXPUNGE removed, and the mailbox's modseq after it."""

    uids: list[int]
    modseq: int
