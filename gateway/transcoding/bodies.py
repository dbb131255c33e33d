"""Bodies as they come in: of a bounded size, at a bearable pace, of the media type that the route takes."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from starlette.datastructures import Headers
from starlette.types import Receive

from chassis.errors import InvalidInput, TooLarge, Unavailable
from gateway.problems import SlowRequest, UnsupportedMediaType

# A client that sends nothing for so long is not coming back.
SILENCE_SECONDS = 30.0
JSON_SECONDS = 60.0


class ClientGone(Unavailable):
    """Nobody is left to answer."""

    reason = "client_gone"
    title = "The client went away"


def announced(headers: Headers) -> int | None:
    """The octets that Content-Length announces; 0 without any body, None when only the end will tell."""
    length = headers.get("content-length")
    if length is None:
        return None if "transfer-encoding" in headers else 0
    if not length.isascii() or not length.isdigit():
        raise InvalidInput("Content-Length is not a number")
    return int(length)


def check_media_type(headers: Headers, accepted: Sequence[str]) -> str:
    """The Content-Type without parameters. Raises `UnsupportedMediaType`."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Bodies are taken without Content-Encoding")
    given = headers.get("content-type", "").partition(";")[0].strip().lower()
    if accepted and given not in accepted:
        raise UnsupportedMediaType(f"Content-Type must be {' or '.join(accepted)}")
    return given


async def pieces(headers: Headers, receive: Receive, most: int) -> AsyncGenerator[bytes, None]:
    """The body as it arrives. Raises `TooLarge`, before reading where the length is announced; `ClientGone`."""
    length = announced(headers)
    if length is not None and length > most:
        raise TooLarge(f"At most {most} octets are taken")
    if length == 0:
        return
    read = 0
    more = True
    while more:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                message = await receive()
        except TimeoutError as error:
            raise SlowRequest from error
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        read += len(piece)
        if read > most:
            raise TooLarge(f"At most {most} octets are taken")
        if piece:
            yield piece
        more = message.get("more_body", False)


async def read_json(headers: Headers, receive: Receive, most: int) -> bytes:
    """A whole JSON body; empty when there is none."""
    if announced(headers) == 0:
        return b""
    check_media_type(headers, ("application/json",))
    try:
        async with asyncio.timeout(JSON_SECONDS):
            return b"".join([piece async for piece in pieces(headers, receive, most)])
    except TimeoutError as error:
        raise SlowRequest from error
