"""LOCK (RFC 4918 §9.10): a new write lock, or a longer time for one."""

from starlette.responses import Response

from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed, needs, not_allowed
from gateway.edges.dav.headers import INFINITY, depth
from gateway.edges.dav.kinds import Lockable
from gateway.edges.dav.locks import Lock, covering
from gateway.edges.dav.lockxml import active_lock, read_lockinfo, timeout_of
from gateway.edges.dav.names import dav
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.paths import Path
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import XML, document, element


async def lock(request: DavRequest) -> Response:
    root = await request.xml()
    if not request.path.collection:
        await node_at(request, request.path)
        raise not_allowed("Collections are locked, and what is in them")
    collection = await request.collection()
    if not isinstance(collection, Lockable):
        raise not_allowed("There are no locks here")
    if not collection.access.writable:
        raise needs(request.path.href, dav("write-content"))
    where = request.path.parent if request.path.member else request.path
    seconds = timeout_of(request.headers.get("timeout"))
    if root is None:
        return _answer(where, await collection.refresh(_token(request, collection), seconds))
    return await _new(request, collection, root, where, seconds)


async def _new(request: DavRequest, collection: Lockable, root: Element, where: Path, seconds: int) -> Response:
    levels = depth(request.headers, INFINITY)
    if levels == 1:
        raise Malformed("A lock has Depth 0 or infinity")
    wanted = read_lockinfo(root, infinite=levels == INFINITY, seconds=seconds)
    taken = await collection.lock(request.path.member, wanted, request.conditions())
    return _answer(where, taken, new=True)


def _token(request: DavRequest, collection: Lockable) -> str:
    """Of the lock that is to last longer: one that If names (§9.10.2)."""
    if "if" not in request.headers:
        raise Malformed("A lock is refreshed by the header field If, and made by a DAV:lockinfo")
    for each in covering(collection.locks, request.path.member):
        if each.token in request.submitted and each.address == request.identity.address:
            return each.token
    raise DavError(412, "If names no lock of this", condition=dav("lock-token-matches-request-uri"))


def _answer(where: Path, taken: Lock, *, new: bool = False) -> Response:
    found = element(dav("prop"), [element(dav("lockdiscovery"), [active_lock(where, taken)])])
    headers = {"cache-control": "no-store", **({"lock-token": f"<{taken.token}>"} if new else {})}
    return Response(document(found), 201 if new and taken.empty else 200, headers, XML)
