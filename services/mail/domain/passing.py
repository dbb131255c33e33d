"""A message while it passes: its header first, then its body as it comes."""

from collections.abc import AsyncIterable, AsyncIterator

from chassis.errors import InvalidInput, TooLarge

MAX_HEADER = 256 * 1024
# The field of a letter that went on to a former server of the domain that it names.
PASSED_ON = "X-Passed-On"
_BLANK_LINE = b"\r\n\r\n"


async def header_and_body(chunks: AsyncIterable[bytes], limit: int) -> tuple[bytes, AsyncIterator[bytes]]:
    """The header with its blank line, and the pieces of the body.

    A header that no blank line ends is all there is (RFC 5322 §3.5). Raises `InvalidInput` for one that does not end,
    `TooLarge` when it is longer than the `limit` of the message.
    """
    pieces, held = aiter(chunks), bytearray()
    async for piece in pieces:
        begun = max(0, len(held) - len(_BLANK_LINE) + 1)
        held += piece
        end = _end(held, begun)
        if end:
            return bytes(held[:end]), _rest(bytes(held[end:]), pieces)
        if len(held) > limit:
            raise TooLarge
        if len(held) > MAX_HEADER:
            raise InvalidInput("The header is too long", fields={"source": f"header longer than {MAX_HEADER} octets"})
    return bytes(held), _rest(b"", pieces)


def _end(octets: bytearray, begun: int) -> int:
    """Where the body begins, looked for from `begun`; 0 while there is no blank line."""
    if octets.startswith(b"\r\n"):
        return 2
    at = octets.find(_BLANK_LINE, begun, MAX_HEADER)
    return at + len(_BLANK_LINE) if at >= 0 else 0


async def _rest(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in pieces:
        yield piece
