"""Octets that go out in pieces, as `stream google.api.HttpBody`."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from google.api.httpbody_pb2 import HttpBody

from chassis.errors import InvalidInput


def check_range(offset: int, length: int) -> int | None:
    """The length asked for; None is to the end. Raises `InvalidInput` for negative numbers."""
    if offset < 0 or length < 0:
        raise InvalidInput("Not a range", fields={"offset" if offset < 0 else "length": "must not be negative"})
    return length or None


async def announce(context: Any, *, octets: int, etag: str, filename: str = "") -> None:
    """What is known of the whole before its first octet, for the gateway to make headers of."""
    metadata = [("workspace-length", str(octets)), ("workspace-etag", f'"{etag}"')]
    if filename:
        metadata.append(("workspace-filename", quote(filename, safe="")))
    await context.send_initial_metadata(tuple(metadata))


async def bodies(content_type: str, pieces: AsyncIterator[bytes]) -> AsyncIterator[HttpBody]:
    """One body a piece, and one at least, so that the type is told even of nothing."""
    told = False
    async for piece in pieces:
        if piece:
            told = True
            yield HttpBody(content_type=content_type, data=piece)
    if not told:
        yield HttpBody(content_type=content_type)
