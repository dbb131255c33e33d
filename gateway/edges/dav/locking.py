"""What a lock asks of a request that writes (RFC 4918 §7)."""

from collections.abc import Sequence

from gateway.edges.dav.errors import DavError
from gateway.edges.dav.kinds import Collection, Lockable
from gateway.edges.dav.locks import Lock, guarding, stopping
from gateway.edges.dav.names import dav
from gateway.edges.dav.paths import Path
from gateway.edges.dav.request import DavRequest


async def unlocked_member(request: DavRequest, path: Path, collection: Collection, *, goes: bool = False) -> None:
    """What is under a path may be written, made, or removed (`goes`). Raises `DavError` 423.

    A lock that is taken between this and the write is held by the service, which has the tokens too.
    """
    if not isinstance(collection, Lockable) or not collection.locks:
        return
    around = any(not lock.name and not lock.infinite for lock in collection.locks)
    membership = goes or (around and not await is_there(collection, path.member))
    _check(request, path.parent, guarding(collection.locks, path.member, membership=membership))


async def unlocked_collection(request: DavRequest, path: Path, collection: Collection, *, goes: bool = False) -> None:
    """A collection may be described, or removed with all that is locked in it. Raises `DavError` 423."""
    if isinstance(collection, Lockable) and collection.locks:
        _check(request, path, guarding(collection.locks, "", membership=False, within=goes))


async def is_there(collection: Collection, name: str) -> bool:
    async for _ in collection.members([name]):
        return True
    return False


def _check(request: DavRequest, collection: Path, guards: Sequence[Lock]) -> None:
    stops = stopping(guards, request.submitted, request.identity.address)
    if stops:
        raise locked(collection, stops, "lock-token-submitted")


def locked(collection: Path, locks: Sequence[Lock], condition: str) -> DavError:
    """423, with what is locked (§11.3, §16)."""
    roots = dict.fromkeys((collection.below(lock.name) if lock.name else collection).href for lock in locks)
    return DavError(423, "It is locked", condition=dav(condition), hrefs=tuple(roots))
