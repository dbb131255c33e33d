"""Principals (RFC 3744 §2): the one who asks, others as far as it takes to invite them, and those who act for somebody.

Nobody is listed: who wants to know of somebody has to name the address, or search as the national address book lets.
Rooms and equipment are there for those who may book them.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial

from chassis.errors import NotFound, Unavailable, WorkspaceError
from gateway.edges.dav import properties
from gateway.edges.dav.access import READING, Access, owned
from gateway.edges.dav.elements import Element
from gateway.edges.dav.kinds import Delegating, Group, Home, Hosting, Kind, Place
from gateway.edges.dav.names import calendarserver, dav
from gateway.edges.dav.node import Node
from gateway.edges.dav.paths import NOTHING, PRINCIPALS, Path
from gateway.edges.dav.people import Person
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import Live, element, href

PRINCIPAL_REPORTS = (
    calendarserver("calendarserver-principal-search"),
    dav("expand-property"),
    dav("principal-match"),
    dav("principal-property-search"),
    dav("principal-search-property-set"),
)
GROUP_MEMBER_SET = dav("group-member-set")


async def at(request: DavRequest, path: Path) -> Node:
    """The principal of a path. Raises `NotFound`."""
    if len(path.segments) > 3:
        raise NotFound(NOTHING)
    if path.collection:
        _, group = await group_at(request, path)
        return _group(request, path, group)
    if request.is_own(path.address):
        return await _oneself(request, path)
    node = await _other_at(request, path)
    homes = [kind for kind in request.kinds.all() if kind.home_set in request.asked]
    # Who acts for somebody finds there where that is (Apple's clients).
    there = {
        kind.home_set: partial(_links, Path((kind.segment, path.address)).href)
        for kind in homes
        if await _home_of(request, kind, path.address) is not None
    }
    return replace(node, live={**node.live, **there})


async def below(request: DavRequest, path: Path) -> AsyncIterator[Node]:
    """The groups below a person."""
    if len(path.segments) == 2:
        for kind in _delegating(request):
            for group in await kind.groups(request.identity, path.address):
                yield _group(request, path.below(group.name), group)


async def group_at(request: DavRequest, path: Path) -> tuple[Delegating, Group]:
    """Raises `NotFound`."""
    for kind in _delegating(request):
        for group in await kind.groups(request.identity, path.address):
            if group.name == path.collection:
                return kind, group
    raise NotFound(NOTHING)


def _delegating(request: DavRequest) -> list[Delegating]:
    return [kind for kind in request.kinds.all() if isinstance(kind, Delegating)]


async def _other_at(request: DavRequest, path: Path) -> Node:
    """Who is listed, what can be booked, or who has something that the one who asks may see. Raises `NotFound`."""
    missing: WorkspaceError = NotFound(NOTHING)
    try:
        listed = await request.people.by_address(path.address)
        if listed is not None:
            return other(request, listed, path)
    except Unavailable as error:
        missing = error
    for host in hosting(request):
        place = await _place_of(request, host, path.address)
        if place is not None:
            return place_node(request, place, path)
    for kind in request.kinds.all():
        home = await _home_of(request, kind, path.address)
        if home is not None:
            return other(request, Person(home.access.owner, home.title), path)
    raise missing


def hosting(request: DavRequest) -> list[Hosting]:
    return [kind for kind in request.kinds.all() if isinstance(kind, Hosting)]


async def _place_of(request: DavRequest, host: Hosting, address: str) -> Place | None:
    """None also while its service is away."""
    try:
        return await host.place(request.identity, address)
    except Unavailable:
        return None


async def _home_of(request: DavRequest, kind: Kind, address: str) -> Home | None:
    """None also while its service is away: what others have goes on."""
    try:
        return await request.home(Path((kind.segment, address)))
    except (NotFound, Unavailable):
        return None


async def _oneself(request: DavRequest, path: Path) -> Node:
    identity = request.identity
    addresses = [identity.address, *identity.aliases]
    groups: list[str] = []
    live: dict[str, Live] = {
        **_common(request, path, owned(identity.address, writable=False)),
        dav("displayname"): identity.name or identity.address,
        dav("alternate-URI-set"): lambda: [href(f"mailto:{address}") for address in addresses],
        dav("group-membership"): lambda: [href(group) for group in groups],
        calendarserver("email-address-set"): lambda: _addresses(addresses),
    }
    for kind in request.kinds.all():
        home = Path((kind.segment, path.address)).href
        live[kind.home_set] = partial(_links, home)
        live.update(kind.principal_properties(identity, home))
        if isinstance(kind, Delegating) and any(name in request.asked for name in kind.telling_memberships):
            found = await kind.memberships(identity)
            groups += [Path((PRINCIPALS, address, name)).href for address, name in found]
            live.update(kind.membership_properties(found))
    return Node(path, live)


def other(request: DavRequest, person: Person, path: Path) -> Node:
    """Somebody else: enough to show and to invite, and nothing of what the person has."""
    live: dict[str, Live] = {
        **_common(request, path, Access(person.address, READING[:1])),
        dav("displayname"): person.name or person.address,
        dav("alternate-URI-set"): lambda: [href(f"mailto:{person.address}")],
        calendarserver("email-address-set"): lambda: _addresses([person.address]),
    }
    for kind in request.kinds.all():
        live.update(kind.person_properties(person.address))
    return Node(path, live)


def place_node(request: DavRequest, place: Place, path: Path) -> Node:
    """A room or equipment: enough to find, to invite, and to see when it is free."""
    live: dict[str, Live] = {
        **_common(request, path, Access(place.address, READING[:1])),
        dav("displayname"): place.name,
        dav("alternate-URI-set"): lambda: [href(f"mailto:{place.address}")],
        calendarserver("email-address-set"): lambda: _addresses([place.address]),
        **place.live,
    }
    return Node(path, live)


def _group(request: DavRequest, path: Path, group: Group) -> Node:
    members = [Path((PRINCIPALS, address)).href for address in group.members]
    live: dict[str, Live] = {
        **_common(request, path, owned(path.address)),
        dav("resourcetype"): lambda: properties.types(dav("principal"), *group.resource_types),
        dav("displayname"): group.title,
        dav("group-member-set"): lambda: [href(member) for member in members],
    }
    return Node(path, live)


def _common(request: DavRequest, path: Path, access: Access) -> dict[str, Live]:
    return {
        **properties.common(request, access, reports=PRINCIPAL_REPORTS),
        dav("resourcetype"): lambda: properties.types(dav("principal")),
        dav("principal-URL"): lambda: [href(path.href)],
        dav("group-membership"): "",
        dav("group-member-set"): "",
    }


def _links(path: str) -> list[Element]:
    return [href(path)]


def _addresses(addresses: Sequence[str]) -> list[Element]:
    return [element(calendarserver("email-address"), address) for address in addresses]
