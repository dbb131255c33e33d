"""The units that a roster names, found by their paths of names and opened where they are missing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chassis.errors import Conflict, Forbidden, WorkspaceError
from chassis.ids import new_id
from services.directory.domain.accounts import Account
from services.directory.domain.roster import SEPARATOR
from services.directory.domain.table import folded
from services.directory.domain.units import DIRECTORATE, MINISTRY, OFFICE, Unit, opened
from services.directory.usecases import facts
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory

# The same for one that is another's and for one that is not there: nobody learns which it is.
NOT_YOURS = "there is no such unit that you administer"


@dataclass
class RosterUnits:
    """Units by path, for one chunk: what others do meanwhile is seen by the next one."""

    directory: Directory
    asking: Account
    inner: frozenset[tuple[str, ...]]
    dry: bool
    opened: list[str] = field(default_factory=list)
    _known: dict[tuple[str, ...], Unit | WorkspaceError | None] = field(default_factory=dict)

    async def path(self, names: Sequence[str]) -> tuple[str, ...]:
        """The path of the unit at the end of some names. Raises `Forbidden`, or why it cannot be opened.

        A check gives the path of the unit below which it would be opened: whoever may open it there may fill it.
        """
        unit: Unit | None = None
        for depth in range(1, len(names) + 1):
            unit = await self._at(names[:depth], unit) or unit
        path = unit.path if unit is not None else ()
        if not self.asking.administers(path):
            raise Forbidden(NOT_YOURS if names else "only the national administrator acts outside of every unit")
        return path

    async def _at(self, names: Sequence[str], above: Unit | None) -> Unit | None:
        """The unit of that path, below the one above; None for one that a check would open."""
        key = tuple(map(folded, names))
        if key not in self._known:
            try:
                self._known[key] = await self._find(names, key, above)
            except WorkspaceError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, WorkspaceError):
            raise found
        return found

    async def _find(self, names: Sequence[str], key: tuple[str, ...], above: Unit | None) -> Unit | None:
        if len(key) > 1 and self._known.get(key[:-1]) is None:
            self._promise(names, key, None)
            return None
        parent = above.id if above is not None else ""
        found = await self.directory.units.child(parent, key[-1])
        if found is not None:
            return found
        if not self.asking.administers(above.path if above is not None else ()):
            raise Forbidden(NOT_YOURS)
        if not self.dry:
            return await self._open(names, key, above)
        self._promise(names, key, above)
        return None

    def _promise(self, names: Sequence[str], key: tuple[str, ...], above: Unit | None) -> None:
        if above is not None or len(key) == 1:
            opened(new_id(), names[-1], self._kind(key), above)
        self.opened.append(SEPARATOR.join(names))

    async def _open(self, names: Sequence[str], key: tuple[str, ...], above: Unit | None) -> Unit:
        unit = opened(new_id(), names[-1], self._kind(key), above)
        told = [facts.unit_changed(unit), facts.recorded("create_unit", unit.id, unit.name, unit.path)]
        for _ in range(TRIES):
            upon = await self.directory.tree.refresh()
            there = await self.directory.units.child(unit.parent_id, key[-1])
            if there is not None:
                return there
            if unit.parent_id and upon.unit(unit.parent_id) is None:
                raise Forbidden(NOT_YOURS)
            if await self.directory.units.insert(unit, told, upon):
                self.opened.append(SEPARATOR.join(names))
                return unit
        raise Conflict

    def _kind(self, key: tuple[str, ...]) -> str:
        if len(key) == 1:
            return MINISTRY
        return OFFICE if len(key) > 2 and key not in self.inner else DIRECTORATE
