"""The address book of a process: read once, then kept in step with what the database says has changed.

Each process that answers from it holds one. It is read when first asked for; a process that lives by it starts it as a
part of its own and is ready when it is.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence

import structlog
from prometheus_client import Gauge
from pymongo.errors import PyMongoError

from chassis.backoff import Pauses
from chassis.errors import Unavailable
from chassis.part import Part
from services.directory.domain.accounts import Account
from services.directory.domain.book import Book, BookUnit, Collective, Collectives
from services.directory.domain.book.entry import listed
from services.directory.domain.tree import Tree
from services.directory.domain.units import Unit
from services.directory.store.accounts import AccountStore
from services.directory.store.changes import Changes, ChangesLost, ChangeStore
from services.directory.store.functions import FunctionStore
from services.directory.store.groups import GroupStore
from services.directory.store.tree import TreeStore

log = structlog.get_logger(__name__)
PEOPLE = Gauge("directory_address_book_people", "People in this process' address book")
CHECKED = Gauge("directory_address_book_checked_seconds", "When this process' address book was last in step, Unix time")
# How long somebody waits for a book that is being read.
PATIENCE_SECONDS = 20.0


class Phonebook(Part):
    """Holds the book."""

    name = "address_book"

    def __init__(
        self,
        accounts: AccountStore,
        groups: GroupStore,
        functions: FunctionStore,
        tree: TreeStore,
        changes: ChangeStore,
    ) -> None:
        self._accounts, self._groups, self._functions = accounts, groups, functions
        self._tree, self._changes = tree, changes
        self._collectives = Collectives()
        self._watchers: list[Callable[[Collection[str]], None]] = []
        self._book: Book | None = None
        self._read = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Does not wait until the book is read: readiness tells."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep())

    async def ready(self) -> bool:
        return self._book is not None

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def book(self) -> Book | None:
        """The book as it is; None while it is being read."""
        return self._book

    @property
    def collectives(self) -> Collectives:
        """The groups and functions as they are; none while the book is being read."""
        return self._collectives

    async def open(self) -> Book:
        """The book, as it is. Raises `Unavailable` when it cannot be read."""
        if self._book is None:
            await self.start()
            try:
                await asyncio.wait_for(self._read.wait(), PATIENCE_SECONDS)
            except TimeoutError:
                raise Unavailable("The address book is being read") from None
        assert self._book is not None  # noqa: S101 - it has been read
        return self._book

    def watch(self, watcher: Callable[[Collection[str]], None]) -> None:
        """Call `watcher` with the ids of accounts and app passwords that were written; none: any may have been."""
        self._watchers.append(watcher)

    async def _keep(self) -> None:
        """Read everything, follow the changes; after a break go on where the stream stood, or read everything anew."""
        wait, changes = Pauses(first=0.1, longest=10), None
        point = None
        while True:
            try:
                changes = await self._changes.open(point)
                if point is None:
                    # Opened before reading: what changes meanwhile is told, and put once more.
                    await self._read_all()
                wait = Pauses(first=0.1, longest=10)
                while True:
                    point = changes.point
                    await self._follow(changes)
            except ChangesLost as error:
                log.warning("address_book_read_anew", error=str(error)[:200])
                point = None
            except (PyMongoError, Unavailable) as error:
                log.warning("address_book_behind", error=f"{type(error).__name__}: {error}"[:200])
            except Exception:  # a document that cannot be read: try again, and say so
                log.exception("address_book_broken")
                point = None
            finally:
                await _closed(changes)
            await asyncio.sleep(wait.draw())

    async def _read_all(self) -> None:
        began = time.monotonic()
        units = [_unit(unit) for unit in (await self._tree.refresh()).all()]
        rows = [entry.packed() async for account in self._accounts.everybody() if (entry := listed(account))]
        self._collectives = await self._read_collectives()
        # On a thread, that others have their turns meanwhile.
        self._show(await asyncio.to_thread(Book, units, rows))
        for watcher in self._watchers:
            watcher(())
        log.info("address_book_read", people=len(rows), seconds=round(time.monotonic() - began, 2))

    async def _follow(self, changes: Changes) -> None:
        changed = await changes.next()
        book = self._book
        assert book is not None  # noqa: S101 - it is read before changes are followed
        if "units" in changed:
            await self._put_units(book)
            self._collectives = await self._read_collectives()
        elif ids := sorted(changed.get("groups", set()) | changed.get("functions", set())):
            await self._put_collectives(ids)
        if ids := sorted(changed.get("accounts", ())):
            _put_accounts(book, ids, await self._accounts.among(ids))
        # A second factor is its account's, under whose id it stands.
        if written := {each for name in ("accounts", "app_passwords", "factors") for each in changed.get(name, ())}:
            for watcher in self._watchers:
                watcher(written)
        if book.wants_order:
            book = await asyncio.to_thread(Book, list(book.units.values()), book.rows())
        self._show(book)

    async def _read_collectives(self) -> Collectives:
        """All groups and functions where their units stand now; they are few."""
        tree = await self._tree.refresh()
        kept = [each async for each in self._some_collectives(tree)]
        return await asyncio.to_thread(Collectives, [_unit(unit) for unit in tree.all()], kept)

    async def _put_collectives(self, ids: Sequence[str]) -> None:
        found = {each.id: each async for each in self._some_collectives(await self._tree.current(), ids)}
        for own_id in ids:
            if own_id in found:
                self._collectives.put(found[own_id])
            else:
                self._collectives.drop(own_id)
        if self._collectives.book.wants_order:
            self._collectives = await asyncio.to_thread(self._collectives.rebuilt)

    async def _some_collectives(self, tree: Tree, ids: Sequence[str] = ()) -> AsyncIterator[Collective]:
        async for group in self._groups.every(ids):
            yield Collective(tree.place((group.unit_id,)) if group.unit_id else (), group=group)
        async for function in self._functions.every(ids):
            yield Collective(tree.place((function.unit_id,)), function=function)

    async def _put_units(self, book: Book) -> None:
        """Bring the units to where they stand now, and their people with them; no account is written for that."""
        tree = await self._tree.refresh()
        now = {unit.id: _unit(unit) for unit in tree.all()}
        changed = [unit for unit in now.values() if book.units.get(unit.id) != unit]
        concealed = {unit.id for unit in changed if unit.id in book.units and book.conceals(book.units[unit.id].path)}
        moving = [entry for unit in changed for entry in book.put_unit(unit)]
        moving += [entry for unit_id in book.units.keys() - now.keys() for entry in book.drop_unit(unit_id)]
        for entry in moving:
            book.put(entry._replace(unit_path=tree.place(entry.unit_path)))
        for unit_id in concealed:
            if not book.conceals(now[unit_id].path):
                for kept in (unit_id, *tree.strays(unit_id)):
                    accounts = [account async for account in self._accounts.below(kept)]
                    _put_accounts(book, [account.id for account in accounts], accounts)

    def _show(self, book: Book) -> None:
        self._book = book
        self._read.set()
        PEOPLE.set(len(book))
        CHECKED.set(time.time())


async def _closed(changes: Changes | None) -> None:
    if changes is not None:
        with contextlib.suppress(PyMongoError):
            await changes.close()


def _put_accounts(book: Book, ids: Sequence[str], accounts: Iterable[Account]) -> None:
    """Bring the entries of some accounts to what the database holds of them."""
    found = {account.id: listed(account) for account in accounts}
    for account_id in ids:
        entry = found.get(account_id)
        if entry is None:
            book.drop(account_id)
        else:
            book.put(entry)


def _unit(unit: Unit) -> BookUnit:
    return BookUnit(unit.id, unit.name, unit.kind, unit.path, unit.hidden)
