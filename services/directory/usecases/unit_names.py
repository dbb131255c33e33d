"""The names of the units that accounts stand in, each read once for a whole answer."""

from collections.abc import Sequence

from services.directory.usecases.context import Directory


class UnitNames:
    """Knows what it has been asked before."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._names: dict[str, str] = {}

    async def of(self, path: Sequence[str]) -> list[str]:
        """From the ministry down to the unit itself."""
        unknown = [unit_id for unit_id in path if unit_id not in self._names]
        if unknown:
            found = {unit.id: unit.name for unit in await self._directory.units.named(unknown)}
            self._names.update({unit_id: found.get(unit_id, "") for unit_id in unknown})
        return [self._names[unit_id] for unit_id in path]
