"""Header fields (RFC 5322 §2.2) as octets."""

import re
from collections.abc import Iterator

# A field with its folded lines. `[ \t]*` before the colon is obsolete syntax (§4.5.8) and still sent.
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\n]*(?:\n|\Z))(?:[ \t][^\n]*(?:\n|\Z))*+)")
# A line and those it is folded into, and what stands in it before a colon, whatever it is.
_LINE = re.compile(rb"([^:\r\n]*)(?:[^\n]*(?:\n|\Z))(?:[ \t][^\n]*(?:\n|\Z))*+")
# The line that a mailbox file put before the header.
_MBOX = re.compile(rb">?From [^\n]*(?:\n|\Z)")
_BLANK = re.compile(rb"[ \t]*\r?\n")
_FOLD = re.compile(rb"\r*\n[\r\n]*|\r")

# Content fields of any part, and those of a message that ENVELOPE and REST tell.
CONTENT_FIELDS = frozenset(
    b"content-type content-transfer-encoding content-disposition content-id content-description content-md5"
    b" content-language content-location".split()
)
ADDRESS_FIELDS = frozenset(b"from sender reply-to to cc bcc".split())
MESSAGE_FIELDS = (
    CONTENT_FIELDS
    | ADDRESS_FIELDS
    | frozenset(b"date subject in-reply-to message-id references disposition-notification-to".split())
)


def read_fields(block: bytes, wanted: frozenset[bytes]) -> tuple[dict[bytes, bytes], int]:
    """Read a header without its blank line: the wanted fields, and where the first line that is none begins.

    Of a repeated field the first counts, except that address lists are joined.
    """
    fields: dict[bytes, bytes] = {}
    first = _MBOX.match(block)
    at = first.end() if first else 0
    match = _FIELD.match
    while found := match(block, at):
        at = found.end()
        name = found[1].lower()
        if name in wanted:
            if name not in fields:
                fields[name] = found[2]
            elif name in ADDRESS_FIELDS:
                fields[name] += b"," + found[2]
    return fields, at


def raw_fields(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    """All that HEADER.FIELDS takes for fields (RFC 3501 §6.4.5): lower-case names, and the octets as they stand."""
    at = 0
    while at < len(header):
        found = _LINE.match(header, at)
        if found is None or found.end() == at:
            return
        at = found.end()
        if name := found[1].strip().lower():
            yield name, found[0]


def unfolded(value: bytes) -> bytes:
    """A field's value on one line, without line ends and NUL."""
    value = value.strip()
    if b"\n" in value or b"\r" in value:
        value = _FOLD.sub(b"", value)
    return value.replace(b"\0", b"") if b"\0" in value else value
