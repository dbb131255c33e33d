"""The tree of units and their mail domains in the memory of each process, proven fresh by one number.

Whatever changes the organisation counts `structure.tree` upwards in the same transaction, and marks what it changed
with that count. So a process asks for one small document to know that what it holds is how things are, and reads what
changed when it is not; and a change that was decided upon an older picture than the present one is not written.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from services.directory.domain.mail_domains import MailDomain
from services.directory.domain.tree import Gone, Tree
from services.directory.domain.units import Unit
from services.directory.store.receipts import in_transaction

TREE = "tree"
# How old the picture may be where nobody's authority hangs on it.
_STILL_FRESH_SECONDS = 1.0
_READS = 20
GONE = "gone"
Rows = dict[str, Mapping[str, Any]]


class TreeStore:
    """The picture, kept up to date from the collections `structure`, `units`, `domains` and `moves`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._structure = database["structure"]
        self._units = database["units"]
        self._domains = database["domains"]
        self._moves = database["moves"]
        self._rows: Rows = {}
        self._domain_rows: Rows = {}
        self._tree: Tree | None = None
        self._read_at = float("-inf")
        self._turn = asyncio.Lock()

    async def current(self) -> Tree:
        """The tree as it was at most a second ago."""
        if self._tree is not None and time.monotonic() - self._read_at < _STILL_FRESH_SECONDS:
            return self._tree
        return await self.refresh()

    async def refresh(self) -> Tree:
        """The tree as it is now."""
        asked_at = time.monotonic()
        version = await self._version()
        if self._tree is None or self._tree.version != version:
            async with self._turn:
                await self._read(version)
        assert self._tree is not None  # noqa: S101 - it has just been read
        self._read_at = max(self._read_at, asked_at)
        return self._tree

    async def write(
        self, upon: Tree, changes: Callable[[int, Any], Awaitable[None]], opened: Mapping[str, Any] | None = None
    ) -> bool:
        """Run `changes(count, session)` in a transaction; False when the tree is not `upon` any more.

        What they write on units and domains carries `count` in its field `tree`. What they raise rolls back and is
        raised. `opened` is the document of the one unit that they insert, when they do nothing else: it is put into
        the picture at hand, and nothing has to be read again.
        """

        async def whole(session: Any) -> bool:
            known = {"_id": TREE, "version": upon.version}
            counted = {"$set": {"version": upon.version + 1}}
            answer = await self._structure.update_one(known, counted, session=session)
            if not answer.matched_count:
                return False
            await changes(upon.version + 1, session)
            return True

        written = await in_transaction(self._database, whole)
        if written and opened is not None and self._tree is not None and self._tree.version == upon.version:
            self._show(self._tree, upon.version + 1, {opened["_id"]: opened}, {}, self._tree.in_transit)
        return written

    async def _version(self) -> int:
        found = await self._structure.find_one({"_id": TREE})
        if found is None:
            with contextlib.suppress(DuplicateKeyError):
                await self._structure.insert_one({"_id": TREE, "version": 0})
            return await self._version()
        return int(found["version"])

    async def _read(self, version: int) -> None:
        """Read what changed, until nothing changed while it was read: a merge is seen whole or not at all."""
        for attempt in range(_READS):
            base = self._tree
            if base is not None and base.version >= version:
                return
            since = {"_id": {"$gt": ""}} if base is None else {"tree": {"$gt": base.version}}
            rows = {row["_id"]: row async for row in self._units.find(since, {"outbox": 0})}
            named = {row["_id"]: row async for row in self._domains.find(since, {"outbox": 0})}
            moving = [move["unit"] async for move in self._moves.find({"open": 1}, {"unit": 1})]
            after = await self._version()
            # Others may never stop changing it; what was read last is as good as any.
            last = attempt == _READS - 1
            if self._tree is base and (after == version or last):
                self._show(base, version if after == version else version - 1, rows, named, moving)
                return
            version = after

    def _show(self, base: Tree | None, version: int, rows: Rows, named: Rows, moving: Iterable[str]) -> None:
        """The picture with what changed put into it; drawn anew only where something has moved or gone."""
        self._rows.update(rows)
        self._domain_rows.update(named)
        grown = None
        if base is not None and not any(GONE in row for row in rows.values()):
            in_order = sorted(rows.values(), key=lambda row: int(row["tree"]))
            units = [(unit_of(row), row["parent"]) for row in in_order]
            grown = base.grown(version, units, [domain_of(row) for row in named.values()], moving)
        self._tree = grown if grown is not None else self._drawn(version, moving)

    def _drawn(self, version: int, moving: Iterable[str]) -> Tree:
        living = {unit_id: row for unit_id, row in self._rows.items() if GONE not in row}
        return Tree(
            version,
            [unit_of(row) for row in living.values()],
            {unit_id: row["parent"] for unit_id, row in living.items()},
            [_gone(row) for row in self._rows.values() if GONE in row],
            moving,
            [domain_of(row) for row in self._domain_rows.values()],
        )


def unit_of(row: Mapping[str, Any]) -> Unit:
    """A unit as its document says it; its path is the tree's to know."""
    return Unit(
        id=row["_id"],
        name=row["name"],
        kind=row["kind"],
        path=(row["_id"],),
        version=row["version"],
        hidden=row.get("hidden", False),
    )


def _gone(row: Mapping[str, Any]) -> Gone:
    gone = row[GONE]
    return Gone(row["_id"], row["name"], gone["successor"], gone.get("roles", False))


def domain_of(row: Mapping[str, Any]) -> MailDomain:
    """A mail domain as its document says it."""
    return MailDomain(
        name=row["_id"],
        unit_id=row["unit"],
        state=row["state"],
        administrators=tuple(row["administrators"]),
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        version=row["version"],
    )
