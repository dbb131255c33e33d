"""Tell a sender what became of a message: a notice in its INBOX, a fact for whoever listens."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import structlog
from workspace.mail.v1 import events_pb2

from chassis.errors import NotFound, Unavailable
from chassis.events import fact
from services.mail.domain.envelope import Delivery, Recipient, Result
from services.mail.domain.queue import Entry, Waiting
from services.mail.relay.notice import MAX_HEADER, Kind, header_of, notice
from services.mail.usecases import Mail, deliver, store_source

log = structlog.get_logger(__name__)


async def report(mail: Mail, host: str, kind: Kind, entry: Entry, recipients: Sequence[Waiting], at: datetime) -> None:
    """Deliver a notice to the sender. What has no sender is a notice itself and is told to nobody (RFC 5321 §6.1).

    Raises `Unavailable`.
    """
    if not entry.sender:
        log.warning("bounce_discarded", submission=entry.submission_id, domain=entry.domain)
        return
    source = notice(kind, entry, recipients, host, await _header(mail, entry), at)
    content = await store_source(mail, _once(source))
    to = Delivery(Recipient(entry.owner, entry.sender), f"Return-Path: <>\r\nDelivered-To: {entry.sender}\r\n".encode())
    (outcome,) = await deliver(mail, sender="", content=content, deliveries=[to])
    if outcome.result is not Result.FAILED:
        return
    if isinstance(outcome.error, Unavailable):
        raise outcome.error
    log.error("notice_undeliverable", submission=entry.submission_id, error=str(outcome.error))


def bounced(entry: Entry) -> list[Any]:
    """The facts of an entry's failed recipients."""
    if not entry.sender:
        return []
    return [
        fact(
            events_pb2.MessageBounced(
                account_id=entry.owner,
                submission_id=entry.submission_id,
                recipient=waiting.address,
                status=waiting.last.status if waiting.last else "",
                diagnostic=waiting.last.diagnostic if waiting.last else "",
            ),
            subject=entry.id,
            version=entry.attempts,
            audience=[entry.owner],
        )
        for waiting in entry.failed
    ]


async def _header(mail: Mail, entry: Entry) -> bytes:
    """The original's header, as far as it is shown."""
    try:
        pieces = [piece async for piece in mail.blobs.open(entry.blob, length=MAX_HEADER)]
    except NotFound:
        return b""
    return header_of(b"".join(pieces))


async def _once(source: bytes) -> AsyncIterator[bytes]:
    yield source
