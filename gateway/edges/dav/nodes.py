"""Resources as PROPFIND sees them: a path, its properties, what lies below."""

from collections.abc import AsyncIterator

from chassis.errors import NotFound
from gateway.edges.dav import principals, properties
from gateway.edges.dav.access import READING, Access
from gateway.edges.dav.kinds import Collection, Preparing
from gateway.edges.dav.names import dav
from gateway.edges.dav.node import Node
from gateway.edges.dav.paths import NOTHING, PRINCIPALS, Path
from gateway.edges.dav.principals import PRINCIPAL_REPORTS
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import Live


def container(request: DavRequest, path: Path) -> Node:
    """A collection that is there to be walked through."""
    live: dict[str, Live] = {
        **properties.common(request, Access("", READING), reports=PRINCIPAL_REPORTS),
        dav("resourcetype"): lambda: properties.types(dav("collection")),
    }
    return Node(path, live)


async def home_node(request: DavRequest, path: Path) -> Node:
    """Where somebody's collections of a kind are."""
    home = await request.home(path)
    live: dict[str, Live] = {
        **properties.common(request, home.access, reports=[dav("expand-property")]),
        dav("resourcetype"): lambda: properties.types(dav("collection")),
        dav("displayname"): home.title,
        **home.live,
    }
    return Node(path, live)


async def collection_node(request: DavRequest, path: Path, collection: Collection) -> Node:
    if isinstance(collection, Preparing):
        await collection.prepared(request.asked)
    return Node(path, properties.of_collection(request, path, collection), collection.dead)


async def node_at(request: DavRequest, path: Path) -> Node:
    """The resource of a path. Raises `NotFound`, also for what the one who asks may not see."""
    if not path.segments or path.segments == (PRINCIPALS,):
        return container(request, path)
    if path.segment == PRINCIPALS:
        return await principals.at(request, path)
    if not path.address:
        request.kind(path)
        return container(request, path)
    if not path.collection:
        return await home_node(request, path)
    collection = await request.collection(path)
    if not path.member:
        return await collection_node(request, path, collection)
    async for member in collection.members([path.member]):
        return Node(path, properties.of_members(request, path.parent, collection)(member))
    raise NotFound(NOTHING)


async def below(request: DavRequest, path: Path) -> AsyncIterator[Node]:
    """What lies directly below it, as far as it is for the caller to see."""
    own = request.identity.address
    if not path.segments:
        yield container(request, Path((PRINCIPALS,)))
        for kind in request.kinds.all():
            yield container(request, Path((kind.segment,)))
    elif path.segments == (PRINCIPALS,):
        yield await principals.at(request, path.below(own))
    elif path.segment == PRINCIPALS:
        async for group in principals.below(request, path):
            yield group
    elif path.member:
        return
    elif not path.address:
        yield await home_node(request, path.below(own))
    elif not path.collection:
        for found in await (await request.home(path)).collections():
            yield await collection_node(request, path.below(found.name), found)
    else:
        collection = await request.collection(path)
        live = properties.of_members(request, path, collection)
        async for member in collection.members():
            yield Node(path.below(member.name), live(member))
