"""Members as reports answer them: properties as PROPFIND has them, and those that are made of content."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from gateway.edges.dav.elements import Element
from gateway.edges.dav.kinds import Collection, Member
from gateway.edges.dav.names import dav
from gateway.edges.dav.node import Node
from gateway.edges.dav.paths import Path
from gateway.edges.dav.properties import ALL, of_members
from gateway.edges.dav.reading import names_in
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.responses import response, written
from gateway.edges.dav.writing import Answer, of_status


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


class Answering:
    """Answers of what is in a collection, each as a DAV:response."""

    def __init__(self, request: DavRequest, collection: Collection, asked: Asked) -> None:
        self._path = Path(request.path.segments[:3])
        self._collection = collection
        self._asked = asked
        self._live = of_members(request, self._path, collection)

    def response(self, member: Member) -> str:
        path, asked, collection = self._path.below(member.name), self._asked, self._collection
        node = Node(path, self._live(member))
        found, missing = [], []
        for name in asked.names:
            if name in collection.content_properties and member.content is not None:
                found.append(written(name, collection.content_property(member, asked.elements[name])))
                continue
            text = node.written(name)
            if text is not None:
                found.append(text)
            else:
                missing.append(name)
        return response(path.href, found, missing, minimal=asked.minimal)

    async def at_most(self, most: int, found: AsyncIterator[Member]) -> AsyncIterator[Answer]:
        """All of them where `most` is 0; else so many, and that there are more where one more is found."""
        count = 0
        async for member in found:
            count += 1
            if most and count > most:
                yield of_status(self._path.href, 507, dav("number-of-matches-within-limits"))
                return
            yield self.response(member)

    async def named(self, names: Sequence[str], found: AsyncIterator[Member]) -> AsyncIterator[Answer]:
        """Each of some names: its properties, or that there is none. `found` are those that are there."""
        gone = dict.fromkeys(names)
        if names:
            async for member in found:
                gone.pop(member.name, None)
                yield self.response(member)
        for name in gone:
            yield of_status(self._path.below(name).href, 404)
