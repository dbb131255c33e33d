"""Sources that come in pieces."""

from collections.abc import AsyncIterator
from typing import Any

from chassis.errors import InvalidInput
from services.mail.domain.outgoing import LineEnds


class Upload:
    """The requests of a client stream: the first one is at hand, the pieces of all of them follow, never held."""

    def __init__(self, requests: AsyncIterator[Any]) -> None:
        self._requests = requests
        self.first: Any = None

    async def open(self) -> Any:
        """The first request. Raises `InvalidInput` when there is none."""
        async for request in self._requests:
            self.first = request
            return request
        raise InvalidInput("There is no message", fields={"source": "is empty"})

    async def pieces(self) -> AsyncIterator[bytes]:
        """Octets of the source. Raises `InvalidInput` when there are none at all, and as `whole` does."""
        empty = True
        async for octets in whole(self.first, self._requests, "source"):
            empty = empty and not octets
            yield octets
        if empty:
            raise InvalidInput("There is no message", fields={"source": "is empty"})


async def whole(first: Any, rest: AsyncIterator[Any], field: str) -> AsyncIterator[bytes]:
    """The octets in a field of the requests. Raises `InvalidInput` when they end before the last request.

    A caller that goes away ends the stream too: only its own word tells what is whole from what was cut off.
    """
    ended = first.last
    yield getattr(first, field).data
    async for request in rest:
        ended = request.last
        yield getattr(request, field).data
    if not ended:
        raise InvalidInput(f"The {field} was cut off")


async def with_line_ends(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces with CRLF at every line's end, as IMAP will have to show them (RFC 3501 §2.3.1)."""
    ends = LineEnds()
    async for piece in pieces:
        yield ends.feed(piece)
    yield ends.close()
