"""Databases that tests have one after another, each as if it were new.

To make a service's collections and indexes costs the embedded database many times what it costs to empty those few that
a test wrote. What was written is heard from all clients of this process. What other processes write is not: who starts
any asks for `database_name`, a database of the test's own.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pymongo import MongoClient, monitoring
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from chassis.documents import Index, connect, ensure_indexes
from chassis.documents.connect import close
from chassis.documents.sessions import INDEXES as SESSION_INDEXES
from chassis.ids import new_id

_WRITES = frozenset({"insert", "update", "delete", "findAndModify"})
_ENDS = frozenset({"commitTransaction", "abortTransaction"})
_READS = frozenset(
    {"find", "getMore", "killCursors", "count", "distinct", "explain", "listCollections", "listIndexes", "ping"}
)  # fmt: skip
# From so many documents on, new collections cost less than emptying these.
_MANY = 400


@dataclass
class _Use:
    """What was done to a database since it was lent."""

    # The names of the indexes that each collection has.
    indexes: Mapping[str, frozenset[str]]
    written: set[str] = field(default_factory=set)
    inserted: int = 0
    # Whether collections or indexes came, went or changed.
    altered: bool = False
    # Writes that the database has not answered yet.
    under_way: set[int] = field(default_factory=set)
    # Sessions with a transaction that no commit or abort has ended.
    open: set[bytes] = field(default_factory=set)

    @property
    def undone_by_emptying(self) -> bool:
        return not (self.altered or self.under_way or self.open) and self.inserted < _MANY

    def hear(self, command: str, event: CommandStartedEvent) -> None:
        if "autocommit" in event.command:
            self.open.add(event.command["lsid"]["id"])
        if command in _WRITES:
            self.written.add(str(event.command[command]))
            self.under_way.add(event.request_id)
        elif self._alters(command, event.command):
            self.altered = True

    def _alters(self, command: str, asked: Mapping[str, Any]) -> bool:
        if command == "aggregate":
            return any({"$out", "$merge"} & stage.keys() for stage in asked["pipeline"])
        if command == "createIndexes":
            there = self.indexes.get(str(asked[command]), frozenset())
            return any(index["name"] not in there for index in asked["indexes"])
        return command not in _READS


class _Watch(CommandListener):
    """Hears what all clients of this process do."""

    def __init__(self) -> None:
        self.uses: dict[str, _Use] = {}
        # Written to while nobody had them.
        self.strayed: set[str] = set()
        # The session that each commit or abort under way is of.
        self._ending: dict[int, bytes] = {}

    def started(self, event: CommandStartedEvent) -> None:
        name, command = event.database_name, event.command_name
        use = self.uses.get(name)
        if command in _ENDS:
            self._ending[event.request_id] = event.command["lsid"]["id"]
        elif use is None:
            self.strayed.update({name} if command in _WRITES else ())
        else:
            use.hear(command, event)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        use = self.uses.get(event.database_name)
        if event.command_name == "insert" and use is not None:
            use.inserted += event.reply.get("n", 0)
        ended = self._ending.pop(event.request_id, b"")
        # Several at once: clients are heard in their threads.
        for each in list(self.uses.values()):
            each.open.discard(ended)
        self._answered(event.database_name, event.request_id)

    def failed(self, event: CommandFailedEvent) -> None:
        self._ending.pop(event.request_id, None)
        self._answered(event.database_name, event.request_id)

    def _answered(self, name: str, request_id: int) -> None:
        use = self.uses.get(name)
        if use is not None:
            use.under_way.discard(request_id)


class Databases:
    """Lends databases; each to one test at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Before the listener is there, which shall not hear this client.
        self._client: MongoClient[dict[str, Any]] = MongoClient(url)
        self._watch = _Watch()
        self._free: dict[str, list[str]] = {}
        monitoring.register(self._watch)

    @asynccontextmanager
    async def lent(self, service: str, indexes: Sequence[Index]) -> AsyncIterator[str]:
        """The name of an empty database with these indexes, which are the same for a service each time."""
        every = (*indexes, *SESSION_INDEXES)
        free = self._free.setdefault(service, [])
        name = free.pop() if free else await self._made(every)
        if name in self._watch.strayed:
            name = await self._made(every)
        known: dict[str, frozenset[str]] = {}
        for index in every:
            known[index.collection] = known.get(index.collection, frozenset()) | {index.name}
        use = self._watch.uses[name] = _Use(known)
        yield name
        del self._watch.uses[name]
        if use.undone_by_emptying and self._emptied(name, use.written):
            free.append(name)

    async def _made(self, indexes: Sequence[Index]) -> str:
        name = f"lent_{new_id().lower()}"
        await self.prepare(name, indexes)
        return name

    async def prepare(self, name: str, indexes: Sequence[Index]) -> None:
        """Make the collections and indexes of a database."""
        database = connect(self.url, name)
        await ensure_indexes(database, indexes)
        await close(database)

    def _emptied(self, name: str, collections: set[str]) -> bool:
        """Whether it could be: a transaction that a test left open keeps its documents."""
        try:
            for collection in sorted(collections):
                self._client[name][collection].delete_many({})
        except PyMongoError:
            return False
        return True

    def close(self) -> None:
        """Show that nothing was overlooked in any."""
        names = [name for each in self._free.values() for name in each if name not in self._watch.strayed]
        left = {name: self._client[name].command("dbStats")["objects"] for name in names}
        self._client.close()
        assert not any(left.values()), left
