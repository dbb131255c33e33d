"""Sessions that ended before their tokens expire, known without asking for each token."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from chassis.identity.identity import Identity
from chassis.part import Part

log = structlog.get_logger(__name__)
SYNCHRONISE_SECONDS = 30
# An access token lives 15 minutes; what is older than that can meet no living token.
KEPT = timedelta(minutes=20)
OVERLAP = timedelta(seconds=90)


@dataclass(frozen=True)
class Revocation:
    """A session that ended; without `session_id`, every session issued before `time`."""

    account_id: str
    session_id: str
    time: datetime

    def ends(self, identity: Identity) -> bool:
        """Whether it is the session of an identity that ended."""
        if self.session_id:
            return self.session_id == identity.session_id
        return self.account_id == identity.account_id and identity.issued_at <= self.time


Load = Callable[[datetime | None], Awaitable[Iterable[Revocation]]]


class Revocations(Part):
    """Loaded before the process is ready, synchronised every 30 s, told at once by event where one listens."""

    name = "revocations"

    def __init__(self, load: Load) -> None:
        self._load = load
        self._sessions: dict[str, datetime] = {}
        self._accounts: dict[str, datetime] = {}
        self._listeners: set[Callable[[Revocation], None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._synchronised: datetime | None = None
        self._hurried = asyncio.Event()

    async def start(self) -> None:
        await self._synchronise()
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def add(self, revocation: Revocation) -> None:
        """Learn of one; whoever watches is told once."""
        ended, key = (
            (self._sessions, revocation.session_id)
            if revocation.session_id
            else (self._accounts, revocation.account_id)
        )
        if key in ended and ended[key] >= revocation.time:
            return
        ended[key] = revocation.time
        for told in list(self._listeners):
            told(revocation)

    def hurry(self) -> None:
        """Synchronise now: something may have been missed."""
        self._hurried.set()

    def ended(self, identity: Identity) -> bool:
        """Whether the session of an identity is over."""
        if identity.session_id in self._sessions:
            return True
        before = self._accounts.get(identity.account_id)
        return before is not None and identity.issued_at <= before

    def watch(self, told: Callable[[Revocation], None]) -> Callable[[], None]:
        """Call `told` with each new revocation, for sessions that last; returns what ends it."""
        self._listeners.add(told)
        return lambda: self._listeners.discard(told)

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurried.wait(), SYNCHRONISE_SECONDS)
            self._hurried.clear()
            try:
                await self._synchronise()
            except Exception as error:  # directory is away: what is known stays in force
                log.warning("revocations_not_synchronised", error=str(error))

    async def _synchronise(self) -> None:
        now = datetime.now(UTC)
        since = None if self._synchronised is None else self._synchronised - OVERLAP
        for revocation in await self._load(since):
            self.add(revocation)
        self._synchronised = now
        for ended in (self._sessions, self._accounts):
            for key in [key for key, time in ended.items() if time < now - KEPT]:
                del ended[key]
