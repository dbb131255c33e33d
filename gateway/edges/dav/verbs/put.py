"""PUT (RFC 9110 §9.3.4, RFC 4918 §9.7)."""

from starlette.responses import Response

from chassis.errors import TooLarge
from gateway.edges.dav.answers import empty
from gateway.edges.dav.errors import DavError, Malformed, needs, not_allowed
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.request import DavRequest


async def put(request: DavRequest) -> Response:
    if not request.path.member:
        await node_at(request, request.path)
        raise not_allowed("Only what is in a collection has content")
    if "content-range" in request.headers:
        raise Malformed("Content comes whole")
    collection = await request.collection()
    if not collection.writable:
        raise needs(request.path.href)
    wanted = request.conditions()
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        content = await request.body(collection.largest)
    except TooLarge as error:
        raise DavError(403, error.detail, condition=collection.size_condition) from error
    etag, created = await collection.put(request.path.member, content, media_type, wanted)
    return empty(201 if created else 204, etag=f'"{etag}"')
