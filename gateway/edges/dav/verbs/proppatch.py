"""PROPPATCH (RFC 4918 §9.2): all of it or nothing."""

from starlette.responses import Response

from gateway.edges.dav.answers import empty, multistatus_response, of_list
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import Malformed
from gateway.edges.dav.headers import wants_minimal
from gateway.edges.dav.kinds import Described
from gateway.edges.dav.names import dav
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.reading import MAX_PROPERTIES
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import element, href, propstat

_FAILED_DEPENDENCY = 424


def instructions(root: Element | None) -> dict[str, Element | None]:
    """What each property is to be, None for to be removed; the last word counts. Raises `Malformed`."""
    if root is None or root.tag != dav("propertyupdate"):
        raise Malformed("The body is to be a DAV:propertyupdate")
    said: dict[str, Element | None] = {}
    for instruction in root:
        prop = instruction.find(dav("prop"))
        if instruction.tag not in {dav("set"), dav("remove")} or prop is None:
            continue
        for each in prop:
            said.pop(str(each.tag), None)
            said[str(each.tag)] = each if instruction.tag == dav("set") else None
    if not said or len(said) > MAX_PROPERTIES:
        raise Malformed(f"It changes 1 to {MAX_PROPERTIES} properties")
    return said


async def proppatch(request: DavRequest) -> Response:
    said = instructions(await request.xml())
    node = await node_at(request, request.path)
    collection = await request.collection() if request.path.collection and not request.path.member else None
    if collection is None or not collection.writable:
        refused = set(said)
    else:
        # What is WebDAV's own is live, whether this resource has it or not.
        live = {name for name in said if name in node.live or name.startswith(dav(""))}
        refused = live - collection.settable
    if collection is not None and not refused:
        new = {name: each for name, each in said.items() if each is not None}
        await collection.describe(Described(new, [name for name, each in said.items() if each is None]))
        if wants_minimal(request.headers):
            return empty(200, preference_applied="return=minimal")
    parts = _outcome(list(said), refused)
    response = element(dav("response"), [href(request.path.href), *parts])
    return await multistatus_response(of_list([response]))


def _outcome(names: list[str], refused: set[str]) -> list[Element]:
    if not refused:
        return [propstat(200, [element(name) for name in names])]
    parts = [
        propstat(403, [element(n) for n in names if n in refused], dav("cannot-modify-protected-property")),
    ]
    others = [element(name) for name in names if name not in refused]
    return [*parts, propstat(_FAILED_DEPENDENCY, others)] if others else parts
