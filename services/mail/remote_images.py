"""Images of other servers, fetched for a reader who asked to see them, by us and never by the reader's browser."""

from typing import NamedTuple

import httpcore
from prometheus_client import Counter

from chassis.errors import PreconditionFailed, TooLarge, Unavailable
from chassis.outside import Allowed, Names, Outside, is_public

FETCHES = Counter("mail_remote_images", "Images of other servers that readers asked for", ["outcome"])
MOST_OCTETS = 8 * 1024 * 1024
_HEADERS = {"Accept": "image/webp,image/png,image/jpeg,image/gif"}
# What begins so is shown, whatever its server calls it. SVG is a document with scripts, and is not.
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
)  # fmt: skip


class Image(NamedTuple):
    """An image's octets, and their type as they themselves tell it."""

    content_type: str
    octets: bytes


class RemoteImages:
    """A `RemoteImages` of the context."""

    def __init__(self, names: Names, allowed: Allowed = is_public, *, at_once: int = 20) -> None:
        self._outside = Outside(names, allowed, at_once=at_once)

    async def fetch(self, url: str) -> Image:
        """Raises `PreconditionFailed` for what is no image or is not to be reached from here, `TooLarge`,
        `Unavailable` when its server does not answer."""
        try:
            async with self._outside.get(url, _HEADERS) as response:
                image = await _image(response)
        except Unavailable:
            FETCHES.labels("away").inc()
            raise
        except (PreconditionFailed, TooLarge):
            FETCHES.labels("refused").inc()
            raise
        FETCHES.labels("shown").inc()
        return image


async def _image(response: httpcore.Response) -> Image:
    if response.status != 200:
        raise PreconditionFailed(f"The image's server answers {response.status}")
    octets = bytearray()
    async for piece in response.aiter_stream():
        octets += piece
        if len(octets) > MOST_OCTETS:
            raise TooLarge(f"Images of at most {MOST_OCTETS} octets are shown")
        if len(octets) >= 16 and not _type_of(bytes(octets[:16])):
            break
    content_type = _type_of(bytes(octets[:16]))
    if not content_type:
        raise PreconditionFailed("It is no image of a kind that is shown")
    return Image(content_type, bytes(octets))


def _type_of(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((content_type for magic, content_type in _MAGIC if head.startswith(magic)), "")
