"""Reorganisations as documents, begun in the transaction that changes the tree."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from chassis.events import with_facts
from services.directory.domain.mail_domains import MailDomain
from services.directory.domain.reorganisation import Reorganisation
from services.directory.domain.tree import Gone, Tree
from services.directory.domain.units import Unit
from services.directory.store.domains import DomainStore
from services.directory.store.tree import GONE, TreeStore
from services.directory.store.units import Facts, taken, update_of


class MoveStore:
    """The collection `moves`; and the changes of many units at once."""

    def __init__(self, database: Database, tree: TreeStore, domains: DomainStore) -> None:
        self._moves = database["moves"]
        self._units = database["units"]
        self._domains = domains
        self._tree = tree

    async def begin(
        self,
        reorganisation: Reorganisation,
        upon: Tree,
        changed: Sequence[tuple[Unit, Facts]],
        gone: tuple[Gone, Unit, Facts] | None = None,
        domains: Sequence[tuple[MailDomain, Facts]] = (),
    ) -> bool:
        """Change the tree and begin what follows, all or nothing; False when the tree is not `upon` any more.

        Raises `AlreadyExists` when a sister has the name.
        """

        async def write(count: int, session: Any) -> None:
            if gone is not None:
                # First, so that its name is free for whoever takes over.
                end, unit, facts = gone
                await self._units.update_one(
                    {"_id": end.id}, with_facts(_end(end, unit, count), *facts), session=session
                )
            for unit, facts in changed:
                before = {"_id": unit.id, "version": unit.version - 1}
                await self._units.update_one(before, with_facts(update_of(unit, count), *facts), session=session)
            for domain, facts in domains:
                await self._domains.write(domain, facts, count, session)
            await self._moves.insert_one(_document(reorganisation), session=session)

        try:
            return await self._tree.write(upon, write)
        except DuplicateKeyError as error:
            raise taken() from error

    async def opened(self, count: int) -> list[Reorganisation]:
        """Those that are not over."""
        return [_read(each) async for each in self._moves.find({"open": 1}).limit(count)]

    async def find(self, move_id: str) -> Reorganisation | None:
        found = await self._moves.find_one({"_id": move_id})
        return _read(found) if found else None

    async def latest(self, count: int) -> list[Reorganisation]:
        """The latest, newest first."""
        found = [_read(each) async for each in self._moves.find({"_id": {"$gt": ""}})]
        return sorted(found, key=lambda each: each.id, reverse=True)[:count]

    async def save(self, reorganisation: Reorganisation) -> None:
        """How far it has come; its end is a change of the tree, so that every process lists as ever again."""
        document = _document(reorganisation)
        if reorganisation.open:
            await self._moves.update_one({"_id": reorganisation.id}, {"$set": document})
            return

        async def write(_count: int, session: Any) -> None:
            update = {"$set": document, "$unset": {"open": ""}}
            await self._moves.update_one({"_id": reorganisation.id}, update, session=session)

        # Another change of the tree meanwhile: the next round ends it.
        await self._tree.write(await self._tree.refresh(), write)


def _end(gone: Gone, unit: Unit, count: int) -> dict[str, Any]:
    return {
        "$set": {
            GONE: {"successor": gone.successor_id, "roles": gone.hands_roles},
            "parent": GONE,
            "key": gone.id,
            "version": unit.version + 1,
            "tree": count,
        }
    }


def _document(reorganisation: Reorganisation) -> dict[str, Any]:
    document = asdict(reorganisation)
    document["_id"] = document.pop("id")
    document["unit"] = document.pop("unit_id")
    document["kept"] = list(reorganisation.kept)
    if document.pop("open"):
        document["open"] = 1
    return document


def _read(document: Mapping[str, Any]) -> Reorganisation:
    given = dict(document)
    return Reorganisation(
        id=given.pop("_id"),
        unit_id=given.pop("unit"),
        open=bool(given.pop("open", 0)),
        kept=tuple(given.pop("kept")),
        widened=tuple(given.pop("widened", ())),
        **given,
    )
