"""Exchanges, queues and bindings, shared by processes: one file, replaced under a lock, cached by its identity."""

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from kombu.exceptions import ChannelError

from chassis.events.spool.layout import message_name, sync_folder

KINDS = frozenset({"direct", "topic", "fanout"})


@dataclass(frozen=True)
class QueueEntry:
    """`owner` is the claim of the connection with which an exclusive queue dies; empty for the others."""

    owner: str = ""


@dataclass
class Tables:
    """What the file holds. A binding is (exchange, routing key, queue)."""

    exchanges: dict[str, str] = field(default_factory=dict)
    queues: dict[str, QueueEntry] = field(default_factory=dict)
    bindings: set[tuple[str, str, str]] = field(default_factory=set)

    @classmethod
    def parse(cls, text: str) -> "Tables":
        value = json.loads(text)
        return cls(
            exchanges=value["exchanges"],
            queues={name: QueueEntry(**entry) for name, entry in value["queues"].items()},
            bindings={(exchange, key, queue) for exchange, key, queue in value["bindings"]},
        )

    def text(self) -> str:
        queues = {name: asdict(entry) for name, entry in self.queues.items()}
        return json.dumps({"exchanges": self.exchanges, "queues": queues, "bindings": sorted(self.bindings)})


@lru_cache(maxsize=4096)
def topic_pattern(binding: str) -> re.Pattern[str]:
    """AMQP 0-9-1 §3.1.3.3: `*` is one word, `#` is none or more."""
    words = [r"(?:\.[^.]*)*" if word == "#" else r"\." + _word(word) for word in binding.split(".")]
    return re.compile("".join(words))


def _word(word: str) -> str:
    return "[^.]+" if word == "*" else re.escape(word)


def _matches(kind: str, binding: str, key: str) -> bool:
    if kind == "fanout":
        return True
    if kind == "topic":
        return topic_pattern(binding).fullmatch("." + key) is not None
    return binding == key


class Topology:
    """One process' view of the file; reading costs one `stat` while nothing changes."""

    def __init__(self, root: Path) -> None:
        self._path = root / "topology.json"
        self._lock = root / "topology.lock"
        # Held open, so that no newer file can have the same inode number.
        self._descriptor = -1
        self._identity: tuple[int, int] | None = None
        self._tables = Tables()
        self._changing: Tables | None = None
        self._routes: dict[tuple[str, str], tuple[str, ...]] = {}

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._identity = -1, None

    def tables(self) -> Tables:
        """The present state, not to be changed."""
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            self._forget()
            return self._tables
        if (status.st_dev, status.st_ino) != self._identity:
            self._load()
        return self._tables

    def routes(self, exchange: str, key: str) -> tuple[str, ...]:
        """The queues that a message goes to. The default exchange routes by the queue's name."""
        tables = self.tables()
        found = self._routes.get((exchange, key))
        if found is None:
            found = self._routes[exchange, key] = self._find(tables, exchange, key)
        return found

    def _find(self, tables: Tables, exchange: str, key: str) -> tuple[str, ...]:
        if not exchange:
            return (key,) if key in tables.queues else ()
        kind = tables.exchanges.get(exchange)
        if kind is None:
            raise ChannelError(f"NOT_FOUND - no exchange {exchange!r}", (60, 40), "Channel.basic_publish", "404")
        return tuple(
            sorted(
                {queue for own, binding, queue in tables.bindings if own == exchange and _matches(kind, binding, key)}
            )
        )

    @contextmanager
    def change(self) -> Iterator[Tables]:
        """The present state, to be changed: no other process changes it meanwhile. May be nested within a thread."""
        if self._changing is not None:
            yield self._changing
            return
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._identity = None
            before = self.tables().text()
            changed = self._changing = Tables.parse(before)
            yield changed
            text = changed.text()
            if text != before:
                self._replace(text)
        finally:
            self._changing = None
            os.close(descriptor)

    def ensure(self, exists: Callable[[Tables], bool], make: Callable[[Tables], None]) -> None:
        """Change only what is not there yet; declaring again is the usual case."""
        if not exists(self._changing or self.tables()):
            with self.change() as tables:
                make(tables)

    def _replace(self, text: str) -> None:
        draft = self._path.with_name(f"topology.{message_name()}")
        with draft.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._path)
        sync_folder(self._path.parent)

    def _load(self) -> None:
        descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        status = os.fstat(descriptor)
        with open(descriptor, encoding="utf-8", closefd=False) as file:
            tables = Tables.parse(file.read())
        self.close()
        self._descriptor, self._identity = descriptor, (status.st_dev, status.st_ino)
        self._tables, self._routes = tables, {}

    def _forget(self) -> None:
        self.close()
        self._tables, self._routes = Tables(), {}


def exchange_maker(name: str, kind: str) -> tuple[Callable[[Tables], bool], Callable[[Tables], None]]:
    """For `Topology.ensure`. An exchange of another kind cannot be declared again (AMQP 0-9-1, 406)."""
    if kind not in KINDS:
        raise ChannelError(
            f"COMMAND_INVALID - unknown exchange type {kind!r}", (40, 10), "Channel.exchange_declare", "503"
        )

    def make(tables: Tables) -> None:
        if tables.exchanges.setdefault(name, kind) != kind:
            raise ChannelError(
                f"PRECONDITION_FAILED - exchange {name!r} is of type {tables.exchanges[name]!r}",
                (40, 10),
                "Channel.exchange_declare",
                "406",
            )

    def exists(tables: Tables) -> bool:
        return tables.exchanges.get(name) == kind

    return exists, make
