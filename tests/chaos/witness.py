"""A consumer of one's own: what a service publishes reaches it at least once, whoever is killed meanwhile."""

import contextlib
import json
import threading
import time
from types import TracebackType
from typing import Any

from kombu import Consumer, binding

from chassis.events.publishing import broker, connect, durable_queue, events_exchange
from chassis.ids import new_id


class Witness:
    """Drinks from a durable queue that is bound to a service's events; `heard` are the envelopes, repetitions included,
    and `heard_at` says when, by the clock of `time.monotonic`."""

    def __init__(self, broker_url: str, *facts: str, source: str = "mail") -> None:
        self._url = broker_url
        bindings = [binding(events_exchange(source), routing_key=fact) for fact in facts]
        self._queue = durable_queue(f"witness.{new_id().lower()}", bindings)
        self.heard: list[dict[str, Any]] = []
        self.heard_at: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def marks(self) -> set[str]:
        """Of the letters that it was told of, what their Message-IDs begin with."""
        return {one["data"].get("rfc_message_id", "").strip("<>").partition("@")[0] for one in list(self.heard)}

    def settle(self) -> None:
        """Before a broker is killed. A quorum queue of RabbitMQ 3.10 on a single node that was declared within the last
        seconds may stay deaf after that (its Ra server answers nobody), and whoever publishes to it waits for ever."""
        if self._url.startswith("amqp"):
            time.sleep(8)

    def __enter__(self) -> "Witness":
        with self._connected() as connection:
            self._queue(connection.default_channel).declare()
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(30)
        with self._connected() as connection:
            self._queue(connection.default_channel).delete()

    @contextlib.contextmanager
    def _connected(self) -> Any:
        with broker(self._url, heartbeat=0) as connection:
            connect(connection)
            yield connection

    def _run(self) -> None:
        faults = broker(self._url)
        while not self._stop.is_set():
            # While the broker is away, what is published waits, and the queue for us.
            with contextlib.suppress(OSError, *faults.connection_errors, *faults.channel_errors):
                self._listen()
            self._stop.wait(0.5)

    def _listen(self) -> None:
        with self._connected() as connection:
            consumer = Consumer(connection.default_channel, [self._queue], on_message=self._take, prefetch_count=50)
            with consumer:
                while not self._stop.is_set():
                    with contextlib.suppress(TimeoutError):
                        connection.drain_events(timeout=0.5)

    def _take(self, message: Any) -> None:
        self.heard_at.append(time.monotonic())
        self.heard.append(json.loads(message.body))
        message.ack()
