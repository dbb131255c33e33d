"""What a kind of collection brings: address books do, calendars and files join by the same protocols.

The core knows HTTP, XML, properties, conditions, access control and synchronisation. A kind knows which collections a
person has, what is in them, and the reports of its own; it asks its service by typed rpcs.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from chassis.identity import Identity
from gateway.edges.dav.elements import Element
from gateway.edges.dav.headers import Conditions
from gateway.edges.dav.writing import Value

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
    def writable(self) -> bool: ...

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
    def live(self) -> Mapping[str, Value]:
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

    async def put(self, name: str, content: bytes, media_type: str, conditions: Conditions) -> tuple[str, bool]:
        """Its ETag, and whether there was none before."""

    async def delete(self, name: str, conditions: Conditions) -> None: ...

    async def transfer(
        self, name: str, to: "Collection", to_name: str, *, overwrite: bool, copy: bool, conditions: Conditions
    ) -> bool:
        """Whether nothing was there before."""

    async def changes(self, token: str, limit: int) -> Changes: ...

    async def describe(self, wanted: Described) -> None: ...

    async def remove(self) -> None: ...


Report = Callable[["DavRequest", Collection, Element], Awaitable["Response"]]


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

    def principal_properties(self, home: str) -> Mapping[str, Value]:
        """Further properties of a person; `home` is the path of its collections."""

    async def collections(self, identity: Identity) -> Sequence[Collection]: ...

    async def collection(self, identity: Identity, name: str) -> Collection:
        """Raises `NotFound`."""

    async def create(self, identity: Identity, name: str, wanted: Described) -> None: ...


class Kinds:
    """The registry: every kind that this gateway serves, by path segment."""

    def __init__(self, *kinds: Kind) -> None:
        self._kinds = {kind.segment: kind for kind in kinds}

    def get(self, segment: str) -> Kind | None:
        return self._kinds.get(segment)

    def all(self) -> list[Kind]:
        return list(self._kinds.values())

    @property
    def features(self) -> str:
        """The header field DAV: class 1 without locks, RFC 4918's class 3, RFC 3744, RFC 5689."""
        own = [feature for kind in self._kinds.values() for feature in kind.features]
        return ", ".join(["1", "3", "access-control", "extended-mkcol", *own])
