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


def fields(header: bytes) -> Iterator[tuple[str, str]]:
    """Every field in order: its name in lower case, and its decoded value."""
    for field in _fields(header):
        name, colon, value = field.partition(b":")
        if colon:
            yield name.strip().lower().decode("ascii", "replace"), decoded(unfolded(value)).strip()


def _values(header: bytes, name: str) -> Iterator[bytes]:
    wanted = name.encode("ascii", "replace").lower()
    among = frozenset((wanted,))
    for field in _fields(header):
        found, _ = read_fields(field, among)
        if wanted in found:
            yield unfolded(found[wanted])


def _fields(header: bytes) -> Iterator[bytes]:
    """Each field with the lines that go on with it."""
    lines: list[bytes] = []
    for line in [*header.splitlines(keepends=True), b"\r\n"]:
        if line[:1] in (b" ", b"\t"):
            lines.append(line)
            continue
        if lines:
            yield b"".join(lines)
        lines = [line]


def whole(header: bytes) -> str:
    """All of it as people read it."""
    return decoded(header.replace(b"\r\n", b"\n").replace(b"\n ", b" ").replace(b"\n\t", b" "))
