"""What a path under `/dav/` names.

/dav/                                     the root
/dav/principals/<address>/                a person
/dav/principals/<address>/<group>/        those who act for the person
/dav/<segment>/<address>/                 the person's collections of a kind
/dav/<segment>/<address>/<name>/          a collection
/dav/<segment>/<address>/<name>/<member>  what is in it
"""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit

from chassis.errors import NotFound
from gateway.edges.dav.errors import DavError, Malformed

PREFIX = "/dav/"
PRINCIPALS = "principals"
MOST = 4
LONGEST = 2048
NOTHING = "There is nothing at this path"


@dataclass(frozen=True)
class Path:
    """The decoded segments after `/dav/`."""

    segments: tuple[str, ...]

    @property
    def segment(self) -> str:
        return self.segments[0] if self.segments else ""

    @property
    def address(self) -> str:
        return self.segments[1] if len(self.segments) > 1 else ""

    @property
    def collection(self) -> str:
        return self.segments[2] if len(self.segments) > 2 else ""

    @property
    def member(self) -> str:
        return self.segments[3] if len(self.segments) > 3 else ""

    def below(self, name: str) -> "Path":
        return Path((*self.segments, name))

    @property
    def parent(self) -> "Path":
        return Path(self.segments[:-1])

    @property
    def href(self) -> str:
        """As answers have it; collections end with a slash."""
        path = PREFIX + "/".join(quoted(segment) for segment in self.segments)
        return path if len(self.segments) in (0, MOST) else f"{path}/"


@lru_cache(maxsize=4096)
def quoted(segment: str) -> str:
    """`@` stays as it is: clients compare paths as texts, and most leave it alone."""
    return quote(segment, safe="@")


def path_of(raw: str) -> Path:
    """Raises `NotFound` for a path that nothing can have."""
    if not raw.startswith(PREFIX) and f"{raw}/" != PREFIX:
        raise NotFound(NOTHING)
    bare = raw.removeprefix(PREFIX) if raw.startswith(PREFIX) else ""
    if len(raw) > LONGEST:
        raise NotFound(NOTHING)
    given = bare.removesuffix("/").split("/") if bare else []
    segments = tuple(_segment(each) for each in given)
    if len(segments) > MOST:
        raise NotFound(NOTHING)
    return Path(segments)


def _segment(raw: str) -> str:
    try:
        segment = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise NotFound(NOTHING) from None
    if segment in {"", ".", ".."} or "/" in segment or not segment.isprintable():
        raise NotFound(NOTHING)
    return segment


def path_of_href(text: str) -> Path | None:
    """The path of an href, absolute or from the root (RFC 4918 §8.3); None for one of elsewhere."""
    try:
        raw = urlsplit(text.strip()).path
        return path_of(raw)
    except (NotFound, ValueError):
        return None


def destination(text: str | None, host: str) -> Path:
    """Where COPY and MOVE go. Raises `Malformed`, and `DavError` 502 for another server (RFC 4918 §9.8.5)."""
    if not text:
        raise Malformed("Destination is needed")
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        raise Malformed("Destination is no URL") from None
    if parts.netloc and parts.netloc.rpartition("@")[2].lower() != host.lower():
        raise DavError(502, "That is another server")
    return path_of(parts.path)
