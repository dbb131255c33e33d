"""MKCALENDAR (RFC 4791 §5.3.1)."""

from starlette.responses import Response

from gateway.edges.dav.errors import Malformed
from gateway.edges.dav.names import caldav, dav
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.verbs.mkcol import check_place, made, wanted_properties


async def mkcalendar(request: DavRequest) -> Response:
    root = await request.xml()
    if root is not None and root.tag != caldav("mkcalendar"):
        raise Malformed("The body is to be a CALDAV:mkcalendar")
    wanted = wanted_properties(root)
    wanted.pop(dav("resourcetype"), None)
    # RFC 4791 §5.3.1.1: a calendar holds no other.
    await check_place(request, caldav("calendar-collection-location-ok"))
    return await made(request, wanted, caldav("mkcalendar-response"))
