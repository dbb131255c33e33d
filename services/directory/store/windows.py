"""Pages of a sorted list, cut into closed windows.

A query with only a lower bound, sorted and limited, is read to its end by the embedded database (262 ms for 50
of 20,000). So each page asks first for a narrow range after the last address, and widens it until it is full.
"""

from collections.abc import Iterator

DEEPEST = 12
_HIGHEST = "~"


def windows(after: str) -> Iterator[tuple[str, str | None]]:
    """Adjoining ranges `(above, below)` from `after` on, each wider than the one before; the last is open."""
    above = after
    for depth in range(min(len(after), DEEPEST), 0, -1):
        below = _end_of(after[:depth])
        if below is None or below <= above:
            continue
        yield above, below
        above = below
    yield above, None


def _end_of(prefix: str) -> str | None:
    """The first string after all that begin with `prefix`; None when there is none worth a bound."""
    bare = prefix.rstrip(_HIGHEST)
    return bare[:-1] + chr(ord(bare[-1]) + 1) if bare else None
