"""GET and HEAD of what is in a collection (RFC 9110 §9.3.1)."""

from collections.abc import AsyncIterator

from starlette.responses import Response

from chassis.errors import NotFound
from gateway.edges.dav.errors import not_allowed
from gateway.edges.dav.kinds import Member
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.paths import NOTHING
from gateway.edges.dav.properties import http_date
from gateway.edges.dav.request import DavRequest

# What others wrote is never run in our origin.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


async def get(request: DavRequest) -> Response:
    if not request.path.member:
        await node_at(request, request.path)
        raise not_allowed("A collection is read by PROPFIND")
    collection = await request.collection()
    return await given(request, collection.members([request.path.member], content=True))


async def given(request: DavRequest, found: AsyncIterator[Member]) -> Response:
    """What is there under the name, if anything, as the conditions have it. Raises `NotFound`, `Malformed`."""
    wanted = request.conditions()
    async for member in found:
        headers = {
            "etag": f'"{member.etag}"',
            "cache-control": "private, no-cache",
            "content-security-policy": SANDBOX,
            "content-disposition": "attachment",
            **member.headers,
        }
        if member.modified is not None:
            headers["last-modified"] = http_date(member.modified)
        if wanted.if_match and not {"*", member.etag} & set(wanted.if_match):
            return Response(status_code=412)
        # Weak comparison: a tag that some proxy weakened is still the same (RFC 9110 §13.1.2).
        if {"*", member.etag} & set(wanted.if_none_match):
            return Response(status_code=304, headers=headers)
        return Response(member.content or b"", 200, headers, member.content_type)
    raise NotFound(NOTHING)
