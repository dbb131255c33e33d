"""Judges a request by its header field If, before its method is looked at."""

from dataclasses import replace

from chassis.errors import NotFound
from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.if_header import State, holds, read_if
from gateway.edges.dav.kinds import Lockable
from gateway.edges.dav.locks import covering
from gateway.edges.dav.paths import Path, path_of_href
from gateway.edges.dav.properties import SYNC
from gateway.edges.dav.request import DavRequest

MOST_RESOURCES = 10


async def judge(request: DavRequest) -> None:
    """Raises `Malformed`, and `DavError` 412 where nothing of it holds.

    ETags of the request's own resource are held by the service too, in the write itself (`DavRequest.conditions`); what
    a list says of other resources, of locks and of sync tokens, is true before the write begins.
    """
    given = [replace(each, resource=_named(each.resource)) for each in read_if(" ".join(request.headers.getlist("if")))]
    if len({clause.resource for clause in given}) > MOST_RESOURCES:
        raise Malformed(f"If names at most {MOST_RESOURCES} resources")

    request.submitted = frozenset(
        each.value for clause in given for each in clause.conditions if not each.is_etag and not each.negated
    )

    async def state_of(href: str) -> State:
        path = path_of_href(href)
        return await _state(request, path) if path is not None else State()

    met, request.needed = await holds(given, request.path.href, state_of)
    if not met:
        raise DavError(412, "Nothing of what If names holds")


def _named(resource: str | None) -> str | None:
    """As hrefs of ours are written; what is elsewhere stays as it is, and has nothing."""
    path = path_of_href(resource) if resource is not None else None
    return path.href if path is not None else resource


async def _state(request: DavRequest, path: Path) -> State:
    """What is somebody else's has nothing, as what is not there."""
    try:
        if not path.collection:
            return State()
        collection = await request.collection(path)
    except NotFound:
        return State()
    locks = covering(collection.locks, path.member) if isinstance(collection, Lockable) else []
    tokens = frozenset(lock.token for lock in locks)
    if not path.member:
        synced = {SYNC + collection.sync_token} if collection.sync_token else set()
        return State(tokens=tokens | synced)
    async for member in collection.members([path.member]):
        return State(member.etag, tokens)
    return State(tokens=tokens)
