"""Octets that come in as a stream of requests."""

from collections.abc import AsyncIterator
from typing import Any

from chassis.errors import InvalidInput


async def uploaded(requests: AsyncIterator[Any], field: str) -> tuple[Any, AsyncIterator[bytes]]:
    """The first request, and the octets of all of them. Raises `InvalidInput`: when there is none, or they end
    before the last one, since a caller that goes away ends the stream too."""
    async for first in requests:
        return first, _pieces(first, requests, field)
    raise InvalidInput("There is nothing", fields={field: "empty"})


async def _pieces(first: Any, requests: AsyncIterator[Any], field: str) -> AsyncIterator[bytes]:
    whole = first.last
    yield getattr(first, field).data
    async for request in requests:
        whole = request.last
        yield getattr(request, field).data
    if not whole:
        raise InvalidInput("It was cut off", fields={field: "cut off"})
