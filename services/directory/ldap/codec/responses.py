"""What the server says (RFC 4511 §4), as octets."""

from collections.abc import Iterable, Sequence

from services.directory.ldap.codec.ber import ENUMERATED, SET, integer, octets, sequence
from services.directory.ldap.codec.requests import PAGED_RESULTS, SORTED

SUCCESS, OPERATIONS_ERROR, PROTOCOL_ERROR, TIME_LIMIT, SIZE_LIMIT, COMPARE_FALSE, COMPARE_TRUE = range(7)
AUTH_METHOD_UNKNOWN, ADMIN_LIMIT, UNAVAILABLE_CRITICAL_EXTENSION, CONFIDENTIALITY_REQUIRED = 7, 11, 12, 13
NO_SUCH_ATTRIBUTE, INAPPROPRIATE_MATCHING, NO_SUCH_OBJECT, INVALID_DN = 16, 18, 32, 34
INAPPROPRIATE_AUTHENTICATION, INVALID_CREDENTIALS = 48, 49
INSUFFICIENT_ACCESS, BUSY, UNAVAILABLE, UNWILLING, OTHER = 50, 51, 52, 53, 80
BIND_RESPONSE, SEARCH_ENTRY, SEARCH_DONE, EXTENDED_RESPONSE = 0x61, 0x64, 0x65, 0x78
DISCONNECTION = "1.3.6.1.4.1.1466.20036"


def result(
    message_id: int,
    tag: int,
    code: int,
    text: str = "",
    *,
    matched: str = "",
    more: bytes = b"",
    controls: Sequence[bytes] = (),
) -> bytes:
    """An LDAPResult; `more` follows its common parts."""
    parts = (integer(code, ENUMERATED), octets(matched.encode("utf-8")), octets(text.encode("utf-8")), more)
    answer = integer(message_id) + sequence(parts, tag)
    return sequence((answer, sequence(controls, 0xA0) if controls else b""))


def extended(message_id: int, code: int, text: str = "", *, oid: str = "", value: bytes | None = None) -> bytes:
    more = (octets(oid.encode("ascii"), 0x8A) if oid else b"") + (octets(value, 0x8B) if value is not None else b"")
    return result(message_id, EXTENDED_RESPONSE, code, text, more=more)


def disconnection(code: int, text: str) -> bytes:
    """That the server is about to hang up (RFC 4511 §4.4.1)."""
    return extended(0, code, text, oid=DISCONNECTION)


def entry(message_id: int, name: str, attributes: Iterable[bytes]) -> bytes:
    """An entry, its attributes made by `attribute`."""
    found = octets(name.encode("utf-8")) + sequence(attributes)
    return sequence((integer(message_id), sequence((found,), SEARCH_ENTRY)))


def attribute(name: bytes, values: Iterable[bytes]) -> bytes:
    return sequence((octets(name), sequence((octets(value) for value in values), SET)))


def page_control(cookie: bytes, estimate: int = 0) -> bytes:
    """That there is more, or with an empty cookie that there is no more (RFC 2696)."""
    value = sequence((integer(estimate), octets(cookie)))
    return sequence((octets(PAGED_RESULTS.encode("ascii")), octets(value)))


def sort_control(code: int, attribute: str = "") -> bytes:
    """What came of sorting, and the attribute that it failed by (RFC 2891 §1.2)."""
    failed = octets(attribute.encode("utf-8"), 0x80) if attribute else b""
    value = sequence((integer(code, ENUMERATED), failed))
    return sequence((octets(SORTED.encode("ascii")), octets(value)))
