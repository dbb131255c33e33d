"""One delivery of one fact, from bytes to acknowledgement: what is safe to do twice, what is kept when it fails.

Knows neither nameko nor the broker, so that a delivery, a later try and a replay are one and the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from google.protobuf.message import Message
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.errors import InvalidInput, WorkspaceError
from chassis.events.contracts import UnknownFact
from chassis.events.envelopes import fact_in, parse_envelope
from chassis.events.failures import Consumed, Failures
from chassis.events.leases import utc_now
from chassis.identity import acting_as
from chassis.telemetry import HANDLER, QUEUE_AGE, consumer_span, measured

log = structlog.get_logger(__name__)

# Less than a failure is claimed for, so that no other worker begins the same try.
HANDLER_SECONDS = 100.0

Handler = Callable[[Any, Envelope], Awaitable[None]]


class NoSuchHandler(WorkspaceError):
    """A kept failure whose handler this release does not have."""

    reason = "no_such_handler"
    title = "No handler has this queue"


@dataclass(frozen=True)
class Subscription:
    """A handler and the queue it drinks from."""

    queue: str
    handler: Handler
    idempotent: bool
    types: frozenset[str]


class Digestion:
    """Runs handlers, remembers what they did, keeps what they could not."""

    def __init__(self, consumed: Consumed, failures: Failures, subscriptions: dict[str, Subscription]) -> None:
        self._consumed, self._failures = consumed, failures
        self._subscriptions = subscriptions
        # Since when each fact under way is told, by queue: what is taken first is the oldest that waits.
        self._under_way: dict[str, dict[object, datetime]] = {queue: {} for queue in subscriptions}
        for queue in subscriptions:
            QUEUE_AGE.labels(queue).set_function(partial(self._age, queue))

    async def deliver(self, queue: str, body: bytes) -> None:
        """When this returns, the message may be acknowledged. Raises only when a failure could not be kept."""
        try:
            envelope, message = _read(body, self._subscriptions[queue])
        except (InvalidInput, UnknownFact) as error:
            log.error("event_unreadable", queue=queue, error=str(error))
            await self._failures.keep(queue, body, error, about={})
            return
        delivery = object()
        self._under_way[queue][delivery] = envelope.time.ToDatetime(UTC)
        try:
            await self._digest(self._subscriptions[queue], envelope, message)
        except Exception as error:  # whatever a handler raises is its failure, kept and tried again
            log.warning("event_failed", queue=queue, id=envelope.id, error=f"{type(error).__name__}: {error}"[:500])
            about = {"id": envelope.id, "type": envelope.type, "subject": envelope.subject}
            await self._failures.keep(queue, body, error, about=about)
        finally:
            del self._under_way[queue][delivery]

    def _age(self, queue: str) -> float:
        oldest = min(self._under_way[queue].values(), default=None)
        return max(0.0, (utc_now() - oldest).total_seconds()) if oldest else 0.0

    async def retry(self, limit: int = 50) -> int:
        """Try again what is due; how many were tried."""
        tried = 0
        for failure in await self._failures.due(limit):
            if await self._failures.claim(failure):
                await self._again(failure)
                tried += 1
        return tried

    async def _again(self, failure: dict[str, Any]) -> None:
        try:
            subscription = self._subscription(failure["queue"])
            envelope, message = _read(bytes(failure["body"]), subscription)
        except (InvalidInput, UnknownFact, NoSuchHandler) as error:
            await self._failures.failed_again(failure, error, hopeless=True)
            return
        try:
            await self._digest(subscription, envelope, message)
        except Exception as error:
            log.warning("event_failed_again", id=failure["_id"], error=f"{type(error).__name__}: {error}"[:500])
            await self._failures.failed_again(failure, error, hopeless=False)
        else:
            await self._failures.succeeded(failure)

    def _subscription(self, queue: str) -> Subscription:
        found = self._subscriptions.get(queue)
        if found is None:
            raise NoSuchHandler(f"No handler has the queue {queue}")
        return found

    async def _digest(self, subscription: Subscription, envelope: Envelope, message: Message) -> None:
        queue = subscription.queue
        if not subscription.idempotent and await self._consumed.has(queue, envelope.id):
            return
        with (
            consumer_span(f"{queue} {envelope.type}", envelope.traceparent, event=envelope.id),
            measured(HANDLER, queue),
            acting_as(None),
        ):
            async with asyncio.timeout(HANDLER_SECONDS):
                await subscription.handler(message, envelope)
        if not subscription.idempotent:
            await self._consumed.remember(queue, envelope.id)


def _read(body: bytes, subscription: Subscription) -> tuple[Envelope, Message]:
    envelope = parse_envelope(body)
    if f"{envelope.source}.{envelope.type}" not in subscription.types:
        raise InvalidInput(f"{subscription.queue} does not hear {envelope.source}.{envelope.type}")
    return envelope, fact_in(envelope)
