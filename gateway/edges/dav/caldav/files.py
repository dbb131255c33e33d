"""The files that calendar objects carry, where their ATTACH properties say that they are: one path for all who have the
event, each of whom is asked whether it has (RFC 8607 §3.9)."""

from starlette.responses import Response
from workspace.calendar.v1 import attachments_pb2 as pb

from chassis.errors import Conflict
from gateway.edge.streamed import Streamed
from gateway.edges.dav.caldav.stubs import Stubs
from gateway.edges.dav.request import DavRequest
from gateway.transcoding.download import Opened, begun
from gateway.transcoding.ranges import Slice, asks_for_range, matches, range_holds, slice_of

# In the place of an address, of which it is none.
SEGMENT = "attachments"


def is_file(request: DavRequest) -> bool:
    return request.path.address == SEGMENT and bool(request.path.member)


async def get_file(stubs: Stubs, request: DavRequest, *, head: bool) -> Response:
    """Raises `NotFound` for who has no event that carries it; `RangeNotSatisfiable`."""
    headers, piece, etag = request.headers, None, ""
    if asks_for_range(headers.get("range")) and not head:
        probe = await _open(stubs, request, Slice(0, 1))
        probe.call.cancel()
        etag = probe.etag
        if not matches(headers.get("if-none-match"), etag) and range_holds(headers.get("if-range"), etag):
            piece = slice_of(headers["range"], probe.whole or 0)
    found = await _open(stubs, request, Slice(0, 1) if head else piece)
    if piece is not None and found.etag != etag:
        found.call.cancel()
        raise Conflict("It changed while it was being read")
    if matches(headers.get("if-none-match"), found.etag):
        found.call.cancel()
        return Response(status_code=304, headers=found.headers())
    if head:
        found.call.cancel()
        return Response(status_code=200, headers=found.fields())
    return Streamed(found.octets(), 206 if piece is not None else 200, found.fields(piece))


async def _open(stubs: Stubs, request: DavRequest, piece: Slice | None) -> Opened:
    asked = pb.OpenAttachmentRequest(managed_id=request.path.collection)
    if piece is not None:
        asked.offset, asked.length = piece.offset, piece.length
    return await begun(stubs.attachments.OpenAttachment(asked), ranged=True)
