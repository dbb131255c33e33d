"""Reports about people (RFC 3744 §9): oneself, and others as the national address book lets one find them."""

from collections.abc import Callable

from starlette.responses import Response

from gateway.edges.dav.answers import multistatus_response, of_list
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.headers import wants_minimal
from gateway.edges.dav.names import caldav, calendarserver, dav
from gateway.edges.dav.node import Node, Wanted
from gateway.edges.dav.paths import PRINCIPALS
from gateway.edges.dav.people import MOST
from gateway.edges.dav.reading import names_in, number_in, text_of
from gateway.edges.dav.reports.candidates import CUTYPE, INDIVIDUAL, candidates, is_of, oneself
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import XML, Answer, document, element, of_status

SEARCHED = {
    dav("displayname"): "Nom",
    calendarserver("email-address-set"): "Adresse",
    caldav("calendar-user-address-set"): "Adresse d'agenda",
    CUTYPE: "Nature",
}
MAX_CONDITIONS = 20
# What a search of calendarserver.org is for, by types of calendar users; groups are invited by their address.
_CONTEXTS: dict[str, tuple[str, ...]] = {
    "attendee": ("",), "user": (INDIVIDUAL,), "group": (), "location": ("ROOM",), "resource": ("RESOURCE",),
}  # fmt: skip
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


async def principal_property_search(request: DavRequest, root: Element) -> Response:
    """§9.4: who has all, or any, of some texts in name or addresses."""
    _check_place(request)
    minimal = wants_minimal(request.headers)
    wanted = Wanted(names_in(root.find(dav("prop"))), minimal=minimal)
    request.asked = frozenset(wanted.names)
    conditions = root.findall(dav("property-search"))
    if not conditions or len(conditions) > MAX_CONDITIONS:
        raise Malformed(f"1 to {MAX_CONDITIONS} DAV:property-search are needed")
    either, cutype = root.get("test") == "anyof", root.get("type", "").upper()
    test = any if either else all
    nodes = [await oneself(request), *await candidates(request, _asked(conditions, cutype, either=either))]
    found = [
        node for node in nodes if is_of(node, cutype) and test(_matches(node, condition) for condition in conditions)
    ]
    return await _found(request, found, wanted)


async def _found(request: DavRequest, found: list[Node], wanted: Wanted, most: int = MOST) -> Response:
    responses: list[Answer] = [node.response(wanted) for node in found[:most]]
    if len(found) > most:
        responses.append(of_status(request.path.href, 507, dav("number-of-matches-within-limits")))
    return await multistatus_response(of_list(responses), minimal=wanted.minimal)


async def calendarserver_principal_search(request: DavRequest, root: Element) -> Response:
    """calendarserver.org's, by which Apple's programs look for attendees, rooms and equipment: whoever has all of some
    words, of the types that a context means."""
    _check_place(request)
    wanted = Wanted(names_in(root.find(dav("prop"))), minimal=wants_minimal(request.headers))
    request.asked = frozenset(wanted.names)
    tokens = [text_of(each).casefold() for each in root.iterfind(calendarserver("search-token"))]
    text = " ".join(filter(None, tokens))
    context = root.get("context", "attendee")
    if not text or context not in _CONTEXTS:
        raise Malformed("A search has tokens, and a context that is known")
    me, types = await oneself(request), _CONTEXTS[context]
    own = [me] if all(any(token in value for value in _own_values(me)) for token in tokens) else []
    others = await candidates(request, [(text, cutype) for cutype in types])
    found = [node for node in (*own, *others) if any(is_of(node, cutype) for cutype in types)]
    limit = number_in(root.find(calendarserver("limit")), calendarserver("nresults"))
    return await _found(request, found, wanted, min(limit or MOST, MOST))


def _own_values(me: Node) -> list[str]:
    return [value for name in SEARCHED if name != CUTYPE for value in _values(me, name)]


def _sought(condition: Element) -> str:
    return text_of(condition.find(dav("match"))).casefold().removeprefix("mailto:")


def _asked(conditions: list[Element], cutype: str, *, either: bool) -> list[tuple[str, str]]:
    """What to look for: by texts, of a type, be it that of calendarserver.org's attribute or of a condition on it."""
    by_type = [each for each in conditions if names_in(each.find(dav("prop"))) == [CUTYPE]]
    types = [_sought(each).upper() for each in by_type]
    texts = [_sought(each) for each in conditions if each not in by_type]
    if either or not texts:
        return [*((text, cutype) for text in texts), *(("", each) for each in types)]
    return [(text, cutype or next(iter(types), "")) for text in texts]


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
    node = await oneself(request)
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
