"""A letter as a script sees it: its header field by field, which it may edit, its size and its body."""

import re
from email.header import Header as Encoded
from typing import NamedTuple

from services.mail.domain.mime.addresses import Mailbox, addresses
from services.mail.domain.mime.fields import unfolded
from services.mail.domain.mime.words import decoded

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\n]*(?:\n|\Z))(?:[ \t][^\n]*(?:\n|\Z))*+)")
_MBOX = re.compile(rb">?From [^\n]*(?:\n|\Z)")
_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")
# What our servers wrote about the way of a letter, and what tells automata apart, is not a script's (RFC 5293 §5).
PROTECTED = frozenset(
    {b"received", b"return-path", b"delivered-to", b"authentication-results", b"auto-submitted", b"arc-seal"}
    | {b"arc-message-signature", b"arc-authentication-results"}
)
# A longer line is no message any more (RFC 5322 §2.1.1).
MAX_LINE = 900


class Field(NamedTuple):
    """`key`: the name in lower case. `octets`: the whole field with its line end."""

    key: bytes
    value: bytes
    octets: bytes


class Letter:
    """`trace` is what stands above the letter for its recipient alone, `header` its header, with the blank line or not.

    `size`: of the whole, in octets. `body`: None while it is not known.
    """

    def __init__(self, trace: bytes, header: bytes, size: int, body: bytes | None = None) -> None:
        self._trace = fields(trace)
        self._own, self._rest = _read(header)
        self.size = size
        self.body = body
        self._values: dict[str, list[str]] = {}

    def values(self, name: str) -> list[str]:
        """Decoded, unfolded, without white space around."""
        key = name.lower()
        if key not in self._values:
            self._values[key] = [decoded(unfolded(raw)).strip() for raw in self.raw(name)]
        return self._values[key]

    def raw(self, name: str) -> list[bytes]:
        key = name.lower().encode("utf-8", "replace")
        return [field.value for field in (*self._trace, *self._own) if field.key == key]

    def addresses(self, name: str) -> list[list[Mailbox]]:
        """Of each field of that name, the mailboxes; groups left out."""
        return [[one for one in addresses(unfolded(raw)) if one.host is not None] for raw in self.raw(name)]

    @property
    def edited(self) -> bytes:
        """The header now, without the trace."""
        return b"".join(field.octets for field in self._own) + self._rest

    def source(self, body: bytes) -> bytes:
        """The letter as it is now, with its body."""
        header = self.edited
        return header + body if header.endswith((b"\n\r\n", b"\n\n")) else header + b"\r\n" + body

    def add(self, name: str, value: str, *, last: bool) -> None:
        """RFC 5293 §4. What is not ASCII is encoded."""
        field = _new_field(name, value)
        self._own.insert(len(self._own) if last else 0, field)
        self._changed(len(field.octets))

    def delete(self, name: str, numbers: set[int]) -> None:
        """The fields of that name by their place among them, from 0 (RFC 5293 §5)."""
        key = name.lower().encode("utf-8", "replace")
        if key in PROTECTED:
            return
        above = sum(field.key == key for field in self._trace)
        kept = []
        number = above - 1
        for field in self._own:
            number += field.key == key
            if field.key != key or number not in numbers:
                kept.append(field)
        gone = sum(len(field.octets) for field in self._own) - sum(len(field.octets) for field in kept)
        self._own = kept
        self._changed(-gone)

    def _changed(self, octets: int) -> None:
        self.size += octets
        self._values.clear()


def fields(header: bytes) -> list[Field]:
    """A line that is no field ends the header, as it does for everybody else."""
    return _read(header)[0]


def _read(header: bytes) -> tuple[list[Field], bytes]:
    """The fields, and what stands behind them. The line that a mailbox file put first counts for nothing."""
    found: list[Field] = []
    first = _MBOX.match(header)
    at = first.end() if first else 0
    while match := _FIELD.match(header, at):
        at = match.end()
        found.append(Field(match[1].lower(), match[2], match[0]))
    return found, header[at:]


def _new_field(name: str, value: str) -> Field:
    text = _BREAKS.sub(" ", value).strip()
    printable = text.isascii() and len(text) + len(name) < MAX_LINE
    written = text if printable else Encoded(text.encode("utf-8", "replace").decode(), "utf-8", header_name=name)
    line = written if isinstance(written, str) else written.encode(linesep="\r\n")
    octets = f"{name}: {line}\r\n".encode("ascii", "replace")
    return Field(name.lower().encode("ascii", "replace"), octets.partition(b":")[2], octets)
