"""The tree of units as it stands at one moment, and where those that were merged or dissolved have gone.

A unit keeps only who stands above it: one write moves it with all that is below, and whoever decides by the tree
decides by where things are now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.directory.domain.mail_domains import GONE, MailDomain
from services.directory.domain.units import Unit

_LONGEST_CHAIN = 64


@dataclass(frozen=True)
class Gone:
    """A unit that was merged or dissolved: who stood in it stands in its successor."""

    id: str
    name: str
    # Empty: there is none, and who stood in it stands outside of every unit.
    successor_id: str
    # Whether roles over it are now roles over its successor; otherwise they have ended with it.
    hands_roles: bool = False


class Tree:
    """An unchanging picture of all units. `parents` says who stands above whom, empty at the root."""

    def __init__(
        self,
        version: int = 0,
        units: Iterable[Unit] = (),
        parents: Mapping[str, str] | None = None,
        gone: Iterable[Gone] = (),
        in_transit: Iterable[str] = (),
        domains: Iterable[MailDomain] = (),
    ) -> None:
        self.version = version
        # Units below which what is kept beside accounts may not yet say where they stand now.
        self.in_transit = frozenset(in_transit)
        self._gone = {each.id: each for each in gone}
        self._children: dict[str, list[str]] = {}
        above = parents or {}
        bare = {unit.id: unit for unit in units}
        self._units = {unit_id: replace(unit, path=_path(unit_id, above)) for unit_id, unit in bare.items()}
        self._domains = {domain.name: domain for domain in domains if domain.state != GONE}
        self._name_domains(domain.unit_id for domain in self._domains.values())
        for unit in self._units.values():
            self._children.setdefault(unit.parent_id, []).append(unit.id)

    def grown(
        self,
        version: int,
        units: Sequence[tuple[Unit, str]],
        domains: Sequence[MailDomain],
        in_transit: Iterable[str],
    ) -> "Tree | None":
        """The picture after some units, each with who stands above it, and domains were opened or changed in place.

        It costs as much as there is changed, not as there is. None where a unit has moved or gone: that is drawn anew.
        """
        tree = Tree(version, in_transit=in_transit)
        tree._gone, tree._units, tree._children = self._gone, dict(self._units), dict(self._children)
        tree._domains = dict(self._domains)
        for unit, parent in units:
            known, above = tree._units.get(unit.id), tree._units.get(parent)
            if unit.id in tree._gone or (parent and above is None) or (known and known.parent_id != parent):
                return None
            if known is None:
                tree._children[parent] = [*tree._children.get(parent, ()), unit.id]
            path = (*(above.path if above is not None else ()), unit.id)
            tree._units[unit.id] = replace(unit, path=path, domains=known.domains if known is not None else ())
        touched = {former.unit_id for each in domains if (former := tree._domains.pop(each.name, None))}
        tree._domains.update({domain.name: domain for domain in domains if domain.state != GONE})
        tree._name_domains({*touched, *(domain.unit_id for domain in domains)})
        return tree

    def _name_domains(self, owners: Iterable[str]) -> None:
        """Have units say which domains are theirs."""
        for owner in set(owners) & self._units.keys():
            names = tuple(domain.name for domain in self.domains_of(owner))
            self._units[owner] = replace(self._units[owner], domains=names)

    def domain(self, name: str) -> MailDomain | None:
        return self._domains.get(name)

    def domains(self) -> list[MailDomain]:
        """All, by name."""
        return sorted(self._domains.values(), key=lambda domain: domain.name)

    def domains_of(self, unit_id: str) -> list[MailDomain]:
        """Those of one unit, the oldest first."""
        found = [domain for domain in self._domains.values() if domain.unit_id == unit_id]
        return sorted(found, key=lambda domain: (domain.created_at, domain.name))

    def unit(self, unit_id: str) -> Unit | None:
        return self._units.get(unit_id)

    def gone(self, unit_id: str) -> Gone | None:
        return self._gone.get(unit_id)

    def knows(self, unit_id: str) -> bool:
        return not unit_id or unit_id in self._units or unit_id in self._gone

    def all(self) -> list[Unit]:
        return list(self._units.values())

    def heir(self, unit_id: str) -> Unit | None:
        """The unit itself while it lives, else the first living one among its successors."""
        for _ in range(_LONGEST_CHAIN):
            gone = self._gone.get(unit_id)
            if gone is None:
                return self._units.get(unit_id)
            unit_id = gone.successor_id
        return None

    def place(self, kept: Sequence[str]) -> tuple[str, ...]:
        """Where one stands now of whom the path `kept` was written down."""
        if not kept:
            return ()
        if not self.knows(kept[-1]):
            return tuple(kept)
        heir = self.heir(kept[-1])
        return heir.path if heir is not None else ()

    def reach(self, kept: Sequence[str]) -> tuple[str, ...] | None:
        """The same of a role's unit; None when the role has ended with its unit."""
        if not kept:
            return ()
        unit_id = kept[-1]
        for _ in range(_LONGEST_CHAIN):
            gone = self._gone.get(unit_id)
            if gone is None:
                living = self._units.get(unit_id)
                return living.path if living is not None else tuple(kept)
            if not gone.hands_roles or not gone.successor_id:
                return None
            unit_id = gone.successor_id
        return None

    def children(self, unit_id: str) -> list[Unit]:
        """Directly below it, by name; of the empty id the ministries."""
        found = [self._units[each] for each in self._children.get(unit_id, ())]
        return sorted(found, key=lambda unit: unit.sorting_key)

    def below(self, unit_id: str) -> list[Unit]:
        """The unit and all below it, each after the one above it."""
        unit = self._units.get(unit_id)
        found = [unit] if unit is not None else []
        for each in found:
            found.extend(self._units[child] for child in self._children.get(each.id, ()))
        return found

    def names_below(self, unit_id: str) -> list[str]:
        """Ids under which what belongs to the unit, or to one below it, may have been written down."""
        living = [unit.id for unit in self.below(unit_id)]
        among = set(living)
        return living + [each for each in sorted(self._gone) if (heir := self.heir(each)) and heir.id in among]

    def names_of(self, path: Sequence[str]) -> list[str]:
        """The units of a path, and those gone whose place one of them has taken."""
        among = set(path)
        return [*path, *(each for each in sorted(self._gone) if (heir := self.heir(each)) and heir.id in among)]

    def height(self, unit_id: str) -> int:
        """How many levels there are from the unit down, itself included."""
        unit = self._units.get(unit_id)
        if unit is None:
            return 0
        return max(len(each.path) for each in self.below(unit_id)) - len(unit.path) + 1

    def strays(self, unit_id: str) -> list[str]:
        """Units below which accounts that stand below `unit_id` now may still be kept under another path."""
        return [each for each in sorted(self.in_transit) if each != unit_id and unit_id in self.place((each,))]


def _path(unit_id: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    path = [unit_id]
    while (parent := parents.get(path[-1], "")) and len(path) < _LONGEST_CHAIN:
        path.append(parent)
    return tuple(reversed(path))
