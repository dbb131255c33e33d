"""One request by WebDAV: who asks, for what, with which header fields and body."""

import asyncio
from collections.abc import Container
from dataclasses import dataclass, field, replace

from starlette.datastructures import Headers
from starlette.types import Receive

from chassis.errors import NotFound, TooLarge
from chassis.identity import Identity
from gateway.edges.dav.access import own
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, needs
from gateway.edges.dav.headers import Conditions, conditions
from gateway.edges.dav.kinds import Collection, Home, Kind, Kinds, Target
from gateway.edges.dav.names import dav
from gateway.edges.dav.paths import NOTHING, Path
from gateway.edges.dav.people import People
from gateway.edges.dav.reading import MAX_OCTETS, parse
from gateway.problems import SlowRequest
from gateway.transcoding.bodies import pieces

BODY_SECONDS = 120.0


@dataclass
class DavRequest:
    """`identity` is the one who asks. Of what is others' there is what the kind lets it see."""

    kinds: Kinds
    people: People
    identity: Identity
    path: Path
    headers: Headers
    receive: Receive
    query: str = ""
    # False until the whole body has been read.
    read: bool = False
    # ETags of which its resource has to have one still when it is done, by the header field If.
    needed: tuple[str, ...] = ()
    # State tokens that the header field If names: those of locks are submitted by it (RFC 4918 §10.4.1).
    submitted: frozenset[str] = frozenset()
    # The properties that it asks for by name.
    asked: Container[str] = ()
    _homes: dict[tuple[str, str], Home] = field(default_factory=dict)
    _collections: dict[tuple[str, ...], Collection] = field(default_factory=dict)

    def conditions(self) -> Conditions:
        """What the service holds in the write itself. Raises `Malformed`, and `DavError` where nothing can meet it."""
        given = replace(conditions(self.headers), tokens=tuple(sorted(self.submitted)))
        if not self.needed:
            return given
        named = [etag for etag in given.if_match if etag in self.needed]
        if given.if_match not in ((), ("*",)) and not named:
            raise DavError(412, "If and If-Match have no ETag in common")
        return replace(given, if_match=tuple(named) or self.needed)

    async def body(self, most: int) -> bytes:
        """Raises `TooLarge`, `SlowRequest`."""
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise DavError(415, "Bodies are taken without Content-Encoding")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                octets = b"".join([piece async for piece in pieces(self.headers, self.receive, most)])
        except TimeoutError as error:
            raise SlowRequest from error
        self.read = True
        return octets

    async def xml(self) -> Element | None:
        """The root of its body; None when there is no body. Raises `Malformed`."""
        try:
            octets = await self.body(MAX_OCTETS)
        except TooLarge as error:
            raise DavError(413, error.detail) from error
        return parse(octets) if octets.strip() else None

    def is_own(self, address: str) -> bool:
        return own(self.identity, address)

    def kind(self, path: Path | None = None) -> Kind:
        """The kind that a path is of. Raises `NotFound`."""
        kind = self.kinds.get((path or self.path).segment)
        if kind is None:
            raise NotFound(NOTHING)
        return kind

    async def home(self, path: Path | None = None) -> Home:
        """Whose collections a path leads to. Raises `NotFound`, also for what the one who asks may not see."""
        at = path or self.path
        kind = self.kind(at)
        if not at.address:
            raise NotFound(NOTHING)
        key = (at.segment, at.address.lower())
        if key not in self._homes:
            self._homes[key] = await kind.home(self.identity, at.address)
        return self._homes[key]

    async def collection(self, path: Path | None = None) -> Collection:
        """The collection that a path names or leads through, as it was when first asked for. Raises `NotFound`."""
        at = path or self.path
        key = at.segments[:3]
        if key not in self._collections:
            if not at.collection:
                raise NotFound(NOTHING)
            kind = self.kind(at)
            self._collections[key] = await kind.collection(self.identity, at.address, at.collection)
        return self._collections[key]

    async def target(self, *, read: bool) -> Target:
        """Where what the path names is to be put; `read` where the collection is needed in any case. Raises `NotFound`,
        and `DavError` for who may not write in it."""
        at = self.path
        if not read and at.segments[:3] not in self._collections:
            unread = self.kind().unread(at.address, at.collection)
            if unread is not None:
                return unread
        collection = await self.collection()
        if not collection.access.writable:
            raise needs(at.href, dav("write-content"))
        return collection
