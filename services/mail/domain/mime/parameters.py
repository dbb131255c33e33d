"""Content-Type and Content-Disposition: a value and its parameters (RFC 2045 §5.1, RFC 2183, RFC 2231)."""

import re
from itertools import islice
from urllib.parse import unquote_to_bytes

from services.mail.domain.mime.words import decoded, to_text

MOST_PARAMETERS = 200

_TYPE = re.compile(rb"\s*([!#-'*+.\-0-9A-Z^-~]+)/([!#-'*+.\-0-9A-Z^-~]+)")
_TOKEN = re.compile(rb"\s*([^\s;\"(),/]+)")
# An unclosed quotation runs to the end, so that no octet is looked at twice.
_PARAMETER = re.compile(rb";\s*([^\s=;\"]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*+)(?:\"|\\?\Z)|([^\s;]*))", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_COMMENT_EDGE = re.compile(rb"[()\"]|\\.", re.DOTALL)
_SECTION = re.compile(r"([^*]+)\*(?:(\d{1,5})(\*)?)?$")


def without_comments(value: bytes) -> bytes:
    """Drop (nested (comments)) that stand outside quotations."""
    if b"(" not in value:
        return value
    kept = bytearray()
    depth = at = 0
    quoted = False
    for edge in _COMMENT_EDGE.finditer(value):
        mark = edge[0]
        if depth == 0:
            kept += value[at : edge.start()]
            at = edge.start()
        if mark == b'"' and depth == 0:
            quoted = not quoted
        elif mark == b"(" and not quoted:
            depth += 1
        elif mark == b")" and not quoted and depth:
            depth -= 1
            at = edge.end()
    if depth == 0:
        kept += value[at:]
    return bytes(kept)


def content_type(value: bytes) -> tuple[str, str, list[tuple[bytes, bytes]]] | None:
    """Main type and subtype in lower case, and parameters; None when it cannot be read."""
    found = _TYPE.match(value)
    if not found:
        value = without_comments(value)
        found = _TYPE.match(value)
        if not found:
            return None
    main, sub = found[1].decode("ascii").lower(), found[2].decode("ascii").lower()
    return main, sub, parameters(value, found.end())


def disposition(value: bytes) -> tuple[str, list[tuple[bytes, bytes]]] | None:
    """`attachment`, `inline`, … in lower case, and parameters."""
    found = _TOKEN.match(value)
    if not found:
        return None
    return found[1].decode("ascii", "replace").lower(), parameters(value, found.end())


def parameters(value: bytes, start: int = 0) -> list[tuple[bytes, bytes]]:
    """Names (lower case) and values in order, as in the source."""
    if b"(" in value:
        value, start = without_comments(value[start:]), 0
    result = []
    for name, quoted, token in islice((found.groups() for found in _PARAMETER.finditer(value, start)), MOST_PARAMETERS):
        if quoted is None:
            result.append((name.lower(), token))
        else:
            result.append((name.lower(), _ESCAPED.sub(rb"\1", quoted) if b"\\" in quoted else quoted))
    return result


def parameter(parameters: list[tuple[bytes, bytes]], name: str) -> str:
    """A parameter's text from RFC 2231, its plain form or (not allowed, yet sent) RFC 2047; "" if missing."""
    plain: bytes | None = None
    pieces: dict[int, tuple[bytes, bool]] = {}
    for raw_name, raw in parameters:
        attribute = raw_name.decode("ascii", "replace")
        if attribute == name:
            plain = raw if plain is None else plain
        elif attribute.startswith(name + "*"):
            section = _SECTION.match(attribute)
            if section and section[1] == name:
                pieces.setdefault(int(section[2] or 0), (raw, section[2] is None or section[3] is not None))
    if pieces:
        return _joined(pieces)
    return decoded(plain) if plain is not None else ""


def _joined(pieces: dict[int, tuple[bytes, bool]]) -> str:
    """RFC 2231 §3 and §4: sections in order up to the first gap; the first one may name the charset."""
    charset = ""
    octets = bytearray()
    for number in range(len(pieces)):
        if number not in pieces:
            break
        raw, extended = pieces[number]
        if number == 0 and extended and raw.count(b"'") >= 2:
            named, _, raw = raw.split(b"'", 2)
            charset = named.decode("ascii", "replace")
        octets += unquote_to_bytes(raw) if extended else raw
    return to_text(bytes(octets), charset or "utf-8")
