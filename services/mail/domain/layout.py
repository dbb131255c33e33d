"""Where the parts of a message stand, packed into a few octets a part.

Preorder; per part five unsigned LEB128 numbers: depth and kind, the header's start counted from its parent's, the
header's length, the body's length, its lines. Packed flat, since nested documents would end at the database's depth.
"""

from collections.abc import Iterator

from services.mail.domain.mime import Kind, Part, Structure

_KINDS = tuple(Kind)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}


def pack(structure: Structure) -> bytes:
    """The layout of a structure."""
    packed = bytearray()
    waiting: list[tuple[Part, int, int]] = [(structure.root, 0, 0)]
    while waiting:
        part, depth, origin = waiting.pop()
        for number in (
            depth * len(_KINDS) + _NUMBERS[part.kind],
            part.header_start - origin,
            part.header_length,
            part.body_length,
            part.lines,
        ):
            _put(packed, number)
        waiting.extend((child, depth + 1, part.header_start) for child in reversed(part.children))
    return bytes(packed)


def unpack(packed: bytes, size: int, shift: int = 0) -> Structure:
    """The structure of a message of `size` octets before which `shift` octets of its header were put.

    Only what a layout has is filled in: positions, lines, kinds and children.
    """
    numbers = _numbers(packed)
    path: list[Part] = []
    for first in numbers:
        depth, kind = divmod(first, len(_KINDS))
        del path[depth:]
        start = next(numbers) + (path[-1].header_start if path else shift)
        part = Part(header_start=start, body_start=start + next(numbers), body_length=next(numbers))
        part.lines, part.kind = next(numbers), _KINDS[kind]
        if path:
            path[-1].children.append(part)
        path.append(part)
    root = path[0]
    root.header_start = 0
    return Structure(root, size + shift)


def _put(packed: bytearray, number: int) -> None:
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)


def _numbers(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for octet in packed:
        number |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            yield number
            number = shift = 0
