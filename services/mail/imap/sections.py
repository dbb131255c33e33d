"""Where the octets of a FETCH section stand in a message (RFC 3501 §6.4.5)."""

import re

from services.mail.domain.mime import Kind, Structure
from services.mail.imap.codec.commands import Section

# Of a header whose fields are picked, what is read.
MOST_HEADER = 512 * 1024

_FIELD = re.compile(rb"([^:\r\n]*)(?:[^\n]*(?:\n|\Z))(?:[ \t][^\n]*(?:\n|\Z))*+")


def located(structure: Structure, section: Section) -> tuple[int, int] | None:
    """Offset and length of a section, before a partial is cut from it; None when there is no such section.

    For picked fields, those of the whole header.
    """
    what = section.what
    if not section.path:
        header = structure.root.body_start
        if not what:
            return 0, structure.size
        return (header, structure.size - header) if what == "TEXT" else (0, header)
    part = structure.find(section.path)
    if part is None:
        return None
    if not what:
        return part.body_start, part.body_length
    if what == "MIME":
        return part.header_start, part.header_length
    if part.kind is not Kind.MESSAGE:
        return None
    inner = part.children[0]
    if what == "TEXT":
        return inner.body_start, inner.body_length
    return inner.header_start, inner.header_length


def cut(offset: int, length: int, section: Section) -> tuple[int, int]:
    """The part of a section that a partial asks for."""
    if section.partial is None:
        return offset, length
    first, most = section.partial
    skipped = min(first, length)
    return offset + skipped, min(most, length - skipped)


def picked(header: bytes, section: Section) -> bytes:
    """HEADER.FIELDS and HEADER.FIELDS.NOT: whole fields as they stand, and the blank line."""
    names = {name.strip().lower() for name in section.fields}
    wanted = section.what == "HEADER.FIELDS"
    kept = []
    at = 0
    while at < len(header):
        field = _FIELD.match(header, at)
        if field is None or field.end() == at:
            break
        at = field.end()
        name = field[1].strip().lower()
        if name and (name in names) is wanted:
            kept.append(field[0])
    return b"".join(kept) + b"\r\n"
