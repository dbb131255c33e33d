"""The header of a message that one of our accounts sends: what leaves it, what is added, whose it may be.

Bcc goes to nobody but the sender (RFC 5322 §3.6.3); Return-Path is the last receiver's to write; what was found of a
letter is the servers' to say, and who writes to a colleague is no server (RFC 8601 §5); Date and Message-ID are added
when missing (RFC 6409 §8).
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime

from chassis.errors import Forbidden, InvalidInput
from services.mail.domain.envelope import Sender, mail_address
from services.mail.domain.mime import Address, MessageDescription, Scanner, describe
from services.mail.domain.sharing import Capacity, Name

MAX_RECIPIENTS = 1000
# No white space before the colon: readers disagree about "From :", and some take it for a mailbox file's separator.
_FIELD = re.compile(rb"([!-9;-~]+):[^\r]*(?:\r\n[ \t][^\r]*)*\r\n")
# Fields that stand once at the most (RFC 5322 §3.6): of two, each reader believes another one.
_ONCE = (b"from", b"sender")
_RESENT = frozenset((b"resent-from", b"resent-sender"))
_NEVER_SENT = frozenset((b"bcc", b"resent-bcc", b"return-path", b"authentication-results"))


class LineEnds:
    """Bare CR and bare LF made CRLF in a stream: what REST clients upload may have any of them (RFC 5322 §2.3)."""

    def __init__(self) -> None:
        self._after_cr = False

    def feed(self, chunk: bytes) -> bytes:
        """What is certain so far; a CR at the end waits for what follows it."""
        if self._after_cr:
            chunk = b"\r" + chunk
        self._after_cr = chunk.endswith(b"\r")
        if self._after_cr:
            chunk = chunk[:-1]
        whole = chunk.count(b"\r\n")
        if chunk.count(b"\n") == whole and chunk.count(b"\r") == whole:
            return chunk
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")

    def close(self) -> bytes:
        return b"\r\n" if self._after_cr else b""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A header made ready: `header` with its blank line is what all get, `bcc` what only the sender keeps."""

    header: bytes
    bcc: bytes
    # Of the header before Bcc was taken out.
    description: MessageDescription
    # In whose name it is written, where that is not the sender's own.
    name: Name | None = None

    @property
    def recipients(self) -> list[str]:
        """The addresses of To, Cc and Bcc."""
        return [who.address for who in (*self.description.to, *self.description.cc, *self.description.bcc)]


def outgoing(header: bytes, sender: Sender, now: datetime, unique: str) -> Outgoing:
    """Make a header ready to be sent; `unique` becomes the Message-ID's left side when there is none.

    What is written on behalf of somebody says by Sender who wrote it (RFC 5322 §3.6.2).
    Raises `InvalidInput` when it is no header or has not one From, `Forbidden` when From or Sender, or who says to send
    it on, is somebody else's.
    """
    fields, bcc = _split(header)
    present = Counter(name for name, _ in fields)
    for name in _ONCE:
        if present[name] > 1:
            raise InvalidInput("A field stands twice", fields={"source": f"more than one {name.decode().title()}"})
    description = _described(header)
    if not description.from_:
        raise InvalidInput("The message has no From", fields={"source": "From is missing"})
    _check_authors(description.from_, sender)
    borrowed = [found for author in description.from_ if (found := sender.name_of(author.address)) is not None]
    on_behalf = any(found.capacity is Capacity.ON_BEHALF for found in borrowed)
    acting = _described(b"".join(b"From:" + line.partition(b":")[2] for name, line in fields if name == b"sender"))
    if acting.from_:
        # What others are named as authors of they may be said to have sent; never what is one's own.
        named = set() if on_behalf else {author.address.lower() for author in description.from_}
        _check_authors([each for each in acting.from_ if each.address.lower() not in named], sender, own=True)
    for line in (line for name, line in fields if name in _RESENT):
        # Readers may show who sent it on as they show who wrote it (RFC 5322 §3.6.6).
        _check_authors(_described(b"From:" + line.partition(b":")[2]).from_, sender)
    added = f"Sender: <{sender.address}>\r\n".encode() if on_behalf and not acting.from_ else b""
    if added:
        fields = [(key, line) for key, line in fields if key != b"sender"]
    if b"date" not in present:
        added += f"Date: {format_datetime(now)}\r\n".encode("ascii")
    if b"message-id" not in present:
        domain = sender.address.rpartition("@")[2]
        added += f"Message-ID: <{unique}@{domain}>\r\n".encode()
    return Outgoing(
        added + b"".join(line for _, line in fields) + b"\r\n", bcc, description, next(iter(borrowed), None)
    )


def _split(header: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The fields that are sent, as (lower-case name, octets), and the octets of Bcc."""
    if b"\x00" in header:
        raise InvalidInput("The header has a NUL", fields={"source": "NUL in the header"})
    fields, bcc, at = [], b"", 0
    header = header if header.endswith(b"\r\n") else header + b"\r\n"
    end = len(header) - 2 if header.endswith(b"\r\n\r\n") else len(header)
    while at < end and header[at : at + 2] != b"\r\n":
        found = _FIELD.match(header, at)
        if found is None:
            raise InvalidInput("The header is malformed", fields={"source": "a line of the header is no field"})
        name = found[1].lower()
        if name == b"bcc":
            bcc += found[0]
        elif name not in _NEVER_SENT:
            fields.append((name, found[0]))
        at = found.end()
    return fields, bcc


def _described(header: bytes) -> MessageDescription:
    scanner = Scanner()
    scanner.feed(header)
    return describe(scanner.close())


def _check_authors(authors: list[Address], sender: Sender, *, own: bool = False) -> None:
    """`own`: nobody else's address will do."""
    for author in authors:
        if not (sender.owns(author.address) if own else sender.may_write(author.address)):
            raise Forbidden(f"{author.address[:80]} is not an address of yours")


def envelope_recipients(given: list[str]) -> list[str]:
    """Each address once, in its looked-up form. Raises `InvalidInput` for none, too many, or one that is none."""
    unique = list(dict.fromkeys(mail_address(address) for address in given))
    if not unique:
        raise InvalidInput("The message has no recipient", fields={"source": "To, Cc and Bcc are empty"})
    if len(unique) > MAX_RECIPIENTS:
        raise InvalidInput("Too many recipients", fields={"source": f"more than {MAX_RECIPIENTS}"})
    return unique


def with_bcc(description: MessageDescription, bcc: bytes, header: bytes) -> MessageDescription:
    """What the sender's own copy tells: the Bcc fields stand before its header."""
    own = _described(bcc + header)
    return replace(description, envelope=own.envelope, bcc=own.bcc)
