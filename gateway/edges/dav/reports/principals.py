"""Reports about people (RFC 3744 §9): oneself, and others as the national address book lets one find them."""

from collections.abc import Callable

from starlette.responses import Response

from gateway.edges.dav import principals
from gateway.edges.dav.answers import multistatus_response, of_list
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.headers import wants_minimal
from gateway.edges.dav.names import caldav, calendarserver, dav
from gateway.edges.dav.node import Node, Wanted
from gateway.edges.dav.paths import PRINCIPALS, Path
from gateway.edges.dav.people import MOST
from gateway.edges.dav.reading import names_in, text_of
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import XML, document, element, of_status

SEARCHED = {
    dav("displayname"): "Nom",
    calendarserver("email-address-set"): "Adresse",
    caldav("calendar-user-address-set"): "Adresse d'agenda",
}
MAX_CONDITIONS = 20
# Each is a question to the address book.
MAX_TEXTS = 4
# calendarserver.org's extension; RFC 3744 knows only "contains".
_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, sought: sought in value,
    "starts-with": str.startswith,
    "ends-with": str.endswith,
    "equals": str.__eq__,
}


def _check_place(request: DavRequest) -> None:
    if request.path.segments and request.path.segment != PRINCIPALS:
        raise DavError(403, "There are no people here", condition=dav("supported-report"))


async def _oneself(request: DavRequest) -> Node:
    return await principals.at(request, Path((PRINCIPALS, request.identity.address)))


async def principal_property_search(request: DavRequest, root: Element) -> Response:
    """§9.4: who has all, or any, of some texts in name or addresses."""
    _check_place(request)
    minimal = wants_minimal(request.headers)
    wanted = Wanted(names_in(root.find(dav("prop"))), minimal=minimal)
    request.asked = frozenset(wanted.names)
    conditions = root.findall(dav("property-search"))
    if not conditions or len(conditions) > MAX_CONDITIONS:
        raise Malformed(f"1 to {MAX_CONDITIONS} DAV:property-search are needed")
    test = any if root.get("test") == "anyof" else all
    nodes = [await _oneself(request), *await _others(request, [_sought(each) for each in conditions])]
    found = [node for node in nodes if test(_matches(node, condition) for condition in conditions)]
    responses = [node.response(wanted) for node in found[:MOST]]
    if len(found) > MOST:
        responses.append(of_status(request.path.href, 507, dav("number-of-matches-within-limits")))
    return await multistatus_response(of_list(responses), minimal=minimal)


def _sought(condition: Element) -> str:
    return text_of(condition.find(dav("match"))).casefold().removeprefix("mailto:")


async def _others(request: DavRequest, texts: list[str]) -> list[Node]:
    """Candidates from the address book, each once."""
    found: dict[str, Node] = {}
    for text in list(dict.fromkeys(texts))[:MAX_TEXTS]:
        for person in await request.people.search(text):
            if not request.is_own(person.address):
                path = Path((PRINCIPALS, person.address))
                found.setdefault(person.address, principals.other(request, person, path))
    return list(found.values())


def _matches(node: Node, condition: Element) -> bool:
    sought, names = _sought(condition), names_in(condition.find(dav("prop")))
    match = condition.find(dav("match"))
    compare = _MATCHES.get(match.get("match-type", "contains") if match is not None else "contains")
    if compare is None:
        raise Malformed("match-type is none")
    known = [name for name in names if name in SEARCHED]
    return bool(known) and all(any(compare(value, sought) for value in _values(node, name)) for name in known)


def _values(node: Node, name: str) -> list[str]:
    """The texts that a property has: one for each address."""
    value = node.property(name)
    if value is None:
        return []
    return [text_of(each).casefold().removeprefix("mailto:") for each in (list(value) or [value])]


async def principal_match(request: DavRequest, root: Element) -> Response:
    """§9.3: which of the people here is the one that asks."""
    _check_place(request)
    minimal = wants_minimal(request.headers)
    if root.find(dav("self")) is None:
        raise Malformed("Only DAV:self is known")
    wanted = Wanted(names_in(root.find(dav("prop"))), minimal=minimal)
    request.asked = frozenset(wanted.names)
    node = await _oneself(request)
    return await multistatus_response(of_list([node.response(wanted)]), minimal=minimal)


async def search_property_set(request: DavRequest, root: Element) -> Response:
    """§9.5"""
    _check_place(request)
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
