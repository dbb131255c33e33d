"""What a kind of collection brings: address books do, calendars and files join by the same protocols.

The core knows HTTP, XML, properties, conditions, access control and synchronisation. A kind knows which collections a
person has, what is in them, and the reports of its own; it asks its service by typed rpcs.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from chassis.identity import Identity
from gateway.edges.dav.access import Access
from gateway.edges.dav.elements import Element
from gateway.edges.dav.headers import Conditions
from gateway.edges.dav.locks import Lock, Locking
from gateway.edges.dav.writing import Live, Value

if TYPE_CHECKING:
    from starlette.responses import Response

    from gateway.edges.dav.request import DavRequest


@dataclass(frozen=True)
class Member:
    """Something in a collection; `content` only where it was asked for."""

    name: str
    etag: str
    octets: int
    content_type: str
    modified: datetime | None = None
    content: bytes | None = field(default=None, repr=False)
    # Properties of its kind, and header fields that tell of it.
    live: Mapping[str, Live] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """What a PUT came to: `headers` are its kind's, `etag` is empty where the service changed what it was given."""

    etag: str
    created: bool
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """Since a sync token; `more` says that there is more after the new one."""

    changed: Sequence[Member]
    removed: Sequence[str]
    token: str
    more: bool


@dataclass(frozen=True)
class Described:
    """What a client wants to be known of a collection: properties to set as elements, and names to remove."""

    properties: Mapping[str, Element] = field(default_factory=dict)
    removed: Sequence[str] = ()


class Collection(Protocol):
    """One collection of a person. Whatever its service refuses is raised as it comes, or as a `DavError`."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def access(self) -> Access:
        """Whose it is, and what the one who asks may do with it."""

    @property
    def resource_types(self) -> Sequence[str]:
        """Beside DAV:collection."""

    @property
    def sync_token(self) -> str:
        """As the service has it; empty where changes cannot be told."""

    @property
    def largest(self) -> int:
        """Octets of the largest thing that it takes."""

    @property
    def size_condition(self) -> str:
        """The element that names this rule."""

    @property
    def live(self) -> Mapping[str, Live]:
        """Properties of its kind."""

    @property
    def dead(self) -> Mapping[str, str]:
        """What clients keep with it, by name, as XML."""

    @property
    def settable(self) -> frozenset[str]:
        """Live properties that a client may change."""

    @property
    def content_properties(self) -> frozenset[str]:
        """Properties of what is in it that are made of its content: "address-data"."""

    def content_property(self, member: Member, asked: Element) -> Value:
        """One of those, as the element by which it was asked for has it. Raises `DavError`."""

    @property
    def reports(self) -> Mapping[str, "Report"]: ...

    def members(self, names: Sequence[str] = (), *, content: bool = False) -> AsyncIterator[Member]:
        """Those named that are there, or all."""

    async def put(self, name: str, content: bytes, media_type: str, conditions: Conditions) -> Written: ...

    async def delete(self, name: str, conditions: Conditions) -> None: ...

    async def transfer(
        self, name: str, to: "Collection", to_name: str, *, overwrite: bool, copy: bool, conditions: Conditions
    ) -> bool:
        """Whether nothing was there before."""

    async def changes(self, token: str, limit: int) -> Changes: ...

    async def describe(self, wanted: Described, conditions: Conditions) -> None: ...

    async def remove(self, conditions: Conditions) -> None:
        """With all that is in it. Raises `Forbidden` for who may not take it out of its home."""


class Target(Protocol):
    """Where a PUT goes: what it takes of a `Collection`."""

    @property
    def largest(self) -> int: ...

    @property
    def size_condition(self) -> str: ...

    async def put(self, name: str, content: bytes, media_type: str, conditions: Conditions) -> Written:
        """Raises `DavError` with the privilege that is needed, where that was not known before."""


Report = Callable[["DavRequest", Collection, Element], Awaitable["Response"]]
Method = Callable[["DavRequest"], Awaitable["Response"]]


@runtime_checkable
class Preparing(Collection, Protocol):
    """One of which some properties are asked of its service apart, where somebody wants them."""

    async def prepared(self, names: Container[str]) -> None: ...


@runtime_checkable
class Lockable(Collection, Protocol):
    """One that can be locked, and what is in it (RFC 4918 §6); its service keeps the locks."""

    @property
    def locks(self) -> Sequence[Lock]:
        """Those that hold now, of the collection itself and of what is in it."""

    async def lock(self, name: str, wanted: Locking, conditions: Conditions) -> Lock:
        """Lock what is under a name, or the collection where it is empty. Raises `DavError` 423."""

    async def refresh(self, token: str, seconds: int) -> Lock: ...

    async def unlock(self, token: str) -> None: ...


class Home(Protocol):
    """Where the collections of a kind are that somebody has, as far as the one who asks may see them."""

    @property
    def access(self) -> Access: ...

    @property
    def title(self) -> str: ...

    @property
    def live(self) -> Mapping[str, Live]:
        """Properties of its kind."""

    async def collections(self) -> Sequence[Collection]: ...

    async def create(self, name: str, wanted: Described) -> None: ...


@dataclass(frozen=True)
class Group:
    """A principal that stands for several people: those who act for somebody (Apple's calendar-proxy)."""

    name: str
    title: str
    # Addresses.
    members: Sequence[str]
    resource_types: Sequence[str] = ()


@dataclass(frozen=True)
class Place:
    """Whatever is invited and is no person: a room, equipment."""

    address: str
    name: str
    # Properties of its principal.
    live: Mapping[str, Live]


@runtime_checkable
class Hosting(Protocol):
    """A kind that knows places. Each is there for those alone who may book or administer it."""

    async def place(self, identity: Identity, address: str) -> Place | None: ...

    async def places(self, identity: Identity, text: str, cutype: str) -> Sequence[Place]:
        """Those that the one who asks may book, of a type of calendar users (RFC 5545 §3.2.3; empty: of any), with all
        words of a text."""


@runtime_checkable
class Delegating(Protocol):
    """A kind in which people act for others, by groups below their principals."""

    async def groups(self, identity: Identity, address: str) -> Sequence[Group]:
        """Below a person, as far as the one who asks may know of them."""

    async def set_members(self, identity: Identity, address: str, name: str, members: Sequence[str]) -> None:
        """Raises `NotFound`, `DavError`."""

    async def memberships(self, identity: Identity) -> Sequence[tuple[str, str]]:
        """Of which groups the one who asks is: a person's address, and the group's name."""

    @property
    def telling_memberships(self) -> Sequence[str]:
        """The properties of one's own principal for which they are asked."""

    def membership_properties(self, groups: Sequence[tuple[str, str]]) -> Mapping[str, Live]:
        """What one's own principal says of them."""


class Kind(Protocol):
    """A kind of collection."""

    @property
    def segment(self) -> str:
        """Its first path segment: "addressbooks"."""

    @property
    def features(self) -> Sequence[str]:
        """What it adds to the header field DAV."""

    @property
    def home_set(self) -> str:
        """The property of a principal that leads to its collections."""

    @property
    def resource_type(self) -> str:
        """What an extended MKCOL has to ask for."""

    @property
    def methods(self) -> Mapping[str, Method]:
        """What it answers beside the methods of any kind."""

    def principal_properties(self, identity: Identity, home: str) -> Mapping[str, Live]:
        """Further properties of the person that asks; `home` is the path of its collections."""

    def person_properties(self, address: str) -> Mapping[str, Live]:
        """What everybody may know of a person."""

    async def home(self, identity: Identity, address: str) -> Home:
        """Raises `NotFound` where there is nothing for the one who asks."""

    async def collection(self, identity: Identity, address: str, name: str) -> Collection:
        """Raises `NotFound`."""

    def unread(self, address: str, name: str) -> Target | None:
        """Where a PUT may go without a question before it; None where the collection has to be read first."""


class Kinds:
    """The registry: every kind that this gateway serves, by path segment."""

    def __init__(self, *kinds: Kind) -> None:
        self._kinds = {kind.segment: kind for kind in kinds}

    def get(self, segment: str) -> Kind | None:
        return self._kinds.get(segment)

    def all(self) -> list[Kind]:
        return list(self._kinds.values())

    def _meant(self, segment: str) -> list[Kind]:
        """One kind below its segment; all of them where a client has yet to find its way."""
        kind = self._kinds.get(segment)
        return [kind] if kind is not None else self.all()

    def features(self, segment: str) -> str:
        """The header field DAV: RFC 4918's classes 1 and 3, and 2 where there are locks, RFC 3744, RFC 5689."""
        meant = self._meant(segment)
        own = [feature for kind in meant for feature in kind.features]
        locked = ["2"] if any("LOCK" in kind.methods for kind in meant) else []
        return ", ".join(["1", *locked, "3", "access-control", "extended-mkcol", *own])

    def methods(self, segment: str) -> Mapping[str, Method]:
        """Of any kind below the root, of one below its segment."""
        return {name: method for kind in self._meant(segment) for name, method in kind.methods.items()}
