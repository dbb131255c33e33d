"""PROPPATCH (RFC 4918 §9.2): all of it or nothing."""

from collections.abc import Iterable, Mapping

from starlette.responses import Response

from gateway.edges.dav import principals
from gateway.edges.dav.answers import empty, multistatus_response, of_list
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed, PropertyRefused
from gateway.edges.dav.headers import wants_minimal
from gateway.edges.dav.kinds import Described
from gateway.edges.dav.names import dav
from gateway.edges.dav.node import Node
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.paths import PRINCIPALS, path_of_href
from gateway.edges.dav.reading import MAX_PROPERTIES, text_of
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
    try:
        refused = await _changed(request, node, said)
    except PropertyRefused as error:
        refused = {error.name: error}
    if not refused and wants_minimal(request.headers):
        return empty(200, preference_applied="return=minimal")
    parts = outcome(list(said), refused)
    response = element(dav("response"), [href(request.path.href), *parts])
    return await multistatus_response(of_list([response]))


async def _changed(request: DavRequest, node: Node, said: dict[str, Element | None]) -> dict[str, DavError]:
    """What cannot be changed; nothing is where there is any of it."""
    if request.path.segment == PRINCIPALS and request.path.collection:
        return await _membership(request, said)
    if not request.path.collection or request.path.member:
        return _protected(said)
    collection = await request.collection()
    if not collection.access.may("write-properties"):
        return _protected(said)
    # What is WebDAV's own is live, whether this resource has it or not.
    live = {name for name in said if name in node.live or name.startswith(dav(""))}
    refused = _protected(live - collection.settable)
    if not refused:
        new = {name: each for name, each in said.items() if each is not None}
        removed = [name for name, each in said.items() if each is None]
        await collection.describe(Described(new, removed), request.conditions())
    return refused


async def _membership(request: DavRequest, said: dict[str, Element | None]) -> dict[str, DavError]:
    """Who acts for somebody, by the members of a group (RFC 3744 §4.3)."""
    kind, group = await principals.group_at(request, request.path)
    refused = _protected(set(said) - {principals.GROUP_MEMBER_SET})
    if refused:
        return refused
    given = said[principals.GROUP_MEMBER_SET]
    members = []
    for each in given.iterfind(dav("href")) if given is not None else ():
        path = path_of_href(text_of(each))
        if path is None or path.segment != PRINCIPALS or len(path.segments) != 2:
            return {principals.GROUP_MEMBER_SET: DavError(403, "Not a person", condition=dav("recognized-principal"))}
        members.append(path.address)
    await kind.set_members(request.identity, request.path.address, group.name, list(dict.fromkeys(members)))
    return {}


def _protected(names: Iterable[str]) -> dict[str, DavError]:
    return {name: DavError(403, condition=dav("cannot-modify-protected-property")) for name in names}


def _why(error: DavError) -> tuple[int, str, str]:
    return error.status, error.condition, error.detail


def outcome(names: list[str], refused: Mapping[str, DavError]) -> list[Element]:
    """What became of each property: where one is refused, none is changed."""
    if not refused:
        return [propstat(200, [element(name) for name in names])]
    parts = []
    for status, condition, detail in dict.fromkeys(map(_why, refused.values())):
        those = [name for name, error in refused.items() if _why(error) == (status, condition, detail)]
        parts.append(propstat(status, [element(name) for name in those], condition, detail))
    others = [element(name) for name in names if name not in refused]
    return [*parts, propstat(_FAILED_DEPENDENCY, others)] if others else parts
