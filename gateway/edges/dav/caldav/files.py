"""The files that calendar objects carry, where their ATTACH properties say that they are: one path for all who have the
event, each of whom is asked whether it has (RFC 8607 §3.9)."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from starlette.responses import Response, StreamingResponse
from workspace.calendar.v1 import attachments_pb2 as pb

from chassis.errors import Conflict
from chassis.rpc import translated
from gateway.edges.dav.request import DavRequest
from gateway.transcoding.download import Opened, opened
from gateway.transcoding.ranges import Slice, asks_for_range, matches, range_holds, slice_of

# In the place of an address, of which it is none.
SEGMENT = "attachments"


def is_file(request: DavRequest) -> bool:
    return request.path.address == SEGMENT and bool(request.path.member)


async def get_file(stubs: Any, request: DavRequest, *, head: bool) -> Response:
    """Raises `NotFound` for who has no event that carries it; `RangeNotSatisfiable`."""
    headers, piece, etag = request.headers, None, ""
    if head or asks_for_range(headers.get("range")) or "if-none-match" in headers:
        probe = await _open(stubs, request, Slice(0, 1))
        probe.call.cancel()
        if matches(headers.get("if-none-match"), probe.etag):
            return Response(status_code=304, headers=probe.headers())
        if head:
            return Response(status_code=200, headers=_headers(probe, None))
        etag = probe.etag
        if asks_for_range(headers.get("range")) and range_holds(headers.get("if-range"), etag):
            piece = slice_of(headers["range"], probe.whole or 0)
    found = await _open(stubs, request, piece)
    if piece is not None and found.etag != etag:
        found.call.cancel()
        raise Conflict("It changed while it was being read")
    return StreamingResponse(_octets(found), 206 if piece is not None else 200, _headers(found, piece))


async def _open(stubs: Any, request: DavRequest, piece: Slice | None) -> Opened:
    asked = pb.OpenAttachmentRequest(managed_id=request.path.collection)
    if piece is not None:
        asked.offset, asked.length = piece.offset, piece.length
    call = stubs.attachments.OpenAttachment(asked)
    with translated():
        first = await call.read()
        metadata = {str(key): value for key, value in await call.initial_metadata() or ()}
    return opened(call, None if first is grpc.aio.EOF else first, metadata, ranged=True)


def _headers(found: Opened, piece: Slice | None) -> dict[str, str]:
    fields = found.headers() | found.length(piece) | {"content-type": found.content_type()}
    if piece is not None and found.whole is not None:
        fields["content-range"] = piece.content_range(found.whole)
    return fields


async def _octets(found: Opened) -> AsyncIterator[bytes]:
    """The next piece is asked for when the client has room for it."""
    part = found.first
    try:
        with translated():
            while part is not None:
                yield part.data
                part = await found.call.read()
                part = None if part is grpc.aio.EOF else part
    finally:
        found.call.cancel()
