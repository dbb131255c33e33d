"""Where the octets of a FETCH section stand in a message (RFC 3501 §6.4.5)."""

from services.mail.domain.mime import Kind, Structure
from services.mail.domain.mime.fields import raw_fields
from services.mail.domain.mime.usual import USUAL
from services.mail.imap.codec.commands import Section

_USUAL = frozenset(USUAL)


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
    names = named(section)
    wanted = section.what == "HEADER.FIELDS"
    return b"".join(octets for name, octets in raw_fields(header) if (name in names) is wanted) + b"\r\n"


def named(section: Section) -> set[bytes]:
    """The fields that a section speaks of, by lower-case name."""
    return {name.strip().lower() for name in section.fields}


def usual(section: Section) -> bool:
    """Whether it is only of fields that are kept beside the messages, and whole."""
    whole = not section.path and section.partial is None and section.peek
    return whole and section.what == "HEADER.FIELDS" and named(section) <= _USUAL
