"""From the outboxes of documents to the broker: at least once, in the order of each document's facts.

A crash at any point publishes again, never less. Of several workers one at a time serves them, by lease; should it
change hands in the middle of a batch, facts go out twice, and consumers know them by the envelope's id.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from chassis.backoff import Pauses
from chassis.blocking import run_blocking
from chassis.errors import Unavailable
from chassis.events.contracts import exchange_of, notify_exchange_of
from chassis.events.emptying import emptyings, pulls
from chassis.events.leases import Lease, utc_now
from chassis.events.outbox import Fact
from chassis.events.publishing import Outgoing, Publisher, buckets_of, events_exchange, notify_exchange
from chassis.part import Part
from chassis.telemetry import OUTBOX_LAG, producer_span

log = structlog.get_logger(__name__)
_LEASE_SECONDS = 5.0
# How often all outboxes are looked through while every write to them wakes this one.
_WOKEN_SWEEP_SECONDS = 4.0
# After an answer of the stream: what is written meanwhile comes with the next one. Each costs, and the embedded
# database gives one at every write to it, whether or not that is any of ours.
_GATHER_SECONDS = 0.05
# Of what one answer has, so much is read before the next pause; a question to the database takes longer.
_READING_SECONDS = 0.002
# Documents that one question may find.
_MOST = 5_000
_FIELDS = {"outbox": 1, "deleted": 1}


class Dispatcher(Part):
    """Publishes what the documents of these collections have in their outboxes."""

    name = "dispatcher"

    def __init__(
        self,
        service: str,
        database: Any,
        broker_url: str,
        collections: Sequence[str],
        *,
        sweep_seconds: float = 1.0,
        batch: int = 200,
    ) -> None:
        self._database = database
        self._collections = tuple(collections)
        # One for all: whoever watches the database is woken by each write, that of a lease too.
        self._lease = Lease(database, f"{service}.outbox", _LEASE_SECONDS)
        self._publisher = Publisher(broker_url, [events_exchange(service), notify_exchange(service)])
        self._sweep_seconds, self._batch = sweep_seconds, batch
        self._woken = asyncio.Event()
        # Collections that were written to since they were looked at, as the database tells.
        self._told: set[str] = set()
        # When all of them are looked at whatever was told, by the loop's clock.
        self._whole_at = 0.0
        self._stopping = asyncio.Event()
        self._failing = False
        # Whether this one serves the outboxes, and whether the database wakes it.
        self._serves = self._watches = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._serve()), asyncio.create_task(self._watch())]

    async def ready(self) -> bool:
        return not self._failing

    async def drain(self) -> None:
        """Publish what is there, then let other workers go on."""
        self._stopping.set()
        self._woken.set()
        serving, watching = self._tasks
        watching.cancel()
        await serving

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await run_blocking(self._publisher.close)

    def wake(self) -> None:
        """There may be something in any outbox."""
        self._whole_at = 0.0
        self._woken.set()

    async def sweep(self, collections: Sequence[str] | None = None) -> int:
        """Publish all that waits, in some of the collections or in all, if the lease is to be had; how many facts that
        were."""
        published = 0
        for collection in self._collections if collections is None else collections:
            more = True
            while more:
                self._serves = await self._lease.hold()
                if not self._serves:
                    return published
                told, more = await self._publish_waiting(collection)
                published += told
        return published

    async def _publish_waiting(self, collection: str) -> tuple[int, bool]:
        """What one question finds, batch by batch; how many facts that were, and whether to ask again.

        One question, since the embedded database reads all that waits for each.
        """
        published = found = 0
        waiting = self._database[collection].find({"pending": 1}, _FIELDS).limit(_MOST).batch_size(self._batch)
        try:
            while documents := await waiting.to_list(self._batch):
                _note_lag(collection, documents)
                for some in _batches(documents, self._batch):
                    # Whoever had the lease meanwhile may have told what was read, and more.
                    if found and not await self._lease.keep():
                        return published, True
                    published += await self._publish(collection, some)
                    found += len(some)
        finally:
            await waiting.close()
        if not found:
            _note_lag(collection, ())
        return published, found == _MOST

    async def _serve(self) -> None:
        wait = Pauses(first=0.1, longest=5)
        while True:
            last = self._stopping.is_set()
            self._woken.clear()
            try:
                await self._sweep_what_is_due(whole=last)
                pause = self._pause()
            except (PyMongoError, Unavailable) as error:
                self._failing, pause = True, wait.draw()
                log.warning("dispatch_failed", error=f"{type(error).__name__}: {error}"[:500])
            except Exception:  # an outbox that nobody can publish: not ready, so that somebody looks
                self._failing, pause = True, wait.draw()
                log.exception("dispatch_broken")
            else:
                self._failing, wait = False, Pauses(first=0.1, longest=5)
            if last:
                break
            # Every write wakes it; while the broker is away none of them brings it back.
            until = self._stopping if self._failing else self._woken
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), pause)
        with contextlib.suppress(PyMongoError):
            await self._lease.release()

    async def _sweep_what_is_due(self, *, whole: bool) -> None:
        """What the database told of, while it tells; all collections now and then, and after whatever went wrong."""
        told, self._told = self._told, set()
        now = asyncio.get_running_loop().time()
        if self._serves and self._watches and not self._failing and now < self._whole_at and not whole:
            await self.sweep([each for each in self._collections if each in told])
            return
        self._whole_at = now + self._sweeps_apart()
        await self.sweep()

    def _sweeps_apart(self) -> float:
        """Seconds between two sweeps of everything. Who stands by asks often for the lease of one that died."""
        if self._serves and self._watches:
            return max(self._sweep_seconds, _WOKEN_SWEEP_SECONDS)
        return self._sweep_seconds

    def _pause(self) -> float:
        """Until the next sweep of everything, unless something wakes it."""
        return min(self._sweeps_apart(), max(0.0, self._whole_at - asyncio.get_running_loop().time()))

    async def _publish(self, collection: str, documents: Sequence[dict[str, Any]]) -> int:
        facts = [entry for document in documents for entry in document.get("outbox", ())]
        await run_blocking(self._publisher.publish, [message for entry in facts for message in outgoing(entry)])
        for entry in facts:
            if entry["traceparent"]:
                with producer_span(f"publish {entry['source']}.{entry['type']}", entry["traceparent"]):
                    pass
        await self._forget(collection, documents)
        return len(facts)

    async def _forget(self, collection: str, documents: Sequence[dict[str, Any]]) -> None:
        """Take out what was published, and the mark where nothing came in meanwhile."""
        result = await self._database[collection].bulk_write(emptyings(documents), ordered=False)
        if result.matched_count + result.deleted_count == len(documents):
            return
        # Some were given another fact meanwhile: those keep the mark, and are found again.
        if left := pulls(documents):
            await self._database[collection].bulk_write(left, ordered=False)
        # The mark stayed as it was, of which the database tells nobody.
        self._told.add(collection)
        self._woken.set()

    async def _watch(self) -> None:
        """Be woken by the database. Where that fails, the sweeps find everything all the same."""
        wait = Pauses(first=1, longest=60)
        while True:
            try:
                async with await self._changes() as stream:
                    wait = Pauses(first=1, longest=60)
                    # What was written before the stream began.
                    self._watches = True
                    self.wake()
                    await self._follow(stream)
            except PyMongoError as error:
                log.info("watch_ended", error=f"{type(error).__name__}: {error}"[:200])
            finally:
                self._watches = False
            await asyncio.sleep(wait.draw())

    async def _changes(self) -> Any:
        marked = [{"fullDocument.pending": 1}, {"updateDescription.updatedFields.pending": 1}]
        stages = [
            {"$match": {"ns.coll": {"$in": list(self._collections)}, "$or": marked}},
            {"$project": {"ns": 1}},
        ]
        stream = self._database.watch(stages, max_await_time_ms=1000)
        # PyMongo's is a coroutine, motor's is not.
        return await stream if hasattr(stream, "__await__") else stream

    async def _follow(self, stream: Any) -> None:
        loop, pause_at = asyncio.get_running_loop(), 0.0
        # Not `async for`: there the client's deadline for one operation bounds the whole silence between two changes.
        while stream.alive:
            change = await stream.try_next()
            if change is not None:
                self._told.add(change["ns"]["coll"])
                self._woken.set()
            if loop.time() >= pause_at:
                await asyncio.sleep(_GATHER_SECONDS)
                pause_at = loop.time() + _READING_SECONDS


def outgoing(entry: Fact) -> list[Outgoing]:
    """The messages that one fact becomes: for the services, and for the live sessions of its audience."""
    source, body = entry["source"], entry["body"]
    lively = [
        Outgoing(notify_exchange_of(source), bucket, body, persistent=False) for bucket in buckets_of(entry["audience"])
    ]
    return [Outgoing(exchange_of(source), entry["type"], body), *lively]


def _batches(documents: Sequence[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    """Documents with about as many facts together as one batch has, those that have many by themselves."""
    some: list[dict[str, Any]] = []
    facts = 0
    for document in documents:
        some.append(document)
        facts += max(1, len(document.get("outbox", ())))
        if facts >= most:
            yield some
            some, facts = [], 0
    if some:
        yield some


def _note_lag(collection: str, documents: Sequence[dict[str, Any]]) -> None:
    oldest = min((entry["at"] for document in documents for entry in document.get("outbox", ())), default=None)
    OUTBOX_LAG.labels(collection).set((utc_now() - oldest).total_seconds() if oldest else 0)
