"""Units as documents: written with the count of the tree, read from the tree in memory."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from chassis.errors import AlreadyExists
from chassis.events import document_with_facts, with_facts
from services.directory.domain.tree import Tree
from services.directory.domain.units import Unit
from services.directory.store.tree import TreeStore

Facts = Sequence[dict[str, Any]]


class UnitStore:
    """The collection `units`."""

    def __init__(self, database: Database, tree: TreeStore) -> None:
        self._units = database["units"]
        self._tree = tree

    async def insert(self, unit: Unit, facts: Facts, upon: Tree) -> bool:
        """Open a unit in the tree that was decided upon; False when that has changed.

        Raises `AlreadyExists` when a sister has the name, in whatever case and accents.
        """
        document = {"_id": unit.id, **_document(unit), "tree": upon.version + 1}

        async def write(_count: int, session: Any) -> None:
            await self._units.insert_one(document_with_facts(document, *facts), session=session)

        return await self._written(upon, write, document)

    async def replace(self, unit: Unit, facts: Facts, upon: Tree) -> bool:
        """Write a unit one version further; False when somebody else was faster."""
        return await self.replace_all([(unit, facts)], upon)

    async def replace_all(self, changed: Sequence[tuple[Unit, Facts]], upon: Tree) -> bool:
        """The same of several, all or none."""

        async def write(count: int, session: Any) -> None:
            for unit, facts in changed:
                update = update_of(unit, count)
                before = {"_id": unit.id, "version": unit.version - 1}
                await self._units.update_one(before, with_facts(update, *facts), session=session)

        return await self._written(upon, write)

    async def _written(self, upon: Tree, write: Any, opened: dict[str, Any] | None = None) -> bool:
        try:
            return await self._tree.write(upon, write, opened)
        except DuplicateKeyError as error:
            raise taken() from error

    async def find(self, unit_id: str) -> Unit | None:
        return (await self._tree.refresh()).unit(unit_id)

    async def child(self, parent_id: str, key: str) -> Unit | None:
        """The unit below one whose name has that sorting key."""
        children = (await self._tree.current()).children(parent_id)
        return next((unit for unit in children if unit.sorting_key == key), None)

    async def page(self, parent_id: str, after: str, count: int) -> list[Unit]:
        """Up to `count` units below one whose sorting key follows `after`, by name."""
        children = (await self._tree.current()).children(parent_id)
        return [unit for unit in children if unit.sorting_key > after][:count]

    async def named(self, ids: Sequence[str]) -> list[Unit]:
        """The units of some ids, by name."""
        tree = await self._tree.current()
        return sorted((unit for each in ids if (unit := tree.unit(each))), key=lambda unit: unit.sorting_key)

    async def all(self) -> AsyncIterator[Unit]:
        """All units."""
        for unit in (await self._tree.refresh()).all():
            yield unit

    async def by_id(self, after: str, count: int) -> list[Unit]:
        """Up to `count` units whose id follows `after`, by id."""
        units = sorted((await self._tree.refresh()).all(), key=lambda unit: unit.id)
        return [unit for unit in units if unit.id > after][:count]


def update_of(unit: Unit, count: int) -> dict[str, Any]:
    """The update that writes a unit, with the count of the tree."""
    return {"$set": {**_document(unit), "tree": count}}


def _document(unit: Unit) -> dict[str, Any]:
    return {
        "name": unit.name,
        "key": unit.sorting_key,
        "kind": unit.kind,
        "parent": unit.parent_id,
        "version": unit.version,
        "hidden": unit.hidden,
    }


def taken() -> AlreadyExists:
    return AlreadyExists("A unit of this name stands there already", fields={"name": "taken"})
