"""Reports about people (RFC 3744 §9): each finds the one who asks, and nobody else."""

from starlette.responses import Response

from gateway.edges.dav.answers import multistatus_response, of_list
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.headers import wants_minimal
from gateway.edges.dav.names import calendarserver, dav
from gateway.edges.dav.nodes import Node, Wanted, principal
from gateway.edges.dav.paths import PRINCIPALS, Path
from gateway.edges.dav.reading import names_in, text_of
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import XML, document, element

SEARCHED = {dav("displayname"): "Nom", calendarserver("email-address-set"): "Adresse"}
MAX_CONDITIONS = 20


def _own(request: DavRequest) -> Node:
    if request.path.segments and request.path.segment != PRINCIPALS:
        raise DavError(403, "There are no people here", condition=dav("supported-report"))
    return principal(request, Path((PRINCIPALS, request.identity.address)))


async def principal_property_search(request: DavRequest, root: Element) -> Response:
    """§9.4: people are found in the address book; here one finds oneself."""
    node, minimal = _own(request), wants_minimal(request.headers)
    wanted = Wanted(names_in(root.find(dav("prop"))), minimal=minimal)
    conditions = root.findall(dav("property-search"))
    if not conditions or len(conditions) > MAX_CONDITIONS:
        raise Malformed(f"1 to {MAX_CONDITIONS} DAV:property-search are needed")
    test = any if root.get("test") == "anyof" else all
    found = test(_matches(node, condition) for condition in conditions)
    return await multistatus_response(of_list([node.response(wanted)] if found else []), minimal=minimal)


def _matches(node: Node, condition: Element) -> bool:
    sought = text_of(condition.find(dav("match"))).casefold()
    names = names_in(condition.find(dav("prop")))
    return all(sought in text_of(node.property(name)).casefold() for name in names if name in SEARCHED) and any(
        name in SEARCHED for name in names
    )


async def principal_match(request: DavRequest, root: Element) -> Response:
    """§9.3: which of the people here is the one that asks."""
    node, minimal = _own(request), wants_minimal(request.headers)
    if root.find(dav("self")) is None:
        raise Malformed("Only DAV:self is known")
    wanted = Wanted(names_in(root.find(dav("prop"))), minimal=minimal)
    return await multistatus_response(of_list([node.response(wanted)]), minimal=minimal)


async def search_property_set(request: DavRequest, root: Element) -> Response:
    """§9.5"""
    _own(request)
    searched = [
        element(
            dav("principal-search-property"),
            [element(dav("prop"), [element(name)]), element(dav("description"), said)],
        )
        for name, said in SEARCHED.items()
    ]
    if len(root):
        raise Malformed("DAV:principal-search-property-set is empty")
    return Response(document(element(dav("principal-search-property-set"), searched)), 200, media_type=XML)
