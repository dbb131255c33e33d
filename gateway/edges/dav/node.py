"""A resource with its properties, and those of them that somebody wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.edges.dav import properties
from gateway.edges.dav.elements import Element
from gateway.edges.dav.paths import Path
from gateway.edges.dav.writing import Live, element, found_and_missing, kept_property


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

    def response(self, wanted: Wanted) -> Element:
        """Its DAV:response."""
        if wanted.names_only:
            return found_and_missing(self.path.href, [element(n) for n in (*self.live, *self.dead)], [], minimal=False)
        names = list(wanted.names)
        if wanted.everything:
            names = list(dict.fromkeys([*(n for n in self.live if n in properties.ALL), *self.dead, *names]))
        found, missing = [], []
        for name in names:
            value = self.property(name)
            if value is not None:
                found.append(value)
            else:
                missing.append(name)
        return found_and_missing(self.path.href, found, missing, minimal=wanted.minimal)

    def property(self, name: str) -> Element | None:
        if name in self.live:
            value = self.live[name]
            return element(name, value() if callable(value) else value)
        return kept_property(self.dead[name]) if name in self.dead else None
