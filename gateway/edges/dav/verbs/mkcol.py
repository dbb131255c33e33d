"""MKCOL, plain and extended (RFC 4918 §9.3, RFC 5689)."""

from starlette.responses import Response

from chassis.errors import NotFound
from gateway.edges.dav.answers import empty
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed, PropertyRefused, needs, no_collection, not_allowed
from gateway.edges.dav.kinds import Described
from gateway.edges.dav.names import dav
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.paths import Path
from gateway.edges.dav.reading import MAX_PROPERTIES
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.verbs.proppatch import outcome
from gateway.edges.dav.writing import XML, document, element


async def mkcol(request: DavRequest) -> Response:
    root = await request.xml()
    if root is not None and root.tag != dav("mkcol"):
        raise Malformed("The body is to be a DAV:mkcol")
    wanted = wanted_properties(root)
    await check_place(request, dav("collection-must-exist"))
    types = wanted.pop(dav("resourcetype"), None)
    asked = {str(each.tag) for each in types} if types is not None else set()
    if asked != {dav("collection"), request.kind().resource_type}:
        raise DavError(403, "Not a type that can be made here", condition=dav("valid-resourcetype"))
    return await made(request, wanted, dav("mkcol-response"))


async def check_place(request: DavRequest, condition: str) -> None:
    """Whether something can be made at the path; `condition` is what is broken where nothing ever can. Raises
    `DavError`."""
    if await _is_there(request):
        raise not_allowed("There is something at this path")
    if request.path.member and not await _is_there(request, request.path.parent):
        raise no_collection()
    if not request.path.collection or request.path.member:
        raise DavError(403, "Collections are made among a person's own", condition=condition)


async def made(request: DavRequest, wanted: dict[str, Element], response: str) -> Response:
    """A collection with these properties, or none; then `response` names the element that says why (RFC 5689 §3)."""
    try:
        home = await request.home()
    except NotFound as error:
        raise no_collection() from error
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


async def _is_there(request: DavRequest, path: Path | None = None) -> bool:
    try:
        await node_at(request, path or request.path)
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
