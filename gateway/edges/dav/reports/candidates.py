"""Who may be meant by texts that somebody looks for: people, as the national address book lets one find them, and rooms
and equipment that one may book."""

from collections.abc import Sequence

from chassis.errors import Unavailable
from gateway.edges.dav import principals
from gateway.edges.dav.kinds import Hosting, Place
from gateway.edges.dav.names import caldav
from gateway.edges.dav.node import Node
from gateway.edges.dav.paths import PRINCIPALS, Path
from gateway.edges.dav.people import Person
from gateway.edges.dav.reading import text_of
from gateway.edges.dav.request import DavRequest

CUTYPE = caldav("calendar-user-type")
INDIVIDUAL = "INDIVIDUAL"
# Each is a question to the address book, and to whoever has places.
MAX_SOUGHT = 4


async def oneself(request: DavRequest) -> Node:
    return await principals.at(request, Path((PRINCIPALS, request.identity.address)))


async def candidates(request: DavRequest, sought: Sequence[tuple[str, str]]) -> list[Node]:
    """Others, each once, by texts and types of calendar users (RFC 5545 §3.2.3); an empty type is any. Without a text
    places alone are listed, and only those of a type."""
    found: dict[str, Node] = {}
    for text, cutype in list(dict.fromkeys(sought))[:MAX_SOUGHT]:
        for person in await _people(request, text) if cutype in ("", INDIVIDUAL) else ():
            if not request.is_own(person.address):
                path = Path((PRINCIPALS, person.address))
                found.setdefault(person.address, principals.other(request, person, path))
        for host in principals.hosting(request) if text.strip() or cutype else ():
            for place in await _places(request, host, text, cutype):
                path = Path((PRINCIPALS, place.address))
                found.setdefault(place.address, principals.place_node(request, place, path))
    return list(found.values())


async def _people(request: DavRequest, text: str) -> Sequence[Person]:
    """Nobody while directory is away: rooms are found without it."""
    try:
        return await request.people.search(text)
    except Unavailable:
        return ()


async def _places(request: DavRequest, host: Hosting, text: str, cutype: str) -> Sequence[Place]:
    """None while their service is away: people are found without it."""
    try:
        return await host.places(request.identity, text, cutype)
    except Unavailable:
        return ()


def is_of(node: Node, cutype: str) -> bool:
    return cutype in ("", text_of(node.property(CUTYPE)))
