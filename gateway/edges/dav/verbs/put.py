"""PUT (RFC 9110 §9.3.4, RFC 4918 §9.7)."""

from starlette.responses import Response

from chassis.errors import NotFound, TooLarge, WorkspaceError
from gateway.edges.dav.answers import empty
from gateway.edges.dav.errors import DavError, Malformed, no_collection, not_allowed
from gateway.edges.dav.headers import wants_representation
from gateway.edges.dav.kinds import Collection, Target
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.verbs.get import SANDBOX


async def put(request: DavRequest) -> Response:
    if not request.path.member:
        await node_at(request, request.path)
        raise not_allowed("Only what is in a collection has content")
    if "content-range" in request.headers:
        raise Malformed("Content comes whole")
    whole = wants_representation(request.headers)
    target = await _target(request, read=whole)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        content = await request.body(target.largest)
    except TooLarge as error:
        raise DavError(403, error.detail, condition=target.size_condition) from error
    try:
        written = await target.put(request.path.member, content, media_type, request.conditions())
    except NotFound as error:
        raise no_collection() from error
    except WorkspaceError as error:
        if error.http_status != 412 or isinstance(error, DavError) or not whole:
            raise
        # What stands in the way of it (RFC 8144 §3.2).
        return await representation(request, await request.collection(), 412)
    if whole:
        return await representation(request, await request.collection(), 201 if written.created else 200)
    headers = {**written.headers, **({"etag": f'"{written.etag}"'} if written.etag else {})}
    return empty(201 if written.created else 204, **headers)


async def _target(request: DavRequest, *, read: bool) -> Target:
    """Raises `DavError` 409 where there is none (RFC 4918 §9.7.1)."""
    try:
        return await request.target(read=read)
    except NotFound as error:
        raise no_collection() from error


async def representation(request: DavRequest, collection: Collection, status: int) -> Response:
    """What is there after a write, or in the way of one (RFC 8144 §3)."""
    async for member in collection.members([request.path.member], content=True):
        headers = {
            "etag": f'"{member.etag}"', "cache-control": "no-store", "content-location": request.path.href,
            "preference-applied": "return=representation", "content-security-policy": SANDBOX, **member.headers,
        }  # fmt: skip
        return Response(member.content or b"", status, headers, member.content_type)
    return empty(status)
