"""Octets out: a stream of google.api.HttpBody as a response, taken in pieces where its rpc knows of pieces."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import grpc
import structlog
from google.api.httpbody_pb2 import HttpBody
from google.protobuf import message_factory
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from chassis.errors import Conflict, InvalidInput
from chassis.rpc import translated
from gateway.contract import Match, Route
from gateway.edge.exchange import Exchange
from gateway.transcoding.binding import Binder
from gateway.transcoding.ranges import Slice, asks_for_range, matches, quoted, range_holds, slice_of

log = structlog.get_logger(__name__)
_PERCENT_ENCODED = re.compile(r"(?:[A-Za-z0-9._~!#$&+^`|-]|%[0-9A-Fa-f]{2})+")
# What others wrote is never run in our origin, whatever it says it is.
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Opened:
    """A stream whose first piece is there: the rpc has been let in."""

    call: Any
    first: HttpBody | None
    # None: nobody knows before the end.
    whole: int | None
    etag: str
    filename: str

    def headers(self) -> dict[str, str]:
        filename = self.filename if _PERCENT_ENCODED.fullmatch(self.filename) else quote(self.filename, safe="")
        headers = {
            "accept-ranges": "bytes" if self.whole is not None else "none",
            "cache-control": "private, no-cache",
            "content-security-policy": _SANDBOX,
            # RFC 6266 §4.3
            "content-disposition": f"attachment; filename*=UTF-8''{filename}" if filename else "attachment",
        }
        if self.etag:
            headers["etag"] = self.etag
        return headers

    def length(self, piece: Slice | None = None) -> dict[str, str]:
        """Without it the server sends the octets in chunks (RFC 9112 §7.1)."""
        length = piece.length if piece is not None else self.whole
        return {} if length is None else {"content-length": str(length)}

    def content_type(self) -> str:
        """As the service says; what could be no header field is just octets."""
        given = self.first.content_type if self.first is not None else ""
        sane = given.isascii() and given.isprintable() and "/" in given
        return given if sane else "application/octet-stream"

    def fields(self, piece: Slice | None = None) -> dict[str, str]:
        """The header fields of all of it, or of a piece."""
        fields = self.headers() | self.length(piece) | {"content-type": self.content_type()}
        if piece is not None and self.whole is not None:
            fields["content-range"] = piece.content_range(self.whole)
        return fields

    async def octets(self) -> AsyncGenerator[bytes, None]:
        """The next piece is asked for when there is room for it: a slow reader costs one piece of memory. The rpc ends
        with whoever reads. Raises `WorkspaceError`."""
        part = self.first
        try:
            with translated():
                while part is not None:
                    yield part.data
                    part = _piece(await self.call.read())
        finally:
            self.call.cancel()


async def begun(call: Any, *, ranged: bool) -> Opened:
    """A call that streams bodies, with what the service announces before the first. Raises `WorkspaceError`."""
    try:
        with translated():
            first = _piece(await call.read())
            metadata = {str(key): value for key, value in await call.initial_metadata() or ()}
    except BaseException:
        call.cancel()
        raise
    return Opened(
        call,
        first,
        int(metadata.get("workspace-length", 0)) if ranged else None,
        quoted(str(metadata.get("workspace-etag", ""))),
        str(metadata.get("workspace-filename", "")),
    )


def _piece(read: Any) -> HttpBody | None:
    return None if read is grpc.aio.EOF else read


class DownloadRoute:
    """A rpc that streams octets: with `offset` and `length` in its request any part of them, else all."""

    def __init__(self, route: Route, channel: grpc.aio.Channel) -> None:
        self._ranged = route.ranged
        self._binder = Binder(route)
        self._call: Any = channel.unary_stream(
            route.rpc,
            request_serializer=message_factory.GetMessageClass(route.input).SerializeToString,
            response_deserializer=HttpBody.FromString,
        )

    async def serve(self, exchange: Exchange, match: Match, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        request: Any = self._binder.bind(match, scope["query_string"].decode("latin-1"), b"")
        piece: Slice | None = None
        seen = ""
        if scope["method"] == "HEAD" or (self._ranged and asks_for_range(headers.get("range"))):
            async with self._opened(request, exchange, Slice(0, 1)) as probe:
                if scope["method"] == "HEAD" or matches(headers.get("if-none-match"), probe.etag):
                    await _send_head(probe, headers, send)
                    return
                seen = probe.etag
                if probe.whole is not None and range_holds(headers.get("if-range"), probe.etag):
                    piece = slice_of(headers["range"], probe.whole)
        async with self._opened(request, exchange, piece) as opened:
            if piece is not None and opened.etag != seen:
                raise Conflict("It changed while it was being read")
            if matches(headers.get("if-none-match"), opened.etag):
                await _send_head(opened, headers, send)
                return
            await _send(opened, piece, exchange, receive, send)

    @contextlib.asynccontextmanager
    async def _opened(self, request: Any, exchange: Exchange, piece: Slice | None) -> Any:
        if self._ranged:
            request.offset, request.length = (piece.offset, piece.length) if piece is not None else (0, 0)
        call = self._call(request, metadata=exchange.metadata())
        try:
            try:
                opened = await begun(call, ranged=self._ranged)
            except InvalidInput as error:
                raise self._binder.named(error) from error
            yield opened
        finally:
            call.cancel()


async def _send_head(opened: Opened, headers: Headers, send: Send) -> None:
    """Answer HEAD, or that the client has it already (RFC 9110 §15.4.5)."""
    if matches(headers.get("if-none-match"), opened.etag):
        await _start(send, 304, opened.headers())
    else:
        await _start(send, 200, opened.fields())
    await send({"type": "http.response.body", "body": b""})


async def _start(send: Send, status: int, fields: Mapping[str, str]) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def _send(opened: Opened, piece: Slice | None, exchange: Exchange, receive: Receive, send: Send) -> None:
    left = piece.length if piece is not None else opened.whole
    await _start(send, 206 if piece is not None else 200, opened.fields(piece))
    try:
        with _until_gone(opened.call, receive):
            async for octets in opened.octets():
                left = None if left is None else left - len(octets)
                if left is not None and left < 0:
                    break
                await send({"type": "http.response.body", "body": octets, "more_body": True})
    except ClientLeft:
        exchange.reason = "client_gone"
        return
    if not left:
        await send({"type": "http.response.body", "body": b""})
        return
    # The status has gone out: an answer cut short, which the server closes, is all that can still be said.
    log.warning("download_broken", route=exchange.route, missing=left)


class ClientLeft(Exception):
    """Nobody reads any more."""


@contextmanager
def _until_gone(call: Any, receive: Receive) -> Iterator[None]:
    """Cancel the rpc when the client goes away, even while nothing is being sent."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        call.cancel()

    watching = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if watching.done():
            raise ClientLeft from None
        raise
    finally:
        watching.cancel()
