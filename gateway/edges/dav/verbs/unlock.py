"""UNLOCK (RFC 4918 §9.11)."""

import re

from starlette.responses import Response

from gateway.edges.dav.answers import empty
from gateway.edges.dav.errors import DavError, Malformed, needs, not_allowed
from gateway.edges.dav.kinds import Lockable
from gateway.edges.dav.locks import covering
from gateway.edges.dav.names import dav
from gateway.edges.dav.nodes import node_at
from gateway.edges.dav.request import DavRequest

_TOKEN = re.compile(r"\s*<([^<>\s]{1,2048})>\s*")


async def unlock(request: DavRequest) -> Response:
    given = _TOKEN.fullmatch(request.headers.get("lock-token", ""))
    if given is None:
        raise Malformed("Lock-Token names a lock")
    if not request.path.collection:
        await node_at(request, request.path)
        raise not_allowed("There are no locks here")
    collection = await request.collection()
    if not isinstance(collection, Lockable):
        raise not_allowed("There are no locks here")
    found = next((each for each in covering(collection.locks, request.path.member) if each.token == given[1]), None)
    if found is None:
        raise DavError(409, "There is no such lock here", condition=dav("lock-token-matches-request-uri"))
    # RFC 3744 §3.5: whose it is ends anybody's.
    if found.address != request.identity.address and not collection.access.may("unlock"):
        raise needs(request.path.href, dav("unlock"))
    await collection.unlock(found.token)
    return empty(204)
