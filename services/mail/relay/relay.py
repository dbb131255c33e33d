"""The relay: claims what is due, tries it, writes down what came of it, tells the sender."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from chassis.errors import WorkspaceError
from chassis.part import Part
from chassis.telemetry import COMMAND, QUEUE_AGE, measured, server_span
from services.mail.domain.notice import Kind
from services.mail.domain.queue import Entry, Fate, Outcome, moment
from services.mail.relay.attempt import Signing, attempt
from services.mail.relay.destinations import Destinations
from services.mail.relay.report import bounced, report
from services.mail.relay.route import Router
from services.mail.relay.shelf import Due, Shelf
from services.mail.relay.transmit import Transmitter
from services.mail.usecases import Mail

log = structlog.get_logger(__name__)
# Tries that take long, for each place that others have.
MOST_SLOW = 10


class Queue(Due, Protocol):
    """`services.mail.store.queue.Queue`, as far as the relay uses it."""

    async def claim(self, entry: Entry, until: datetime) -> bool: ...
    async def record(self, claimed: Entry, after: Entry, facts: list[object] = ...) -> bool: ...
    async def oldest(self) -> datetime | None: ...


@dataclass(frozen=True)
class Options:
    """How the relay behaves. Seconds."""

    host: str
    at_once: int = 20
    # Connections to one domain at a time, as long as it does not ask for fewer.
    per_domain: int = 4
    # All goes by one server, which is then the one destination.
    smart_host: bool = False
    # Domains whose mail goes another way than by that one: each is a destination of its own.
    apart: frozenset[str] = frozenset()
    # After that a try takes no place of the others: servers that hold on to a connection hold up nobody else's.
    slow_seconds: float = 30
    poll_seconds: float = 1.0
    lease_seconds: float = 600
    age_seconds: float = 60


class Claim:
    """An entry that is ours until its `due`."""

    def __init__(self, queue: Queue, entry: Entry) -> None:
        self._queue = queue
        self.entry = entry

    async def record(self, after: Entry, facts: list[object] | None = None) -> None:
        """Write the entry down; it stays ours as long as its `due` is the claim's."""
        if not await self._queue.record(self.entry, after, facts or []):
            raise Lost
        self.entry = after

    async def renew(self, until: datetime) -> None:
        if not await self._queue.claim(self.entry, until):
            raise Lost
        self.entry = replace(self.entry, due=until)


class Lost(Exception):
    """Somebody else has the entry: we took longer than our lease."""


class Relay(Part):
    """Several may run: each entry is claimed by one. What a killed one held is due again after its lease."""

    name = "relay"

    def __init__(
        self, mail: Mail, queue: Queue, router: Router, transmitter: Transmitter, signer: Signing, options: Options
    ) -> None:
        self._mail = mail
        self._queue = queue
        self._router = router
        self._transmitter = transmitter
        self._signer = signer
        self._options = options
        self._working: dict[str, asyncio.Task[None]] = {}
        self._slow: set[str] = set()
        self._destinations = Destinations(options.at_once if options.smart_host else options.per_domain, mail.now)
        self._shelf = Shelf(queue)
        self._loop: asyncio.Task[None] | None = None
        self._draining = asyncio.Event()
        self._freed = asyncio.Event()

    async def start(self) -> None:
        self._loop = asyncio.create_task(self._run())

    async def ready(self) -> bool:
        return self._loop is not None and not self._loop.done()

    async def drain(self) -> None:
        """Claim nothing more; finish the tries under way."""
        self._draining.set()
        if self._loop is not None:
            await self._loop
        if self._working:
            await asyncio.wait(self._working.values())

    async def stop(self) -> None:
        self._draining.set()
        tasks = [*self._working.values(), *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _now(self) -> datetime:
        return moment(self._mail.now())

    def _until(self) -> datetime:
        return self._now() + timedelta(seconds=self._options.lease_seconds)

    async def _run(self) -> None:
        age_due = look_due = 0.0
        clock = asyncio.get_running_loop().time
        while not self._draining.is_set():
            self._freed.clear()
            try:
                if clock() >= age_due:
                    age_due = clock() + self._options.age_seconds
                    await self._measure()
                if clock() >= look_due:
                    begun = clock()
                    await self._shelf.look(self._now(), self._destinations.full)
                    # A long queue is looked at less often: the database has others to serve.
                    look_due = clock() + max(self._options.poll_seconds, 4 * (clock() - begun))
                await self._claim()
            except Exception as error:
                log.error("relay_round_failed", error=f"{type(error).__name__}: {error}")
                look_due = clock() + self._options.poll_seconds
            waits = [asyncio.create_task(event.wait()) for event in (self._draining, self._freed)]
            wait_seconds = max(0.0, look_due - clock())
            await asyncio.wait(waits, timeout=wait_seconds, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()

    async def _measure(self) -> None:
        oldest = await self._queue.oldest()
        QUEUE_AGE.labels("relay").set((self._now() - oldest).total_seconds() if oldest else 0)

    async def _claim(self) -> None:
        """Begin with what is due, as far as there is room."""
        while self._has_place():
            entry = self._shelf.take(lambda entry: self._destinations.has_room(self._destination(entry)))
            if entry is None:
                return
            until = self._until()
            if entry.id not in self._working and await self._queue.claim(entry, until):
                self._begin(Claim(self._queue, replace(entry, due=until)))

    def _destination(self, entry: Entry) -> str:
        return "" if self._options.smart_host and entry.domain not in self._options.apart else entry.domain

    def _has_place(self) -> bool:
        quick = len(self._working) - len(self._slow)
        return quick < self._options.at_once and len(self._slow) < MOST_SLOW * self._options.at_once

    def _begin(self, claim: Claim) -> None:
        entry = claim.entry
        task = asyncio.create_task(self._handle(claim))
        self._working[entry.id] = task
        self._destinations.begun(self._destination(entry))

        def slow() -> None:
            self._slow.add(entry.id)
            self._freed.set()

        watch = asyncio.get_running_loop().call_later(self._options.slow_seconds, slow)

        def ended(_: asyncio.Task[None]) -> None:
            watch.cancel()
            self._slow.discard(entry.id)
            del self._working[entry.id]
            self._destinations.ended(self._destination(entry))
            self._freed.set()

        task.add_done_callback(ended)

    async def _handle(self, claim: Claim) -> None:
        """A claimed entry, whatever happens: what is not written down is tried again after the lease."""
        entry = claim.entry
        try:
            with server_span("relay.entry", domain=entry.domain), measured(COMMAND, "relay.entry"):
                if not (entry.failed or entry.relayed):
                    await self._try(claim)
                await self._tell(claim)
        except Lost:
            log.error("relay_lease_lost", entry=entry.id, domain=entry.domain)
        except WorkspaceError as error:
            log.warning("relay_put_off", entry=entry.id, reason=error.reason)
        except Exception as error:
            log.error("relay_failed", entry=entry.id, error=f"{type(error).__name__}: {error}")

    async def _try(self, claim: Claim) -> None:
        async with self._kept(claim):
            outcomes = await self._outcomes(claim.entry)
        now = self._now()
        for address, outcome in outcomes:
            log.info(
                "relayed", entry=claim.entry.id, to=address, fate=outcome.fate.value, status=outcome.status,
                host=outcome.host, diagnostic="" if outcome.fate is Fate.DELIVERED else outcome.diagnostic,
            )  # fmt: skip
        after = claim.entry.after_try(outcomes, now)
        if after.failed or after.relayed or after.delay_is_news(now):
            # Written first: a crash while the sender is told must not try again who said no.
            await claim.record(after)
        else:
            await claim.record(replace(after, due=after.next_try))

    async def _outcomes(self, entry: Entry) -> list[tuple[str, Outcome]]:
        """What becomes of each recipient that is open; a destination that rests is not asked again for each letter."""
        resting = self._destinations.resting(self._destination(entry))
        if resting is not None and not entry.urgent:
            return [(waiting.address, resting) for waiting in entry.open]
        outcomes = await attempt(
            self._mail, self._router, self._transmitter, self._signer, entry, self._options.host, self._now()
        )
        self._destinations.learn(self._destination(entry), [outcome for _, outcome in outcomes])
        return outcomes

    async def _tell(self, claim: Claim) -> None:
        """Tell the sender who is not tried any more, or that it takes long; then let the entry go."""
        entry = claim.entry
        at = entry.tried_at or entry.accepted_at
        if entry.failed or entry.relayed:
            await report(self._mail, self._options.host, Kind.FAILED, entry, entry.failed, at)
            await report(self._mail, self._options.host, Kind.RELAYED, entry, entry.relayed, at)
            after = entry.told()
            await claim.record(replace(after, due=after.next_try), bounced(entry))
        elif entry.tried_at is not None and entry.delay_is_news(entry.tried_at):
            await report(self._mail, self._options.host, Kind.DELAYED, entry, entry.open, at)
            await claim.record(replace(entry, delay_told=True, due=entry.next_try))

    @contextlib.asynccontextmanager
    async def _kept(self, claim: Claim) -> AsyncIterator[None]:
        """Keep the claim while a slow server takes its time."""

        ended = asyncio.Event()

        async def renewing() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), self._options.lease_seconds / 3)
                    return
                with contextlib.suppress(WorkspaceError):
                    await claim.renew(self._until())

        # Told to end, never cancelled: a renewal that was written has to be known.
        task = asyncio.create_task(renewing())
        try:
            yield
        finally:
            ended.set()
            with contextlib.suppress(Lost):
                await task
