"""Tell a sender what became of a message: a notice in its INBOX, a fact for whoever listens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from workspace.mail.v1 import events_pb2

from chassis.events import fact
from services.mail.domain.notice import About, Kind
from services.mail.domain.queue import PASSING, Entry, Waiting
from services.mail.usecases import Mail
from services.mail.usecases.tell_sender import Original, tell_account, tell_elsewhere

log = structlog.get_logger(__name__)


async def report(mail: Mail, host: str, kind: Kind, entry: Entry, recipients: Sequence[Waiting], at: datetime) -> None:
    """Deliver a notice to the sender, of those recipients it wants to be told of. What has no sender is a notice itself
    and is told to nobody (RFC 5321 §6.1).

    Raises `Unavailable`.
    """
    if recipients and not entry.sender:
        log.warning("bounce_discarded", submission=entry.submission_id, domain=entry.domain)
        return
    about = About(entry.id, entry.attempts, entry.sender, entry.accepted_at, entry.envid)
    original = Original(entry.blob, entry.size, full=entry.ret == "FULL")
    if entry.owner == PASSING:
        await tell_elsewhere(mail, entry.owner, kind, about, recipients, original)
        return
    if entry.passed and kind is not Kind.FAILED:
        # The postmaster hears in the sender's place only of what is lost.
        return
    await tell_account(mail, entry.owner, host, kind, about, recipients, original, at)


def bounced(entry: Entry) -> list[Any]:
    """The facts of an entry's failed recipients, for the account that it is of."""
    if not entry.sender or entry.owner == PASSING:
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
