"""POST: a question to the scheduling outbox (RFC 6638 §5), a file for a calendar object (RFC 8607 §3.3)."""

from urllib.parse import parse_qs

from starlette.responses import Response

from gateway.edges.dav.caldav.attachments import post_attachment
from gateway.edges.dav.caldav.calendar import CalendarCollection
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
    if request.path.member and "action" in parse_qs(request.query, keep_blank_values=True):
        calendar = await request.collection()
        if isinstance(calendar, CalendarCollection):
            return await post_attachment(request, calendar)
    await node_at(request, request.path)
    raise not_allowed("Nothing is taken by POST here")
