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
        """Octets of the source. Raises `InvalidInput` when there are none at all, or they end before the last request.

        A caller that goes away ends the stream too: only its own word tells a whole source from one cut off.
        """
        empty, whole = not self.first.source.data, self.first.last
        yield self.first.source.data
        async for request in self._requests:
            empty, whole = empty and not request.source.data, request.last
            yield request.source.data
        if not whole:
            raise InvalidInput("The source was cut off")
        if empty:
            raise InvalidInput("There is no message", fields={"source": "is empty"})


async def with_line_ends(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces with CRLF at every line's end, as IMAP will have to show them (RFC 3501 §2.3.1)."""
    ends = LineEnds()
    async for piece in pieces:
        yield ends.feed(piece)
    yield ends.close()
