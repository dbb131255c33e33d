"""MKCOL, plain and extended (RFC 4918 §9.3, RFC 5689)."""

from starlette.responses import Response

from chassis.errors import NotFound
from gateway.edges.dav.answers import empty
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed, not_allowed
from gateway.edges.dav.kinds import Described
from gateway.edges.dav.names import dav
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.request import DavRequest


async def mkcol(request: DavRequest) -> Response:
    root = await request.xml()
    if await _is_there(request):
        raise not_allowed("There is something at this path")
    if not request.path.collection or request.path.member:
        raise DavError(403, "Collections are made among a person's own", condition=dav("collection-must-exist"))
    kind = request.kind()
    wanted = _wanted(root)
    types = wanted.pop(dav("resourcetype"), None)
    asked = {str(each.tag) for each in types} if types is not None else set()
    if asked != {dav("collection"), kind.resource_type}:
        raise DavError(403, "Not a type that can be made here", condition=dav("valid-resourcetype"))
    await kind.create(request.identity, request.path.collection, Described(wanted))
    return empty(201)


async def _is_there(request: DavRequest) -> bool:
    try:
        await node_at(request, request.path)
    except NotFound:
        return False
    return True


def _wanted(root: Element | None) -> dict[str, Element]:
    if root is None:
        return {}
    if root.tag != dav("mkcol"):
        raise Malformed("The body is to be a DAV:mkcol")
    return {str(each.tag): each for prop in root.iterfind(f"{dav('set')}/{dav('prop')}") for each in prop}
