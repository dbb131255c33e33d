"""What a scan finds: the tree of a message's parts and where each stands in the source."""

from dataclasses import dataclass, field
from enum import Enum

from services.mail.domain.mime.usual import ELSEWHERE


class Kind(Enum):
    """What may be inside a part."""

    LEAF = "leaf"
    MULTIPART = "multipart"
    # An embedded message (message/rfc822): its only child.
    MESSAGE = "message"


@dataclass(slots=True)
class Part:
    """One part. Offsets are octets from the beginning of the source; the header includes its blank line.

    `fields`: by lower-case name, the raw values (folds included) of the fields that IMAP and REST speak of.
    """

    header_start: int = 0
    body_start: int = 0
    body_length: int = 0
    # Line ends in the body.
    lines: int = 0
    kind: Kind = Kind.LEAF
    maintype: str = "text"
    subtype: str = "plain"
    # As in the source: RFC 2231 names keep their asterisks.
    parameters: list[tuple[bytes, bytes]] = field(default_factory=list)
    encoding: bytes = b"7bit"
    fields: dict[bytes, bytes] = field(default_factory=dict)
    children: "list[Part]" = field(default_factory=list)
    # The body's first octets, of the parts that a preview can be made of.
    prefix: bytes = b""

    @property
    def header_length(self) -> int:
        return self.body_start - self.header_start

    @property
    def body_end(self) -> int:
        return self.body_start + self.body_length


@dataclass(slots=True)
class Structure:
    """A scanned message."""

    root: Part
    # Octets of the source.
    size: int
    # The usual fields of its header (`services.mail.domain.mime.usual`).
    usual: bytes = ELSEWHERE

    def find(self, path: tuple[int, ...]) -> Part | None:
        """The part of an IMAP part number (RFC 3501 §6.4.5), `(2, 1)` for "2.1"; None when there is none."""
        candidates = _numbered(self.root)
        part = None
        for number in path:
            if not 0 < number <= len(candidates):
                return None
            part = candidates[number - 1]
            candidates = inside(part)
        return part


def _numbered(message: Part) -> list[Part]:
    return message.children if message.kind is Kind.MULTIPART else [message]


def inside(part: Part) -> list[Part]:
    """The parts that IMAP numbers below `part`."""
    if part.kind is Kind.MULTIPART:
        return part.children
    return _numbered(part.children[0]) if part.kind is Kind.MESSAGE else []
