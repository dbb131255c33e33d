"""MKCOL, plain and extended (RFC 4918 §9.3, RFC 5689)."""

from starlette.responses import Response

from chassis.errors import NotFound
from gateway.edges.dav.answers import empty
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed, PropertyRefused, needs, not_allowed
from gateway.edges.dav.kinds import Described
from gateway.edges.dav.names import dav
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.reading import MAX_PROPERTIES
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.verbs.proppatch import outcome
from gateway.edges.dav.writing import XML, document, element


async def mkcol(request: DavRequest) -> Response:
    root = await request.xml()
    if root is not None and root.tag != dav("mkcol"):
        raise Malformed("The body is to be a DAV:mkcol")
    wanted = wanted_properties(root)
    await check_place(request)
    types = wanted.pop(dav("resourcetype"), None)
    asked = {str(each.tag) for each in types} if types is not None else set()
    if asked != {dav("collection"), request.kind().resource_type}:
        raise DavError(403, "Not a type that can be made here", condition=dav("valid-resourcetype"))
    return await made(request, wanted, dav("mkcol-response"))


async def check_place(request: DavRequest) -> None:
    """Whether something can be made at the path. Raises `DavError`."""
    if await _is_there(request):
        raise not_allowed("There is something at this path")
    if not request.path.collection or request.path.member:
        raise DavError(403, "Collections are made among a person's own", condition=dav("collection-must-exist"))


async def made(request: DavRequest, wanted: dict[str, Element], response: str) -> Response:
    """A collection with these properties, or none; then `response` names the element that says why (RFC 5689 §3)."""
    home = await request.home()
    if not home.access.may("bind"):
        raise needs(request.path.parent.href, dav("bind"))
    try:
        _check_settable(wanted)
        await home.create(request.path.collection, Described(wanted))
    except PropertyRefused as error:
        parts = outcome(list(wanted) or [error.name], {error.name: error})
        return Response(document(element(response, parts)), 424, {"cache-control": "no-store"}, XML)
    return empty(201)


def _check_settable(wanted: dict[str, Element]) -> None:
    """What is WebDAV's own is said by the server, but for the name. Raises `PropertyRefused`."""
    for name in wanted:
        if name.startswith(dav("")) and name != dav("displayname"):
            raise PropertyRefused(name, "It is protected", condition=dav("cannot-modify-protected-property"))


async def _is_there(request: DavRequest) -> bool:
    try:
        await node_at(request, request.path)
    except NotFound:
        return False
    return True


def wanted_properties(root: Element | None) -> dict[str, Element]:
    """Those of DAV:set. Raises `Malformed`."""
    if root is None:
        return {}
    found = {str(each.tag): each for prop in root.iterfind(f"{dav('set')}/{dav('prop')}") for each in prop}
    if len(found) > MAX_PROPERTIES:
        raise Malformed(f"More than {MAX_PROPERTIES} properties")
    return found
