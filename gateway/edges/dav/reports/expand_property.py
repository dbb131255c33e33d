"""DAV:expand-property (RFC 3253 §3.8): hrefs of a property, with properties of what they lead to."""

from starlette.responses import Response

from chassis.errors import NotFound
from gateway.edges.dav.answers import multistatus_response, of_list
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import Malformed
from gateway.edges.dav.headers import wants_minimal
from gateway.edges.dav.names import DAV_NS, dav
from gateway.edges.dav.node import Node
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.paths import path_of_href
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import element, found_and_missing, of_status

MAX_LEVELS = 4
MAX_RESOURCES = 100


async def expand_property(request: DavRequest, root: Element) -> Response:
    request.asked = frozenset(_name(each) for each in root.iterfind(f".//{dav('property')}"))
    expansion = _Expansion(request, minimal=wants_minimal(request.headers))
    response = await expansion.of(await node_at(request, request.path), root, MAX_LEVELS)
    return await multistatus_response(of_list([response]), minimal=expansion.minimal)


class _Expansion:
    """One answer, bounded in depth and in how many resources it reads."""

    def __init__(self, request: DavRequest, *, minimal: bool) -> None:
        self._request = request
        self._left = MAX_RESOURCES
        self.minimal = minimal

    async def of(self, node: Node, asking: Element, levels: int) -> Element:
        self._left -= 1
        if not levels or self._left < 0:
            raise Malformed(f"At most {MAX_LEVELS} levels and {MAX_RESOURCES} resources are expanded")
        found, missing = [], []
        for each in asking.iterfind(dav("property")):
            name = _name(each)
            value = node.property(name)
            if value is None:
                missing.append(name)
            elif len(each):
                found.append(element(name, [await self._followed(link, each, levels) for link in value]))
            else:
                found.append(value)
        return found_and_missing(node.path.href, found, missing, minimal=self.minimal)

    async def _followed(self, link: Element, asking: Element, levels: int) -> Element:
        if link.tag != dav("href"):
            return link
        path = path_of_href(link.text or "")
        try:
            if path is None:
                return link
            return await self.of(await node_at(self._request, path), asking, levels - 1)
        except NotFound:
            return of_status(link.text or "", 404)


def _name(each: Element) -> str:
    """Raises `Malformed` for what XML cannot name."""
    local, namespace = each.get("name", ""), each.get("namespace", DAV_NS)
    try:
        return str(element(f"{{{namespace}}}{local}" if namespace else local).tag)
    except ValueError:
        raise Malformed("DAV:property names a property") from None
