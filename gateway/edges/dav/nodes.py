"""Resources as PROPFIND sees them: a path, its properties, what lies below."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from chassis.errors import NotFound
from gateway.edges.dav import properties
from gateway.edges.dav.elements import Element
from gateway.edges.dav.kinds import Collection, Kind
from gateway.edges.dav.names import calendarserver, dav
from gateway.edges.dav.paths import NOTHING, PRINCIPALS, Path
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import Value, element, found_and_missing, href, kept_property

PRINCIPAL_REPORTS = (
    dav("expand-property"),
    dav("principal-match"),
    dav("principal-property-search"),
    dav("principal-search-property-set"),
)


@dataclass(frozen=True)
class Wanted:
    """Which properties: those named, all that RFC 4918 defines, or their names alone."""

    names: Sequence[str] = ()
    everything: bool = False
    names_only: bool = False
    minimal: bool = False


@dataclass(frozen=True)
class Node:
    """A resource."""

    path: Path
    live: Mapping[str, Value]
    dead: Mapping[str, str] = field(default_factory=dict)

    def response(self, wanted: Wanted) -> Element:
        """Its DAV:response."""
        if wanted.names_only:
            return found_and_missing(self.path.href, [element(n) for n in (*self.live, *self.dead)], [], minimal=False)
        names = list(wanted.names)
        if wanted.everything:
            names = list(dict.fromkeys([*(n for n in self.live if n in properties.ALL), *self.dead, *names]))
        found, missing = [], []
        for name in names:
            value = self.property(name)
            if value is not None:
                found.append(value)
            else:
                missing.append(name)
        return found_and_missing(self.path.href, found, missing, minimal=wanted.minimal)

    def property(self, name: str) -> Element | None:
        if name in self.live:
            return element(name, self.live[name])
        return kept_property(self.dead[name]) if name in self.dead else None


def container(request: DavRequest, path: Path) -> Node:
    """A collection that is there to be walked through."""
    live: dict[str, Value] = {
        **properties.common(request, writable=False, reports=PRINCIPAL_REPORTS),
        dav("resourcetype"): properties.types(dav("collection")),
    }
    return Node(path, live)


def principal(request: DavRequest, path: Path) -> Node:
    """The person that asks."""
    identity = request.identity
    addresses = [identity.address, *identity.aliases]
    live: dict[str, Value] = {
        **properties.common(request, writable=False, reports=PRINCIPAL_REPORTS),
        dav("resourcetype"): properties.types(dav("principal")),
        dav("displayname"): identity.name or identity.address,
        dav("principal-URL"): [href(path.href)],
        dav("alternate-URI-set"): [href(f"mailto:{address}") for address in addresses],
        dav("group-membership"): [],
        dav("group-member-set"): [],
        calendarserver("email-address-set"): [element(calendarserver("email-address"), a) for a in addresses],
    }
    for kind in request.kinds.all():
        home = Path((kind.segment, path.address)).href
        live[kind.home_set] = [href(home)]
        live.update(kind.principal_properties(home))
    return Node(path, live)


def home(request: DavRequest, path: Path, kind: Kind) -> Node:
    """Where a person's collections of a kind are."""
    live: dict[str, Value] = {
        **properties.common(request, writable=True, reports=[dav("expand-property")]),
        dav("resourcetype"): properties.types(dav("collection")),
        dav("displayname"): request.identity.name or request.identity.address,
        **kind.principal_properties(path.href),
    }
    return Node(path, live)


def collection_node(request: DavRequest, path: Path, collection: Collection) -> Node:
    return Node(path, properties.of_collection(request, collection), collection.dead)


async def node_at(request: DavRequest, path: Path) -> Node:
    """The resource of a path. Raises `NotFound`, also for what is somebody else's."""
    if not path.segments or path.segments == (PRINCIPALS,):
        return container(request, path)
    if path.segment == PRINCIPALS:
        if len(path.segments) > 2 or not request.is_own(path.address):
            raise NotFound(NOTHING)
        return principal(request, path)
    kind = request.kind(path)
    if not path.address:
        return container(request, path)
    if not path.collection:
        return home(request, path, kind)
    collection = await request.collection(path)
    if not path.member:
        return collection_node(request, path, collection)
    async for member in collection.members([path.member]):
        return Node(path, properties.of_member(request, collection, member))
    raise NotFound(NOTHING)


async def below(request: DavRequest, path: Path) -> AsyncIterator[Node]:
    """What lies directly below it, as far as it is for the caller to see."""
    own = request.identity.address
    if not path.segments:
        yield container(request, Path((PRINCIPALS,)))
        for kind in request.kinds.all():
            yield container(request, Path((kind.segment,)))
    elif path.segments == (PRINCIPALS,):
        yield principal(request, path.below(own))
    elif path.segment == PRINCIPALS or path.member:
        return
    elif not path.address:
        yield home(request, path.below(own), request.kind(path))
    elif not path.collection:
        for found in await request.kind(path).collections(request.identity):
            yield collection_node(request, path.below(found.name), found)
    else:
        collection = await request.collection(path)
        async for member in collection.members():
            yield Node(path.below(member.name), properties.of_member(request, collection, member))
