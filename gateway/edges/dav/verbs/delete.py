"""DELETE (RFC 4918 §9.6)."""

from starlette.responses import Response

from chassis.errors import Forbidden
from gateway.edges.dav.answers import empty
from gateway.edges.dav.errors import needs
from gateway.edges.dav.names import dav
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.request import DavRequest


async def delete(request: DavRequest) -> Response:
    if not request.path.collection:
        await node_at(request, request.path)
        raise needs(request.path.href)
    collection = await request.collection()
    if request.path.member:
        if not collection.access.may("unbind"):
            raise needs(request.path.href, dav("unbind"))
        await collection.delete(request.path.member, request.conditions())
    else:
        try:
            await collection.remove(request.conditions())
        except Forbidden as error:
            # It is taken out of what it is in (RFC 3744 §3.10), whose privileges are not its own.
            raise needs(request.path.parent.href, dav("unbind")) from error
    return empty(204)
