"""The thread that speaks to the broker for a process' live sessions: binds, receives, nudges, comes back."""

import contextlib
import json
import os
import select
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog
from kombu import Connection, Consumer, Queue
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.backoff import Pauses
from chassis.errors import WorkspaceError
from chassis.events.contracts import notify_exchange_of
from chassis.events.envelopes import envelope_of
from chassis.events.publishing import Outgoing, broker, connect, notify_exchange, send
from chassis.ids import new_id

log = structlog.get_logger(__name__)

# Nudges that wait for the broker; older ones are dropped, as they may be.
_NUDGES = 10_000
# How long the thread waits at most before it sees to the connection's heartbeat.
_ROUND_SECONDS = 5.0
# Without a descriptor to wait for, how often it looks at its queue.
_GLANCE_SECONDS = 0.02
# Messages received before it looks whether there is something to bind or to send.
_TURN = 200
_QUEUE_LENGTH = 100_000


class Listeners(Protocol):
    """What the thread asks and tells; called in the thread."""

    def buckets(self) -> frozenset[str]:
        """The buckets that somebody listens to."""

    def wanted(self, bucket: str, audience: Sequence[str]) -> list[str]:
        """Of an audience, the accounts of this bucket that somebody here listens for."""

    def heard(self, envelope: Envelope, account_ids: list[str]) -> None: ...

    def missed(self, buckets: frozenset[str]) -> None:
        """Something of these buckets may have been missed until now."""


class Wire:
    """One connection in one thread; everything else is asked of it by flags and a pipe."""

    def __init__(self, url: str, sources: Sequence[str], listeners: Listeners) -> None:
        self._url, self._sources, self._listeners = url, tuple(sources), listeners
        self._nudges: deque[Outgoing] = deque(maxlen=_NUDGES)
        self._hears, self._rings = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
        self.connected = False

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 10) -> None:
        self._stopping.set()
        self.ring()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        if not self._thread.is_alive():
            os.close(self._hears)
            os.close(self._rings)

    def nudge(self, message: Outgoing) -> None:
        self._nudges.append(message)
        self.ring()

    def ring(self) -> None:
        """There is something to bind or to send."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._rings, b"!")

    def _run(self) -> None:
        wait = Pauses(first=0.2, longest=5)
        while not self._stopping.is_set():
            try:
                with broker(self._url) as connection:
                    connect(connection)
                    wait = Pauses(first=0.2, longest=5)
                    _Session(self._sources, self._listeners, self._nudges, connection).serve(
                        self._stopping, self._until_rung, self._came_up
                    )
            except Exception as error:  # the broker's, or a driver's: this thread is for as long as the process
                pause = wait.draw()
                log.warning(
                    "notifications_away", error=f"{type(error).__name__}: {error}"[:300], retry_in=round(pause, 2)
                )
                self.connected = False
                self._stopping.wait(pause)
        self.connected = False

    def _came_up(self) -> None:
        self.connected = True

    def _until_rung(self, descriptor: int, seconds: float) -> None:
        poll = select.poll()
        poll.register(self._hears, select.POLLIN)
        if descriptor >= 0:
            poll.register(descriptor, select.POLLIN)
        poll.poll(seconds * 1000)
        with contextlib.suppress(BlockingIOError):
            os.read(self._hears, 4096)


class _Session:
    """One connection's time: its queue, and what is bound to it."""

    def __init__(
        self, sources: Sequence[str], listeners: Listeners, nudges: deque[Outgoing], connection: Connection
    ) -> None:
        self._sources, self._listeners, self._nudges = sources, listeners, nudges
        self._connection = connection
        self._channel = connection.channel()
        self._bound: frozenset[str] = frozenset()
        self._declared: set[str] = set()
        self._queue = Queue(
            f"live.{new_id()}", durable=False, exclusive=True, auto_delete=True, max_length=_QUEUE_LENGTH
        )

    def serve(self, stopping: threading.Event, wait: Callable[[int, float], None], came_up: Callable[[], None]) -> None:
        for source in self._sources:
            self._declare(notify_exchange_of(source))
        if self._sources:
            self._queue = self._queue(self._channel)
            self._queue.declare()
            Consumer(self._channel, [self._queue], no_ack=True, on_message=self._heard).consume()
        came_up()
        while not stopping.is_set():
            self._bind()
            self._send()
            if self._receive():
                descriptor = _descriptor(self._connection)
                glancing = descriptor < 0 and bool(self._sources)
                wait(descriptor, _GLANCE_SECONDS if glancing else _ROUND_SECONDS)
                self._connection.heartbeat_check()

    def _bind(self) -> None:
        """Follow who listens. Whoever came since the last time may have missed something before it was bound."""
        wanted = self._listeners.buckets() if self._sources else frozenset()
        if wanted == self._bound:
            return
        new, old = wanted - self._bound, self._bound - wanted
        exchanges = [notify_exchange_of(source) for source in self._sources]
        together = getattr(self._channel, "binding_together", contextlib.nullcontext)
        with together():
            for exchange in exchanges:
                for bucket in new:
                    self._channel.queue_bind(self._queue.name, exchange, bucket)
                for bucket in old:
                    self._channel.queue_unbind(self._queue.name, exchange, bucket)
        self._bound = wanted
        if new:
            self._listeners.missed(new)

    def _send(self) -> None:
        while self._nudges:
            message = self._nudges[0]
            self._declare(message.exchange)
            send(self._channel, message)
            # Only now: what the connection did not survive is sent on the next one.
            self._nudges.popleft()

    def _receive(self) -> bool:
        """Whether nothing is left to receive."""
        for _ in range(_TURN):
            try:
                self._connection.drain_events(timeout=0)
            except TimeoutError:
                return True
        return False

    def _declare(self, exchange: str) -> None:
        if exchange not in self._declared:
            notify_exchange(exchange.removesuffix(".notify"))(self._channel).declare()
            self._declared.add(exchange)

    def _heard(self, message: Any) -> None:
        try:
            value = json.loads(message.body)
            account_ids = self._listeners.wanted(message.delivery_info["routing_key"], value["audience"])
            if account_ids:
                self._listeners.heard(envelope_of(value), account_ids)
        except (ValueError, KeyError, TypeError, WorkspaceError) as error:
            log.warning("notification_unreadable", error=f"{type(error).__name__}: {error}"[:300])


def _descriptor(connection: Connection) -> int:
    """What is readable when something comes; -1 when there is no such thing."""
    wire: Any = connection.connection
    found: int = wire.fileno() if hasattr(wire, "fileno") else wire.sock.fileno()
    return found
