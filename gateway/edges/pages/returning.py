"""Where a person goes on after logging in: a path of ours, whatever tricks the address was sent with."""

import re
from urllib.parse import unquote

HOME = "/account"
_LONGEST = 4096
# Visible ASCII without backslash, which browsers read as a slash; others would have come percent-encoded.
_SANE = re.compile(r"/(?:[!-\[\]-~])*")
# A segment of dots is resolved away by browsers, and what is left may begin with two slashes.
_RESOLVED = {"", ".", ".."}
_DECODINGS = 3


def own_path(given: str, otherwise: str = HOME) -> str:
    """The path and query that was given, if a browser stays with us when it follows them; else `otherwise`."""
    if len(given) > _LONGEST or not _SANE.fullmatch(given):
        return otherwise
    # Not by urlsplit, which finds an empty host in "///evil" where browsers find another.
    path = re.split(r"[?#]", given, maxsplit=1)[0]
    return given if _plain(path) else otherwise


def _plain(path: str) -> bool:
    """Whether it has the same segments however often somebody on the way decodes it."""
    for _ in range(_DECODINGS):
        segments = path[1:].split("/")
        if not path.startswith("/") or "\\" in path or not path.isprintable():
            return False
        if any(segment in _RESOLVED for segment in segments[:-1]) or segments[-1] in {".", ".."}:
            return False
        decoded = unquote(path)
        if decoded == path:
            return True
        path = decoded
    return False
