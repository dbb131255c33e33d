"""Header fields that steer WebDAV."""

import re
from dataclasses import dataclass

from starlette.datastructures import Headers

from gateway.edges.dav.errors import Malformed

INFINITY = -1
_ETAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*(?:,|$)')
MAX_ETAGS = 50


@dataclass(frozen=True)
class Conditions:
    """If-Match and If-None-Match (RFC 9110 §13.1), as ETags without quotes or `*`."""

    if_match: tuple[str, ...] = ()
    if_none_match: tuple[str, ...] = ()
    # What the header field If submits: tokens of locks among them.
    tokens: tuple[str, ...] = ()
    # If-Schedule-Tag-Match (RFC 6638 §8.3), without quotes.
    schedule_tag: str = ""
    # Whether an attendee who deletes a meeting wants its organiser to know (Schedule-Reply, RFC 6638 §8.1).
    reply: bool = True


ALWAYS = Conditions()


def conditions(headers: Headers) -> Conditions:
    """Raises `Malformed`."""
    return Conditions(
        _etags(headers, "if-match", weak=False),
        _etags(headers, "if-none-match", weak=True),
        schedule_tag=_schedule_tag(headers),
        reply=headers.get("schedule-reply", "T").strip().upper() != "F",
    )


def _schedule_tag(headers: Headers) -> str:
    given = headers.get("if-schedule-tag-match")
    if given is None:
        return ""
    found = _ETAG.fullmatch(given)
    if found is None or found[1] or not found[2]:
        raise Malformed("If-Schedule-Tag-Match is one quoted tag")
    return found[2]


def _etags(headers: Headers, name: str, *, weak: bool) -> tuple[str, ...]:
    """A weak one is never what If-Match wants: it stays in the list as what matches nothing."""
    given = headers.get(name)
    if given is None:
        return ()
    if given.strip() == "*":
        return ("*",)
    found: list[str] = []
    at = 0
    while at < len(given):
        each = _ETAG.match(given, at)
        if each is None or len(found) >= MAX_ETAGS:
            raise Malformed(f"{name} is a list of ETags, or *")
        found.append(f"W/{each[2]}" if each[1] and not weak else each[2])
        at = each.end()
    if not found:
        raise Malformed(f"{name} is a list of ETags, or *")
    return tuple(found)


def depth(headers: Headers, default: int) -> int:
    """0, 1 or `INFINITY` (RFC 4918 §10.2). Raises `Malformed`."""
    given = headers.get("depth")
    if given is None:
        return default
    found = {"0": 0, "1": 1, "infinity": INFINITY}.get(given.strip().lower())
    if found is None:
        raise Malformed("Depth is 0, 1 or infinity")
    return found


def _preferred(headers: Headers) -> set[str]:
    given = ",".join(headers.getlist("prefer"))
    return {each.partition(";")[0].strip().lower().replace('"', "").replace(" ", "") for each in given.split(",")}


def wants_minimal(headers: Headers) -> bool:
    """Whether the client is content with what is there (RFC 8144 §2, and Brief, its elder)."""
    return "return=minimal" in _preferred(headers) or headers.get("brief", "").strip().lower() == "t"


def wants_representation(headers: Headers) -> bool:
    """Whether the client wants to see what is there after a write, or in the way of one (RFC 8144 §3)."""
    preferred = _preferred(headers)
    return "return=representation" in preferred and "return=minimal" not in preferred


def overwrites(headers: Headers) -> bool:
    """RFC 4918 §10.6. Raises `Malformed`."""
    given = headers.get("overwrite", "T").strip().upper()
    if given not in {"T", "F"}:
        raise Malformed("Overwrite is T or F")
    return given == "T"
