"""Any field of a header, read from its octets."""

from collections.abc import Iterator

from services.mail.domain.mime.fields import read_fields, unfolded
from services.mail.domain.mime.words import decoded


def values(header: bytes, name: str) -> Iterator[str]:
    """The decoded values of the fields of a name, in order."""
    return map(decoded, _values(header, name))


def raw_values(header: bytes, name: str) -> Iterator[str]:
    """The same on one line each, with whatever is encoded in them."""
    return (value.decode("latin-1") for value in _values(header, name))


def _values(header: bytes, name: str) -> Iterator[bytes]:
    wanted = name.encode("ascii", "replace").lower()
    among = frozenset((wanted,))
    lines = header.splitlines(keepends=True)
    field = b""
    for line in [*lines, b"\r\n"]:
        if line[:1] in (b" ", b"\t"):
            field += line
            continue
        if field:
            found, _ = read_fields(field, among)
            if wanted in found:
                yield unfolded(found[wanted])
        field = line


def whole(header: bytes) -> str:
    """All of it as people read it."""
    return decoded(header.replace(b"\r\n", b"\n").replace(b"\n ", b" ").replace(b"\n\t", b" "))
