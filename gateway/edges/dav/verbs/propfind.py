"""PROPFIND (RFC 4918 §9.1)."""

from collections.abc import AsyncIterator

from starlette.responses import Response

from gateway.edges.dav.answers import multistatus_response
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.headers import INFINITY, depth, wants_minimal
from gateway.edges.dav.names import dav
from gateway.edges.dav.node import Node, Wanted
from gateway.edges.dav.nodes import below, node_at
from gateway.edges.dav.reading import names_in
from gateway.edges.dav.request import DavRequest


def wanted_of(root: Element | None, *, minimal: bool) -> Wanted:
    """What a body asks for; everything when there is none. Raises `Malformed`."""
    if root is None:
        return Wanted(everything=True)
    if root.tag != dav("propfind"):
        raise Malformed("The body is to be a DAV:propfind")
    prop = root.find(dav("prop"))
    if prop is not None:
        return Wanted(names_in(prop), minimal=minimal)
    if root.find(dav("propname")) is not None:
        return Wanted(names_only=True)
    if root.find(dav("allprop")) is not None:
        return Wanted(names_in(root.find(dav("include"))), everything=True, minimal=minimal)
    raise Malformed("DAV:propfind asks for prop, propname or allprop")


async def propfind(request: DavRequest) -> Response:
    levels = depth(request.headers, INFINITY)
    minimal = wants_minimal(request.headers)
    wanted = wanted_of(await request.xml(), minimal=minimal)
    request.asked = frozenset(wanted.names)
    node = await node_at(request, request.path)
    if levels == INFINITY and not request.path.member:
        raise DavError(403, "Depth is 0 or 1", condition=dav("propfind-finite-depth"))

    async def nodes() -> AsyncIterator[Node]:
        yield node
        if levels:
            async for each in below(request, request.path):
                yield each

    return await multistatus_response((each.response(wanted) async for each in nodes()), minimal=minimal)
