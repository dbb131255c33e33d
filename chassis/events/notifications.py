"""The live feed of asyncio processes (IDLE, WebSocket): lossy, and saying so.

The process' own queue is bound, on demand, to the hash buckets of the accounts that somebody here listens for, so that
no process decodes the nation's events. What may have been missed (before a bucket was bound, while the broker was away,
when a reader was too slow) is told by `None`: look at your cursor.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from google.protobuf.message import Message
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.events.contracts import notify_exchange_of
from chassis.events.live import Wire
from chassis.events.outbox import fact
from chassis.events.publishing import Outgoing, bucket_of, buckets_of
from chassis.part import Part

log = structlog.get_logger(__name__)

Callback = Callable[[Envelope | None], None]

# Envelopes that wait for the loop; when there are more, everybody looks at the cursor instead.
_INBOX = 10_000


class Notifications(Part):
    """Listens to the notify exchanges of `sources`; without any it only nudges."""

    name = "notifications"

    def __init__(self, broker_url: str, sources: Sequence[str] = ()) -> None:
        self._wire = Wire(broker_url, sources, self)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._callbacks: dict[str, list[Callback]] = {}
        self._accounts: dict[str, int] = {}
        self._inbox: deque[tuple[Envelope | None, list[str]]] = deque()
        self._gap = False

    async def start(self) -> None:
        """Does not wait for the broker: whoever listens is told when it is there."""
        self._loop = asyncio.get_running_loop()
        self._wire.start()

    async def stop(self) -> None:
        await asyncio.to_thread(self._wire.stop)

    @property
    def connected(self) -> bool:
        return self._wire.connected

    def listen(self, account_id: str, callback: Callback) -> Callable[[], None]:
        """Call `callback` on the loop with each envelope that has the account in its audience, until cancelled.

        With `None` when something may have been missed, such as before the broker knew of this account here.
        """
        with self._lock:
            self._callbacks.setdefault(account_id, []).append(callback)
            bucket = bucket_of(account_id)
            self._accounts[bucket] = self._accounts.get(bucket, 0) + 1
        self._wire.ring()

        def cancel() -> None:
            with self._lock:
                left = self._callbacks.get(account_id, [])
                if callback not in left:
                    return
                left.remove(callback)
                if not left:
                    del self._callbacks[account_id]
                self._accounts[bucket] -= 1
                if not self._accounts[bucket]:
                    del self._accounts[bucket]
            self._wire.ring()

        return cancel

    def nudge(
        self, message: Message, *, subject: str, version: int, audience: Sequence[str], actor: str | None = None
    ) -> None:
        """Tell live sessions, here and elsewhere, without an outbox: it may be lost, and never waits."""
        entry = fact(message, subject=subject, version=version, audience=audience, actor=actor)
        exchange = notify_exchange_of(entry["source"])
        for bucket in buckets_of(audience):
            self._wire.nudge(Outgoing(exchange, bucket, entry["body"], persistent=False))

    # What the thread asks and tells

    def buckets(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._accounts)

    def wanted(self, bucket: str, audience: Sequence[str]) -> list[str]:
        with self._lock:
            return [each for each in audience if each in self._callbacks and bucket_of(each) == bucket]

    def heard(self, envelope: Envelope, account_ids: list[str]) -> None:
        self._put(envelope, account_ids)

    def missed(self, buckets: frozenset[str]) -> None:
        with self._lock:
            account_ids = [each for each in self._callbacks if bucket_of(each) in buckets]
        self._put(None, account_ids)

    def _put(self, envelope: Envelope | None, account_ids: list[str]) -> None:
        if self._loop is None or self._loop.is_closed():
            return
        if len(self._inbox) >= _INBOX:
            self._gap = True
            return
        self._inbox.append((envelope, account_ids))
        if len(self._inbox) == 1:
            self._loop.call_soon_threadsafe(self._deliver)

    # On the loop

    def _deliver(self) -> None:
        while self._inbox:
            envelope, account_ids = self._inbox[0]
            for account_id in account_ids:
                for callback in tuple(self._callbacks.get(account_id, ())):
                    _call(callback, envelope)
            # Last: as long as one is in, the thread need not ask for another delivery.
            self._inbox.popleft()
        if self._gap:
            self._gap = False
            for callbacks in tuple(self._callbacks.values()):
                for callback in tuple(callbacks):
                    _call(callback, None)


def _call(callback: Callback, envelope: Envelope | None) -> None:
    try:
        callback(envelope)
    except Exception:  # one listener's mistake keeps nothing from the others
        log.exception("notification_callback_failed")
