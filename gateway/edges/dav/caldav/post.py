"""POST (RFC 6638 §5): a question to the scheduling outbox."""

from starlette.responses import Response

from gateway.edges.dav.caldav.freebusy import post_to_outbox
from gateway.edges.dav.caldav.outbox import Outbox
from gateway.edges.dav.errors import not_allowed
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.request import DavRequest


async def post(request: DavRequest) -> Response:
    if request.path.collection and not request.path.member:
        collection = await request.collection()
        if isinstance(collection, Outbox):
            return await post_to_outbox(request, collection)
    await node_at(request, request.path)
    raise not_allowed("Nothing is taken by POST here")
