"""A worker: nameko containers within the process, and what goes with hearing: later tries and announcing.

nameko and eventlet are imported at start only, so that any process may import this package.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import structlog
from kombu import binding
from pymongo.errors import PyMongoError

from chassis.backoff import Pauses
from chassis.blocking import run_blocking
from chassis.errors import Unavailable
from chassis.events.announcing import Announcements, Asking, announce_queue_of
from chassis.events.failures import SCHEDULE, Consumed, DeadLetters, Failures
from chassis.events.handling import Digestion, Subscription
from chassis.events.leases import Turns
from chassis.events.listening import PREFETCH, Hearing, Listener, Round
from chassis.events.publishing import durable_queue, events_exchange
from chassis.part import Part
from chassis.telemetry import DEAD_LETTERS, HANDLER, consumer_span, measured

log = structlog.get_logger(__name__)
_LETTERS_SECONDS = 10.0
_STARTING_SECONDS, _STARTING_GLANCE = 5.0, 0.02


class WorkerPart(Part):
    """Hosts a service's listeners. `retry_seconds` are the pauses before each next try of what failed."""

    name = "worker"

    def __init__(
        self, broker_url: str, database: Any, *listeners: Listener, retry_seconds: Sequence[float] = SCHEDULE
    ) -> None:
        self._url, self._database, self._listeners = broker_url, database, listeners
        self._service = listeners[0].name
        subscriptions = {subscription.queue: subscription for subscription in _subscriptions(listeners)}
        self._digestion = Digestion(Consumed(database), Failures(database, retry_seconds), subscriptions)
        self._glance = min(1.0, *retry_seconds)
        self._announcements = Announcements(self._service, database, broker_url, listeners)
        self._letters = DeadLetters(database)
        self._containers: list[Any] = []
        self._entrypoints: list[Any] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns when every queue is consumed. Raises `Unavailable` while the broker is away; call it again then."""
        if not self._containers:
            await self._start_containers()
        try:
            async with asyncio.timeout(_STARTING_SECONDS):
                while not await self.ready():  # noqa: ASYNC110 - said by a flag of green threads
                    await asyncio.sleep(_STARTING_GLANCE)
        except TimeoutError:
            raise Unavailable("the broker is away") from None
        self._tasks = [asyncio.create_task(each) for each in (self._retry(), self._announce(), self._count())]

    async def ready(self) -> bool:
        return all(entrypoint.consumer.consuming for entrypoint in self._entrypoints)

    async def drain(self) -> None:
        """Take nothing new, finish what is under way, acknowledge it."""
        for container in self._containers:
            await run_blocking(container.stop)
        self._containers, self._entrypoints = [], []

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.drain()
        with contextlib.suppress(PyMongoError):
            await self._announcements.close()

    async def _start_containers(self) -> None:
        import nameko
        from nameko.containers import ServiceContainer

        from chassis.events.entrypoints import HearsQueue

        # Every prefetched message has a place, so that taking one never blocks the consumer.
        places = sum(
            declared.prefetch if isinstance(declared, Hearing) else 1
            for listener in self._listeners
            for _, declared in listener.declared()
        )
        nameko.config.setup({"AMQP_URI": self._url, "max_workers": places + PREFETCH})
        for kind in self._service_classes():
            container = ServiceContainer(kind)
            await run_blocking(container.start)
            self._containers.append(container)
            self._entrypoints += [each for each in container.entrypoints if isinstance(each, HearsQueue)]

    def _service_classes(self) -> Iterator[type]:
        """A nameko service for each listener: its methods are the listener's, waited for in a green thread."""
        for listener in self._listeners:
            methods = {
                method: self._method(listener, method, declared)
                for method, declared in listener.declared()
                if isinstance(declared, Hearing | Round)
            }
            yield type(f"{type(listener).__name__}Service", (), {"name": listener.name, **methods})
        if self._announcements.any:
            asked = _entering(self._announcements.asked, self._hears(announce_queue_of(self._service), (), PREFETCH))
            yield type("AnnouncingService", (), {"name": self._service, "asked": asked})

    def _method(self, listener: Listener, method: str, declared: Hearing | Round) -> Callable[..., Any]:
        queue = listener.queue_of(method)
        if isinstance(declared, Hearing):
            bindings = [
                binding(events_exchange(contract.source), routing_key=contract.type) for contract in declared.contracts
            ]

            async def deliver(body: bytes) -> None:
                await self._digestion.deliver(queue, body)

            return _entering(deliver, self._hears(queue, bindings, declared.prefetch))
        from chassis.events.entrypoints import Rounds

        turns = Turns(self._database, f"{queue}.turns", declared.seconds)
        run: Callable[[], Awaitable[None]] = getattr(listener, method)

        async def take_turn() -> None:
            await _turn(queue, turns, run)

        return _entering(take_turn, Rounds(turns, declared.seconds))

    def _hears(self, queue: str, bindings: Sequence[Any], prefetch: int) -> Any:
        from chassis.events.entrypoints import HearsQueue

        return HearsQueue(self._url, durable_queue(queue, bindings), prefetch)

    async def _retry(self) -> None:
        await _again_and_again("retry", self._digestion.retry, self._glance)

    async def _announce(self) -> None:
        async def both() -> None:
            for listener in self._listeners:
                await asking.ask(listener)
            if self._announcements.any:
                await self._announcements.fulfil()

        asking = Asking(self._database, self._url)
        await _again_and_again("announce", both, 1.0)

    async def _count(self) -> None:
        async def count() -> None:
            DEAD_LETTERS.labels(self._service).set(await self._letters.count())

        await _again_and_again("count", count, _LETTERS_SECONDS)


def _subscriptions(listeners: Sequence[Listener]) -> Iterator[Subscription]:
    for listener in listeners:
        for method, declared in listener.declared():
            if isinstance(declared, Hearing):
                types = frozenset(f"{contract.source}.{contract.type}" for contract in declared.contracts)
                yield Subscription(listener.queue_of(method), getattr(listener, method), declared.idempotent, types)


def _entering(work: Callable[..., Awaitable[None]], entrypoint: Any) -> Callable[..., None]:
    """A method as nameko wants it: a plain function of the class, with the entrypoint registered on it."""
    from nameko.extensions import register_entrypoint

    from chassis.events.entrypoints import green

    def method(_service: object, *arguments: Any) -> None:
        green(work(*arguments))

    register_entrypoint(method, entrypoint)
    return method


async def _turn(name: str, turns: Turns, run: Callable[[], Awaitable[None]]) -> None:
    """One round of a timer. Its failure is logged and counted; the next round comes."""

    async def prolong() -> None:
        while True:
            await asyncio.sleep(turns.prolong_seconds)
            await turns.prolong()

    prolonging = asyncio.create_task(prolong())
    try:
        with consumer_span(name), measured(HANDLER, name):
            await run()
    except Exception as error:
        log.exception("round_failed", name=name, error=f"{type(error).__name__}: {error}"[:500])
    finally:
        prolonging.cancel()
        await asyncio.gather(prolonging, return_exceptions=True)
        await turns.end()


async def _again_and_again(what: str, act: Callable[[], Awaitable[Any]], pause: float) -> None:
    """Until cancelled; while the database or the broker is away, with back-off."""
    wait = Pauses(first=0.2, longest=10)
    while True:
        try:
            await act()
        except (PyMongoError, Unavailable) as error:
            log.warning("worker_hindered", what=what, error=f"{type(error).__name__}: {error}"[:500])
            await asyncio.sleep(wait.draw())
        except Exception:  # a mistake, in an announcing method for instance: this goes on as long as the process
            log.exception("worker_failed", what=what)
            await asyncio.sleep(wait.draw())
        else:
            wait = Pauses(first=0.2, longest=10)
            await asyncio.sleep(pause)
