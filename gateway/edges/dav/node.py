"""A resource with its properties, and those of them that somebody wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.edges.dav import properties
from gateway.edges.dav.elements import Element
from gateway.edges.dav.paths import Path
from gateway.edges.dav.responses import response, written, written_names
from gateway.edges.dav.writing import Live, element, kept_property, serialized


@dataclass(frozen=True)
class Wanted:
    """Which properties: those named, all that RFC 4918 defines, or their names alone."""

    names: Sequence[str] = ()
    everything: bool = False
    names_only: bool = False
    minimal: bool = False


@dataclass(frozen=True)
class Node:
    """A resource."""

    path: Path
    live: Mapping[str, Live]
    dead: Mapping[str, str] = field(default_factory=dict)

    def response(self, wanted: Wanted) -> str:
        """Its DAV:response."""
        if wanted.names_only:
            return response(self.path.href, written_names((*self.live, *self.dead)), [], minimal=False)
        names = list(wanted.names)
        if wanted.everything:
            names = list(dict.fromkeys([*(n for n in self.live if n in properties.ALL), *self.dead, *names]))
        found, missing = [], []
        for name in names:
            text = self.written(name)
            if text is not None:
                found.append(text)
            else:
                missing.append(name)
        return response(self.path.href, found, missing, minimal=wanted.minimal)

    def written(self, name: str) -> str | None:
        """A property as it is sent; None where it has none of the name."""
        if name in self.live:
            value = self.live[name]
            return written(name, value() if callable(value) else value)
        kept = self.property(name)
        return serialized(kept) if kept is not None else None

    def property(self, name: str) -> Element | None:
        """The same as an element."""
        if name in self.live:
            value = self.live[name]
            return element(name, value() if callable(value) else value)
        return kept_property(self.dead[name]) if name in self.dead else None
