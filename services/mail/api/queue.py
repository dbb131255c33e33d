"""QueueService."""

from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from workspace.mail.v1 import queue_pb2, queue_pb2_grpc

from chassis.errors import Forbidden
from chassis.identity import current_identity
from chassis.rpc.moments import moment_or_none
from services.mail.api.pages import page_size
from services.mail.domain.queue import Waiting
from services.mail.store.queue_view import Destination, Seen, Wanted
from services.mail.usecases import Mail
from services.mail.usecases.operate_queue import (
    being_tried,
    drop_queued,
    find_queued,
    hold_queued,
    list_destinations,
    list_queue,
    release_queued,
    retry_queued,
)

PAGE, LONGEST_PAGE, DESTINATIONS = 50, 500, 500


class QueueApi(queue_pb2_grpc.QueueServiceServicer):
    """What waits to leave, for the national administrator."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListQueueEntries(
        self, request: queue_pb2.ListQueueEntriesRequest, context: Any
    ) -> queue_pb2.ListQueueEntriesResponse:
        _for_the_national_administrator()
        count = page_size(request.page_size, PAGE, LONGEST_PAGE)
        before = moment_or_none(request, "accepted_before")
        wanted = Wanted(request.domain.lower(), request.sender.lower(), before, request.held)
        found = await list_queue(self._mail, wanted, request.page_token, count + 1)
        following = found[count - 1].id if len(found) > count else ""
        return queue_pb2.ListQueueEntriesResponse(
            entries=[self._entry(seen) for seen in found[:count]], next_page_token=following
        )

    async def ListQueueDestinations(
        self, request: queue_pb2.ListQueueDestinationsRequest, context: Any
    ) -> queue_pb2.ListQueueDestinationsResponse:
        _for_the_national_administrator()
        found = await list_destinations(self._mail)
        return queue_pb2.ListQueueDestinationsResponse(destinations=map(_destination, found[:DESTINATIONS]))

    async def GetQueueEntry(self, request: queue_pb2.GetQueueEntryRequest, context: Any) -> queue_pb2.QueueEntry:
        _for_the_national_administrator()
        seen = await find_queued(self._mail, request.id)
        answer = self._entry(seen)
        answer.recipients.extend(map(_recipient, seen.entry.recipients))
        return answer

    async def HoldQueueEntry(self, request: queue_pb2.HoldQueueEntryRequest, context: Any) -> queue_pb2.QueueEntry:
        _for_the_national_administrator()
        return self._entry(await hold_queued(self._mail, request.id))

    async def ReleaseQueueEntry(
        self, request: queue_pb2.ReleaseQueueEntryRequest, context: Any
    ) -> queue_pb2.QueueEntry:
        _for_the_national_administrator()
        return self._entry(await release_queued(self._mail, request.id))

    async def RetryQueueEntry(self, request: queue_pb2.RetryQueueEntryRequest, context: Any) -> queue_pb2.QueueEntry:
        _for_the_national_administrator()
        return self._entry(await retry_queued(self._mail, request.id))

    async def DropQueueEntry(
        self, request: queue_pb2.DropQueueEntryRequest, context: Any
    ) -> queue_pb2.DropQueueEntryResponse:
        _for_the_national_administrator()
        await drop_queued(self._mail, request.id, tell_sender=request.tell_sender)
        return queue_pb2.DropQueueEntryResponse()

    def _entry(self, seen: Seen) -> queue_pb2.QueueEntry:
        entry = seen.entry
        answers = [_line(waiting) for waiting in entry.recipients if waiting.last is not None]
        return queue_pb2.QueueEntry(
            id=seen.id,
            sender=entry.sender,
            domain=entry.domain,
            recipient_count=len(entry.recipients),
            size=entry.size,
            accepted_at=_timestamp(entry.accepted_at),
            due_at=_timestamp(entry.due) if entry.held is None else None,
            tried_at=_timestamp(entry.tried_at),
            attempts=entry.attempts,
            last_answer=answers[-1] if answers else "",
            held_at=_timestamp(entry.held.at) if entry.held else None,
            held_by=entry.held.by if entry.held else "",
            trying=being_tried(self._mail, seen),
        )


def _for_the_national_administrator() -> None:
    """Who writes to whom is no ministry's business but the sender's."""
    if not current_identity().administers(()):
        raise Forbidden("The queue is for the national administrator")


def _recipient(waiting: Waiting) -> queue_pb2.QueueRecipient:
    last = waiting.last
    if last is None:
        return queue_pb2.QueueRecipient(address=waiting.address)
    return queue_pb2.QueueRecipient(
        address=waiting.address, status=last.status, diagnostic=last.diagnostic, host=last.host
    )


def _line(waiting: Waiting) -> str:
    last = waiting.last
    return f"{last.host}: {last.diagnostic}" if last and last.host else last.diagnostic if last else ""


def _destination(found: Destination) -> queue_pb2.QueueDestination:
    return queue_pb2.QueueDestination(
        domain=found.domain, entries=found.entries, held=found.held, oldest_at=_timestamp(found.oldest_at)
    )


def _timestamp(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
