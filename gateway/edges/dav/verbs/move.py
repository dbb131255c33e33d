"""COPY and MOVE of what is in a collection, to another name or another collection of its kind (RFC 4918 §9.8, §9.9)."""

from starlette.responses import Response

from chassis.errors import NotFound
from gateway.edges.dav.answers import empty
from gateway.edges.dav.errors import DavError, needs, no_collection
from gateway.edges.dav.headers import overwrites
from gateway.edges.dav.names import dav
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.paths import destination
from gateway.edges.dav.request import DavRequest


async def copy(request: DavRequest) -> Response:
    return await _transfer(request, copy=True)


async def move(request: DavRequest) -> Response:
    return await _transfer(request, copy=False)


async def _transfer(request: DavRequest, *, copy: bool) -> Response:
    to = destination(request.headers.get("destination"), request.headers.get("host", ""))
    overwrite, wanted = overwrites(request.headers), request.conditions()
    if not request.path.member:
        await node_at(request, request.path)
        raise needs(request.path.href)
    source = await request.collection()
    if not to.member or to.segment != request.path.segment:
        raise DavError(403, "It cannot go there")
    try:
        target = await request.collection(to)
    except NotFound as error:
        raise no_collection() from error
    if not target.access.writable:
        raise needs(to.parent.href, dav("bind"))
    if not copy and not source.access.may("unbind"):
        raise needs(request.path.href, dav("unbind"))
    created = await source.transfer(
        request.path.member, target, to.member, overwrite=overwrite, copy=copy, conditions=wanted
    )
    return empty(201 if created else 204)
