"""ENVELOPE, BODYSTRUCTURE and BODY as IMAP sends them (RFC 3501 §7.4.2)."""

import re

from services.mail.domain.mime.addresses import Mailbox, addresses
from services.mail.domain.mime.fields import unfolded
from services.mail.domain.mime.parameters import disposition
from services.mail.domain.mime.structure import Kind, Part

# An ENVELOPE names no more addresses of a field than this; the source has them all.
MOST_IN_ENVELOPE = 1_000
MOST_PARAMETERS = 64

_ADDRESS_ORDER = (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")

_NOT_QUOTABLE = re.compile(rb"[\x00\r\n\x80-\xff]")


def string(value: bytes) -> bytes:
    """A quoted string, or a literal where that is not allowed. NUL, which no string may hold, is dropped."""
    if _NOT_QUOTABLE.search(value):
        value = value.replace(b"\0", b"")
        return b"{%d}\r\n%b" % (len(value), value)
    if b"\\" in value or b'"' in value:
        value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"%b"' % value


def nstring(value: bytes | None) -> bytes:
    return b"NIL" if value is None else string(value)


def _field(fields: dict[bytes, bytes], name: bytes) -> bytes:
    value = fields.get(name)
    return b"NIL" if value is None else string(unfolded(value))


def _address(mailbox: Mailbox) -> bytes:
    return b"(%b NIL %b %b)" % (nstring(mailbox.name), nstring(mailbox.local), nstring(mailbox.host))


def _address_list(found: list[Mailbox]) -> bytes:
    return b"(%b)" % b"".join(map(_address, found[:MOST_IN_ENVELOPE])) if found else b"NIL"


def people_of(fields: dict[bytes, bytes]) -> dict[bytes, list[Mailbox]]:
    """The mailboxes of each address field that is there."""
    return {name: addresses(unfolded(fields[name])) for name in _ADDRESS_ORDER if name in fields}


def envelope(fields: dict[bytes, bytes], people: dict[bytes, list[Mailbox]]) -> bytes:
    """The ENVELOPE of a message's header fields, whose mailboxes are `people`."""
    lists = {name: _address_list(found) for name, found in people.items() if found}
    sender = lists.get(b"from", b"NIL")
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        _field(fields, b"date"),
        _field(fields, b"subject"),
        sender,
        lists.get(b"sender", sender),  # a missing Sender or Reply-To is said to be From
        lists.get(b"reply-to", sender),
        lists.get(b"to", b"NIL"),
        lists.get(b"cc", b"NIL"),
        lists.get(b"bcc", b"NIL"),
        _field(fields, b"in-reply-to"),
        _field(fields, b"message-id"),
    )


def _parameter_list(parameters: list[tuple[bytes, bytes]]) -> bytes:
    if not parameters:
        return b"NIL"
    pairs = (string(name) + b" " + string(value) for name, value in parameters[:MOST_PARAMETERS])
    return b"(%b)" % b" ".join(pairs)


def _disposition(part: Part) -> bytes:
    value = part.fields.get(b"content-disposition")
    read = disposition(unfolded(value)) if value else None
    return b"NIL" if read is None else b"(%b %b)" % (string(read[0].encode()), _parameter_list(read[1]))


def _language(part: Part) -> bytes:
    value = part.fields.get(b"content-language")
    if value is None:
        return b"NIL"
    tags = [string(tag.strip()) for tag in unfolded(value).split(b",")[:20]]
    return tags[0] if len(tags) == 1 else b"(%b)" % b" ".join(tags)


def _closing(part: Part) -> bytes:
    """The extension fields that every body ends with: disposition, language, location."""
    if part.fields.keys().isdisjoint((b"content-disposition", b"content-language", b"content-location")):
        return b" NIL NIL NIL"
    return b" %b %b %b" % (_disposition(part), _language(part), _field(part.fields, b"content-location"))


def bodies(part: Part) -> tuple[bytes, bytes]:
    """BODYSTRUCTURE and BODY of a part; the scanner's depth limit bounds the recursion."""
    subtype = string(part.subtype.encode())
    if part.kind is Kind.MULTIPART:
        children = [bodies(child) for child in part.children]
        plain = b"".join(child[1] for child in children) + b" " + subtype
        full = b"".join(child[0] for child in children) + b" " + subtype
        return b"(%b %b%b)" % (full, _parameter_list(part.parameters), _closing(part)), b"(%b)" % plain
    fields = part.fields
    basic = b"%b %b %b %b %b %b %d" % (
        string(part.maintype.encode()),
        subtype,
        _parameter_list(part.parameters),
        _field(fields, b"content-id"),
        _field(fields, b"content-description"),
        string(part.encoding),
        part.body_length,
    )
    extension = b" " + _field(fields, b"content-md5") + _closing(part)
    if part.kind is Kind.MESSAGE:
        inner = part.children[0].fields
        told = envelope(inner, people_of(inner))
        full, plain = bodies(part.children[0])
        return (
            b"(%b %b %b %d%b)" % (basic, told, full, part.lines, extension),
            b"(%b %b %b %d)" % (basic, told, plain, part.lines),
        )
    if part.maintype == "text":
        basic += b" %d" % part.lines
    return b"(%b%b)" % (basic, extension), b"(%b)" % basic
