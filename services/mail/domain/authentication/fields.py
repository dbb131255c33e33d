"""The fields of a header as signatures see them: names and values with each octet as it came."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_SPACES = re.compile(rb"[\t ]+")
_NAME = re.compile(rb"([!-9;-~]+)[\t ]*:")


class Field(NamedTuple):
    """`value` is what stands behind the colon, folded as it came, without the last line end."""

    name: bytes
    value: bytes

    @property
    def key(self) -> bytes:
        return self.name.lower()


def fields_of(header: bytes) -> list[Field]:
    """In their order; a line that is no field is nobody's, and no signature covers it."""
    found: list[Field] = []
    name, lines = b"", list[bytes]()
    for line in [*header.split(b"\r\n"), b":"]:
        if line[:1] in (b" ", b"\t"):
            lines.append(line)
            continue
        if name:
            found.append(Field(name, b"\r\n".join(lines)))
        match = _NAME.match(line)
        name = match[1] if match else b""
        lines = [line[match.end() :]] if match else []
    return found


def relaxed(field: Field) -> bytes:
    """A field in its relaxed form (RFC 6376 §3.4.2), without the line end."""
    return field.key + b":" + _SPACES.sub(b" ", field.value.replace(b"\r\n", b"")).strip(b"\t ")


def simple(field: Field) -> bytes:
    return field.name + b":" + field.value


def selected(fields: Iterable[Field], names: Iterable[bytes]) -> list[Field]:
    """Those that a signature names, each name the last one not yet taken (RFC 6376 §5.4.2); one that is not there
    adds nothing."""
    left: dict[bytes, list[Field]] = {}
    for field in fields:
        left.setdefault(field.key, []).append(field)
    return [left[name].pop() for name in names if left.get(name)]
