"""Members as reports answer them: properties as PROPFIND has them, and those that are made of content."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from gateway.edges.dav.elements import Element
from gateway.edges.dav.kinds import Collection, Member
from gateway.edges.dav.nodes import Node
from gateway.edges.dav.paths import Path
from gateway.edges.dav.properties import ALL, of_member
from gateway.edges.dav.reading import names_in
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import element, found_and_missing, of_status


@dataclass(frozen=True)
class Asked:
    """The properties that a report's DAV:prop names."""

    names: Sequence[str]
    elements: dict[str, Element]
    minimal: bool

    @classmethod
    def of(cls, prop: Element | None, *, minimal: bool) -> "Asked":
        names = names_in(prop)
        elements = {str(each.tag): each for each in prop} if prop is not None else {}
        return cls(names or sorted(ALL), elements, minimal)

    def needs_content(self, collection: Collection) -> bool:
        return not collection.content_properties.isdisjoint(self.names)


def member_response(request: DavRequest, collection: Collection, member: Member, asked: Asked) -> Element:
    node = Node(_path(request, member.name), of_member(request, collection, member))
    found, missing = [], []
    for name in asked.names:
        if name in collection.content_properties and member.content is not None:
            found.append(element(name, collection.content_property(member, asked.elements[name])))
            continue
        value = node.property(name)
        if value is not None:
            found.append(value)
        else:
            missing.append(name)
    return found_and_missing(node.path.href, found, missing, minimal=asked.minimal)


async def named_responses(
    request: DavRequest, collection: Collection, names: Sequence[str], asked: Asked
) -> AsyncIterator[Element]:
    """Each of some names: its properties, or that there is none."""
    gone = dict.fromkeys(names)
    if names:
        async for member in collection.members(names, content=asked.needs_content(collection)):
            gone.pop(member.name, None)
            yield member_response(request, collection, member, asked)
    for name in gone:
        yield of_status(_path(request, name).href, 404)


def _path(request: DavRequest, name: str) -> Path:
    return Path((*request.path.segments[:3], name))
