"""Content lines of vCard and iCalendar as they are written (RFC 6350 §3.2, RFC 5545 §3.1)."""

from collections.abc import Iterable

FOLD_OCTETS = 75


def folded(line: str) -> str:
    """Without its line end; at most 75 octets a line, no character torn."""
    octets, pieces, start, room = line.encode("utf-8"), [], 0, FOLD_OCTETS
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[start:end].decode("utf-8"))
        # The space before the rest counts.
        start, room = end, FOLD_OCTETS - 1
    return "\r\n ".join([*pieces, octets[start:].decode("utf-8")])


def written(lines: Iterable[str]) -> bytes:
    return "".join(f"{folded(line)}\r\n" for line in lines).encode("utf-8")
