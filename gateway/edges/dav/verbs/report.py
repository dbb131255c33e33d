"""REPORT (RFC 3253 §3.6): which one, its body says."""

from starlette.responses import Response

from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.names import dav
from gateway.edges.dav.reports import REPORTS, sync_collection
from gateway.edges.dav.request import DavRequest


async def report(request: DavRequest) -> Response:
    root = await request.xml()
    if root is None:
        raise Malformed("A report is asked for in the body")
    name = str(root.tag)
    if name in REPORTS:
        return await REPORTS[name](request, root)
    if request.path.collection and not request.path.member:
        collection = await request.collection()
        if name == dav("sync-collection") and collection.sync_token:
            return await sync_collection(request, collection, root)
        if name in collection.reports:
            return await collection.reports[name](request, collection, root)
    raise DavError(403, "There is no such report here", condition=dav("supported-report"))
