"""Publishing to the broker, whichever it is: exchanges, durable queues, and batches that are safe when it returns."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from kombu import Connection, Exchange, Queue

import chassis.events.spool  # noqa: F401 - kombu knows spool URLs from here on
from chassis.errors import Unavailable
from chassis.events.contracts import exchange_of, notify_exchange_of

# Fine enough that a process with a thousand sessions hears little that is not for it, coarse enough to bind quickly.
BUCKETS = 1024
# In an audience: every process that listens for it, whoever is connected there.
EVERYBODY = "*"
# RabbitMQ confirms a thousand in some 30 ms; what is published while its queues are being recovered it never confirms.
_CONFIRM_SECONDS = 10.0
_TRANSIENT, _PERSISTENT = 1, 2


def bucket_of(account_id: str) -> str:
    """The routing key of an account's live facts; what is for every process has one of its own."""
    if account_id == EVERYBODY:
        return "everybody"
    return f"b{int.from_bytes(blake2b(account_id.encode(), digest_size=4).digest()) % BUCKETS}"


def buckets_of(account_ids: Sequence[str]) -> list[str]:
    return sorted({bucket_of(account_id) for account_id in account_ids})


def events_exchange(source: str) -> Exchange:
    return Exchange(exchange_of(source), type="topic", durable=True)


def notify_exchange(source: str) -> Exchange:
    return Exchange(notify_exchange_of(source), type="direct", durable=True)


def durable_queue(name: str, bindings: Sequence[Any] = ()) -> Queue:
    """A queue that survives its consumers; replicated on RabbitMQ, whose limit of redeliveries is set out of reach:
    what fails is kept by its consumer."""
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}
    return Queue(name, bindings=list(bindings), durable=True, queue_arguments=arguments)


def broker(url: str, *, heartbeat: int = 30) -> Connection:
    """A connection that is not made yet; the embedded broker needs no heartbeat, and passes over it."""
    return Connection(url, heartbeat=heartbeat, connect_timeout=5)


def connect(connection: Connection) -> None:
    """Make the connection now, or raise: whoever calls knows when to try again."""
    connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, reraise_as_library_errors=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to the broker."""

    exchange: str
    key: str
    body: str
    persistent: bool = True


class Publisher:
    """One connection that publishes batches. Blocking; not for several threads at once."""

    def __init__(self, url: str, declared: Sequence[Exchange | Queue] = ()) -> None:
        self._url = url
        self._declared = tuple(declared)
        self._connection: Any = None
        self._channel: Any = None
        self._confirms: _Confirms | None = None

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """When this returns, the broker has them all, the persistent ones on disk.

        Raises `Unavailable` when it may not have: publish all of them again then. A connection that went stale
        between two batches is renewed silently.
        """
        if self._channel is not None:
            with contextlib.suppress(Unavailable):
                return self._attempt(messages)
        return self._attempt(messages)

    def close(self) -> None:
        """Hang up; the next batch connects again."""
        connection, self._connection, self._channel, self._confirms = self._connection, None, None, None
        if connection is not None:
            connection.release()

    def _drop(self) -> None:
        """Leave a connection without a word: a broker that confirms nothing may not answer a farewell either."""
        connection, self._connection, self._channel, self._confirms = self._connection, None, None, None
        if connection is not None:
            with contextlib.suppress(*_faults(connection)):
                connection.collect()

    def _attempt(self, messages: Sequence[Outgoing]) -> None:
        try:
            channel = self._channel or self._open()
            with self._confirms or channel.batch():
                for message in messages:
                    send(channel, message)
                    if self._confirms is not None:
                        self._confirms.sent()
        except _faults(self._connection) as error:
            self._drop()
            raise Unavailable(f"broker: {type(error).__name__}: {error}") from error

    def _open(self) -> Any:
        # No heartbeat: nobody would send them between batches; each batch waits for its confirms.
        self._connection = broker(self._url, heartbeat=0)
        connect(self._connection)
        channel = self._connection.channel()
        for entity in self._declared:
            entity(channel).declare()
        if hasattr(channel, "confirm_select"):
            self._confirms = _Confirms(self._connection, channel)
        self._channel = channel
        return channel


def send(channel: Any, message: Outgoing) -> None:
    """Hand one message to a channel of either broker."""
    prepared = channel.prepare_message(
        message.body,
        content_type="application/json",
        content_encoding="utf-8",
        properties={"delivery_mode": _PERSISTENT if message.persistent else _TRANSIENT},
    )
    channel.basic_publish(prepared, exchange=message.exchange, routing_key=message.key)


def _faults(connection: Any) -> tuple[type[BaseException], ...]:
    if connection is None:
        return (OSError,)
    return (OSError, *connection.connection_errors, *connection.channel_errors)


class NotConfirmed(OSError):
    """The broker refused a message, for instance because it has no room."""


class _Confirms:
    """RabbitMQ's publisher confirms, one wait for a whole batch: an acknowledgement may cover many delivery tags."""

    def __init__(self, connection: Any, channel: Any) -> None:
        self._connection = connection
        self._last = 0
        self._waiting: set[int] = set()
        self._refused = False
        channel.confirm_select()
        channel.events["basic_ack"].add(self._taken)
        channel.events["basic_nack"].add(self._not_taken)

    def sent(self) -> None:
        self._last += 1
        self._waiting.add(self._last)

    def __enter__(self) -> None:
        self._waiting.clear()
        self._refused = False

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for all that was sent inside."""
        if kind is not None:
            return
        until = time.monotonic() + _CONFIRM_SECONDS
        while self._waiting:
            self._connection.drain_events(timeout=max(0.1, until - time.monotonic()))
            if time.monotonic() > until:
                raise NotConfirmed("no confirmation in time")
        if self._refused:
            raise NotConfirmed("the broker refused a message")

    def _taken(self, tag: int, multiple: bool) -> None:
        self._waiting = {other for other in self._waiting if other > tag} if multiple else self._waiting - {tag}

    def _not_taken(self, tag: int, multiple: bool) -> None:
        self._refused = True
        self._taken(tag, multiple)
