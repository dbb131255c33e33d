"""nameko's side of a listener: an entrypoint for each queue, one for each timer. Imported in workers only."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import eventlet
import structlog
from eventlet.asyncio import spawn_for_awaitable
from eventlet.event import Event
from kombu import Connection, Queue
from nameko.amqp.consume import Consumer as ConsumerCore
from nameko.extensions import Entrypoint
from pymongo.errors import PyMongoError

from chassis.backoff import Pauses
from chassis.events.leases import Turns
from chassis.events.publishing import broker, connect

log = structlog.get_logger(__name__)
# How long what is under way may take to end before the connection is given up.
_END_SECONDS = 15.0
_LONGEST_PAUSE = 5.0
# The lease of a worker that cannot give it back falls free by itself.
_RELEASE_SECONDS = 2.0


def green(awaitable: Awaitable[Any]) -> Any:
    """Wait for a coroutine in a green thread."""
    return spawn_for_awaitable(awaitable).wait()


class QueueConsumer(ConsumerCore):
    """Takes raw messages, whatever is in them; reconnects for ever; hangs up when the last of them is done with."""

    def __init__(self, url: str, queue: Queue, prefetch: int, take: Callable[[Any], None]) -> None:
        super().__init__(url, queues=[queue], prefetch_count=prefetch)
        self._take = take
        self._wait = Pauses(first=0.2, longest=_LONGEST_PAUSE)
        self._consumers: list[Any] = []
        self.consuming = False
        self.under_way = 0

    @property
    def connection(self) -> Connection:
        return broker(self.amqp_uri)

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        with self.create_connection() as connection:
            connect(connection)
            yield connection

    def get_consumers(self, consumer_cls: Callable[..., Any], _channel: Any) -> list[Any]:
        consumer = consumer_cls(queues=self.queues, on_message=self._take_or_return)
        consumer.qos(prefetch_count=self.prefetch_count)
        self._consumers = [consumer]
        return self._consumers

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **options: Any) -> None:
        self.consuming = True
        self._wait = Pauses(first=0.2, longest=_LONGEST_PAUSE)
        super().on_consume_ready(connection, channel, consumers, **options)

    @contextmanager
    def extra_context(self, _connection: Any, _channel: Any) -> Iterator[None]:
        """When it is time to stop: take nothing new, and let what is under way be acknowledged on this channel."""
        yield
        for consumer in self._consumers:
            consumer.cancel()
        with eventlet.Timeout(_END_SECONDS, False):
            while self.under_way:
                eventlet.sleep(0.02)

    def run(self) -> None:
        while not self.should_stop:
            try:
                for _ in self.consume(limit=None):
                    pass
            except Exception as error:  # the broker's, or a driver's: this consumer is for as long as the process
                self.consuming = False
                pause = self._wait.draw()
                log.warning("broker_away", queue=self.queues[0].name, error=_line(error), retry_in=round(pause, 2))
                eventlet.sleep(pause)
        self.consuming = False

    def _take_or_return(self, message: Any) -> None:
        if self.should_stop:
            self.requeue_message(message)
        else:
            self._take(message)


class HearsQueue(Entrypoint):
    """Runs the method with each message's body; acknowledges when it returns, and when it raises gives it back."""

    def __init__(self, url: str, queue: Queue, prefetch: int) -> None:
        self._url, self._queue, self._prefetch = url, queue, prefetch
        self._wait = Pauses(first=0.2, longest=_LONGEST_PAUSE)
        super().__init__()

    def setup(self) -> None:
        self.consumer = QueueConsumer(self._url, self._queue, self._prefetch, self._take)

    def start(self) -> None:
        """Does not wait for the broker: the worker says by itself when it is ready."""
        self._thread = self.container.spawn_managed_thread(self.consumer.run)

    def stop(self) -> None:
        self.consumer.stop()
        self._thread.wait()

    def _take(self, message: Any) -> None:
        self.consumer.under_way += 1
        body = message.body
        raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body or b"")
        self.container.spawn_worker(self, (raw,), {}, handle_result=partial(self._done, message))

    def _done(self, message: Any, _context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        try:
            if exc_info is None:
                self._wait = Pauses(first=0.2, longest=_LONGEST_PAUSE)
                self.consumer.ack_message(message)
            else:
                # Not even the failure could be kept. While this waits, its place in the prefetch stays taken.
                eventlet.sleep(self._wait.draw())
                self.consumer.requeue_message(message)
        except Exception as error:
            log.warning("acknowledgement_lost", queue=self._queue.name, error=_line(error))
        finally:
            self.consumer.under_way -= 1
        return result, exc_info


class Rounds(Entrypoint):
    """Runs the method when its turn is due and this worker gets it."""

    def __init__(self, turns: Turns, period: float) -> None:
        self._turns, self._period = turns, period
        self._stopping = Event()
        super().__init__()

    def start(self) -> None:
        self._thread = self.container.spawn_managed_thread(self._run)

    def stop(self) -> None:
        self._stopping.send(True)
        self._thread.wait()

    def _run(self) -> None:
        wait = Pauses(first=0.5, longest=max(0.5, min(self._period, 30)))
        while not self._stopping.ready():
            try:
                pause = self._round()
                wait = Pauses(first=0.5, longest=max(0.5, min(self._period, 30)))
            except Exception as error:  # the database is away; a round's own failure ends in its method
                pause = wait.draw()
                log.warning("round_failed", method=self.method_name, error=_line(error))
            with eventlet.Timeout(pause, False):
                self._stopping.wait()
        with eventlet.Timeout(_RELEASE_SECONDS, False), suppress(PyMongoError):
            green(self._turns.release())

    def _round(self) -> float:
        if green(self._turns.take()):
            over = Event()

            def ended(_context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
                over.send(None)
                return result, exc_info

            self.container.spawn_worker(self, (), {}, handle_result=ended)
            over.wait()
        left: float = green(self._turns.wait_seconds())
        return min(self._period, max(0.02, left))


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]
