"""The channel: what kombu asks of a broker, answered by the folder."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

import structlog
from amqp.protocol import queue_declare_ok_t
from kombu.exceptions import ChannelError
from kombu.transport import virtual
from kombu.utils.uuid import uuid

from chassis.events.spool.claims import drop_queues
from chassis.events.spool.files import Damaged, read_message, write_message
from chassis.events.spool.layout import folder_name, message_name, redelivered, segment_of, sync_folder
from chassis.events.spool.shelves import (
    Shelf,
    bell_of,
    make_queue,
    place,
    queue_folder,
    return_one,
    waiting,
)
from chassis.events.spool.topology import QueueEntry, Tables, exchange_maker
from chassis.events.spool.waking import touch

log = structlog.get_logger(__name__)
_PERSISTENT = 2


class Held(virtual.QoS):
    """What this channel delivered and waits to be acknowledged, by delivery tag: the path of the claimed file."""

    restore_at_shutdown = False

    def __init__(self, channel: "Channel", prefetch_count: int = 0) -> None:
        self.channel = channel
        self.prefetch_count = prefetch_count
        self._claimed: dict[str, tuple[str, str]] = {}

    def can_consume(self) -> bool:
        return not self.prefetch_count or len(self._claimed) < self.prefetch_count

    def can_consume_max_estimate(self) -> int | None:
        return max(0, self.prefetch_count - len(self._claimed)) if self.prefetch_count else None

    def hold(self, tag: str, queue: str, path: str) -> None:
        self._claimed[tag] = (queue, path)

    def append(self, message: Any, delivery_tag: str) -> None:
        """Held since it was claimed."""

    def ack(self, delivery_tag: str) -> None:
        queue, path = self._release(delivery_tag)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self._wake(queue)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        queue, path = self._release(delivery_tag)
        if requeue:
            return_one(self.channel.root, queue, path)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        self._wake(queue)

    def restore_unacked(self) -> list[Any]:
        for tag in list(self._claimed):
            with contextlib.suppress(KeyError, FileNotFoundError):
                queue, path = self._claimed.pop(tag)
                return_one(self.channel.root, queue, path)
        return []

    def restore_unacked_once(self, stderr: Any = None) -> None:
        self.restore_unacked()

    def _release(self, tag: str) -> tuple[str, str]:
        try:
            return self._claimed.pop(tag)
        except KeyError:
            raise ChannelError(
                f"PRECONDITION_FAILED - unknown delivery tag {tag}", (60, 80), "Channel.basic_ack", "406"
            ) from None

    def _wake(self, queue: str) -> None:
        """Whoever waits because this channel had its fill may go on."""
        if self.prefetch_count and len(self._claimed) == self.prefetch_count - 1:
            touch(bell_of(self.channel.root, queue))


class Channel(virtual.Channel):
    """Topic, direct and fanout exchanges; durable queues, and exclusive ones that die with their connection."""

    QoS = Held
    supports_fanout = True
    do_restore = False

    def __init__(self, connection: Any, **options: Any) -> None:
        super().__init__(connection, **options)
        self.root = connection.root
        self._shelves: dict[str, Shelf] = {}
        self._no_ack: set[str] = set()
        # Folders whose new names are not yet on disk, while a batch is open.
        self._unsynced: set[str] | None = None

    # Topology

    def exchange_declare(
        self, exchange: str | None = None, type: str = "direct", passive: bool = False, **_options: Any
    ) -> None:
        name = exchange or f"amq.{type or 'direct'}"
        if passive:
            if name not in self.connection.topology.tables().exchanges:
                raise _not_found("exchange", name, "Channel.exchange_declare")
            return
        self.connection.topology.ensure(*exchange_maker(name, type or "direct"))

    def exchange_delete(self, exchange: str, **_options: Any) -> None:
        with self.connection.topology.change() as tables:
            tables.exchanges.pop(exchange, None)
            tables.bindings = {binding for binding in tables.bindings if binding[0] != exchange}

    def queue_declare(
        self, queue: str | None = None, passive: bool = False, exclusive: bool = False, **_options: Any
    ) -> queue_declare_ok_t:
        name = queue or f"amq.gen-{uuid()}"
        if passive:
            if not self._has_queue(name):
                raise _not_found("queue", name, "Channel.queue_declare")
            return queue_declare_ok_t(name, self._size(name), 0)
        entry = QueueEntry(owner=self.connection.claim.id if exclusive else "")

        def make(tables: Tables) -> None:
            make_queue(self.root, name)
            tables.queues.setdefault(name, entry)

        self.connection.topology.ensure(lambda tables: name in tables.queues, make)
        return queue_declare_ok_t(name, self._size(name), 0)

    def queue_delete(self, queue: str, if_unused: bool = False, if_empty: bool = False, **_options: Any) -> None:
        if not (if_empty and self._size(queue)):
            self._shelves.pop(queue, None)
            drop_queues(self.root, self.connection.topology, [queue])

    def queue_bind(
        self,
        queue: str,
        exchange: str | None = None,
        routing_key: str = "",
        arguments: Any = None,
        **_options: Any,
    ) -> None:
        binding = (exchange or "amq.direct", routing_key or "", queue)

        def make(tables: Tables) -> None:
            if binding[0] not in tables.exchanges:
                raise _not_found("exchange", binding[0], "Channel.queue_bind")
            if queue not in tables.queues:
                raise _not_found("queue", queue, "Channel.queue_bind")
            tables.bindings.add(binding)

        self.connection.topology.ensure(lambda tables: binding in tables.bindings, make)

    def queue_unbind(
        self,
        queue: str,
        exchange: str | None = None,
        routing_key: str = "",
        arguments: Any = None,
        **_options: Any,
    ) -> None:
        with self.connection.topology.change() as tables:
            tables.bindings.discard((exchange or "amq.direct", routing_key or "", queue))

    @contextmanager
    def binding_together(self) -> Iterator[None]:
        """Bind and unbind many at once: the file is replaced once."""
        with self.connection.topology.change():
            yield

    def list_bindings(self) -> Iterator[tuple[str, str, str]]:
        return ((queue, exchange, key) for exchange, key, queue in self.connection.topology.tables().bindings)

    # Publishing

    def basic_publish(self, message: dict[str, Any], exchange: str, routing_key: str, **_options: Any) -> None:
        """On disk when this returns, if the message is persistent and no batch is open."""
        message["properties"]["delivery_info"] = {"exchange": exchange, "routing_key": routing_key}
        queues = self.connection.topology.routes(exchange, routing_key)
        if not queues:
            return
        durable = message["properties"].get("delivery_mode") == _PERSISTENT
        name = message_name()
        draft = f"{self.connection.claim.drafts}/{name}"
        write_message(draft, message, durable=durable)
        placed = False
        for queue in queues:
            placed = place(self.root, queue, name, draft, last=queue == queues[-1], durable=durable)
            if placed and durable:
                self._sync(f"{queue_folder(self.root, queue)}/new/{segment_of(name)}")
        if not placed:  # the last queue went away meanwhile
            os.unlink(draft)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """What is published inside is on disk at the end: the names of many messages are written at once."""
        self._unsynced = set()
        try:
            yield
            for folder in self._unsynced:
                # Emptied and removed already: then all of it was delivered.
                with contextlib.suppress(FileNotFoundError):
                    sync_folder(folder)
        finally:
            self._unsynced = None

    def _sync(self, folder: str) -> None:
        if self._unsynced is not None:
            self._unsynced.add(folder)
        else:
            with contextlib.suppress(FileNotFoundError):
                sync_folder(folder)

    # Consuming

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Callable[[Any], Any], consumer_tag: str, **options: Any
    ) -> None:
        self.connection.ears.listen_to(bell_of(self.root, queue))
        if no_ack:
            self._no_ack.add(queue)
        super().basic_consume(queue, no_ack, callback, consumer_tag, **options)

    def basic_cancel(self, consumer_tag: str) -> None:
        queue = self._tag_to_queue.get(consumer_tag)
        super().basic_cancel(consumer_tag)
        if queue is not None and queue not in self._active_queues:
            self._no_ack.discard(queue)
            self._shelves.pop(queue, None)
            self.connection.ears.forget(bell_of(self.root, queue))

    def basic_get(self, queue: str, no_ack: bool = False, **_options: Any) -> Any:
        with contextlib.suppress(Empty):
            return self.Message(self._get(queue, no_ack), channel=self)
        return None

    def _get(self, queue: str, no_ack: bool | None = None) -> dict[str, Any]:
        while True:
            path = self._shelf(queue).take()
            if path is None:
                raise Empty
            with contextlib.suppress(Damaged):
                message = read_message(path)
                break
            self._set_aside(path)
        if queue in self._no_ack if no_ack is None else no_ack:
            os.unlink(path)
            tag = uuid()
        else:
            tag = f"{queue}/{os.path.basename(path)}"
            self.qos.hold(tag, queue, path)
        again = redelivered(path)
        message["properties"]["delivery_tag"] = tag
        message["properties"]["delivery_info"]["redelivered"] = again
        return message

    def _shelf(self, queue: str) -> Shelf:
        found = self._shelves.get(queue)
        if found is None:
            held = self.connection.claim.held(folder_name(queue))
            found = self._shelves[queue] = Shelf(self.root, queue, held)
        return found

    def _set_aside(self, path: str) -> None:
        log.error("message_damaged", path=path)
        os.rename(path, self.root / "damaged" / os.path.basename(path))

    def _put(self, queue: str, message: dict[str, Any], **options: Any) -> None:
        self.basic_publish(message, "", queue, **options)

    def _size(self, queue: str) -> int:
        return sum(1 for _ in waiting(self.root, queue))

    def _has_queue(self, queue: str, **_options: Any) -> bool:
        return queue in self.connection.topology.tables().queues

    def _purge(self, queue: str) -> int:
        purged = 0
        for path in waiting(self.root, queue):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
                purged += 1
        return purged

    def age(self, queue: str) -> float:
        """Seconds since the oldest waiting message was published; 0 when none waits."""
        first = min((os.path.basename(path) for path in waiting(self.root, queue)), default="")
        return max(0.0, time.time() - int(first[:20]) / 1e9) if first else 0.0


def _not_found(what: str, name: str, method: str) -> ChannelError:
    return ChannelError(f"NOT_FOUND - no {what} {name!r}", (60, 40), method, "404")
