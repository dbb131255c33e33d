"""GET and HEAD of what is in a calendar, without the time zones that everybody knows where a client says so."""

from starlette.responses import Response
from workspace.calendar.v1 import filters_pb2

from gateway.edges.dav.caldav.calendar import CalendarCollection
from gateway.edges.dav.caldav.shapes import by_reference
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.verbs.get import get, given


async def get_object(request: DavRequest) -> Response:
    collection = await request.collection() if request.path.member and by_reference(request) else None
    if not isinstance(collection, CalendarCollection):
        return await get(request)
    shape = filters_pb2.ContentShape(without_time_zones=True)
    return await given(request, collection.members([request.path.member], content=True, shape=shape))
