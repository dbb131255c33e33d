"""DELETE (RFC 4918 §9.6)."""

from starlette.responses import Response

from gateway.edges.dav.answers import empty
from gateway.edges.dav.errors import needs
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.request import DavRequest


async def delete(request: DavRequest) -> Response:
    if not request.path.collection:
        await node_at(request, request.path)
        raise needs(request.path.href)
    collection = await request.collection()
    if not collection.writable:
        raise needs(request.path.href)
    if request.path.member:
        await collection.delete(request.path.member, request.conditions())
    else:
        await collection.remove()
    return empty(204)
