"""Units by their path of names, as people write them: "Ministère/Direction/Bureau"."""

import unicodedata
from collections.abc import Sequence

from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import NotFound
from cli.connection import Connection

SEPARATOR = "/"
PAGE = 500


def names_of(path: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in path.split(SEPARATOR))


def folded(name: str) -> str:
    """Names are the same whatever their case and accents."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).split())


class Tree:
    """The units, read level by level as they are needed and remembered."""

    def __init__(self, directory: Connection) -> None:
        self._directory = directory
        self._below: dict[str, dict[str, pb.Unit]] = {}

    async def below(self, parent_id: str) -> dict[str, pb.Unit]:
        """The units directly below one, by folded name."""
        known = self._below.get(parent_id)
        if known is None:
            known = {}
            token = ""
            while True:
                request = pb.ListUnitsRequest(parent_id=parent_id, page_size=PAGE, page_token=token)
                answer = await self._directory.units.ListUnits(request)
                known.update((folded(unit.name), unit) for unit in answer.units)
                token = answer.next_page_token
                if not token:
                    break
            self._below[parent_id] = known
        return known

    async def find(self, names: Sequence[str]) -> pb.Unit | None:
        """The unit at the end of a path of names."""
        unit: pb.Unit | None = None
        for name in names:
            unit = (await self.below(unit.id if unit is not None else "")).get(folded(name))
            if unit is None:
                return None
        return unit

    async def unit_id(self, given: str) -> str:
        """The id of a unit that is given by id or by path. Raises `NotFound`."""
        if SEPARATOR not in given and len(given) == 26 and given.isascii() and given.isupper():
            return given
        unit = await self.find(names_of(given))
        if unit is None:
            raise NotFound(f"There is no unit {given!r}")
        return unit.id

    async def make(self, name: str, kind: pb.UnitKind.ValueType, parent_id: str) -> pb.Unit:
        """Open a unit and remember it."""
        unit = pb.Unit(name=name, kind=kind, parent_id=parent_id)
        made: pb.Unit = await self._directory.units.CreateUnit(pb.CreateUnitRequest(unit=unit))
        self._below.setdefault(parent_id, {})[folded(made.name)] = made
        self._below[made.id] = {}
        return made
