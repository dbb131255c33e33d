"""Tell a sender what became of a message: a notice to one of our accounts, or on its way to a server elsewhere."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from chassis.errors import NotFound, Unavailable
from chassis.ids import new_id
from services.mail.domain.envelope import Delivery, Recipient, Result
from services.mail.domain.message import Content
from services.mail.domain.notice import MAX_HEADER, About, Kind, header_of, notice
from services.mail.domain.queue import Waiting
from services.mail.store.errors import Repeated
from services.mail.store.repeats import mark
from services.mail.usecases.context import Mail
from services.mail.usecases.deliver import deliver
from services.mail.usecases.store_source import store_source

log = structlog.get_logger(__name__)
# RET=FULL returns messages up to here; of a larger one its header says which it was.
MAX_RETURNED = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Original:
    """The message that is told of. `full`: its sender wants all of it back when it fails (RFC 3461 §4.3)."""

    blob: str
    size: int
    full: bool = False


async def tell_account(
    mail: Mail,
    owner: str,
    host: str,
    kind: Kind,
    about: About,
    recipients: Sequence[Waiting],
    original: Original,
    at: datetime,
) -> None:
    """Deliver a notice to the account that sent. The same act told twice makes one notice. Raises `Unavailable`."""
    told = [waiting for waiting in recipients if kind.is_wanted(waiting.wish)]
    if not told or not about.sender:
        return
    content = await _written(mail, host, kind, about, told, original, at)
    path = f"Return-Path: <>\r\nDelivered-To: {about.sender}\r\n".encode()
    to = Delivery(Recipient(owner, about.sender), path, beyond_quota=True)
    (outcome,) = await deliver(mail, sender="", content=content, deliveries=[to])
    if outcome.result is not Result.FAILED:
        return
    if isinstance(outcome.error, Unavailable):
        raise outcome.error
    log.error("notice_undeliverable", message=about.id, error=str(outcome.error))


async def tell_elsewhere(
    mail: Mail,
    owner: str,
    kind: Kind,
    about: About,
    recipients: Sequence[Waiting],
    original: Original,
) -> None:
    """Queue a notice for a sender of another domain, once for the same message within a day. `owner` is the account
    that the notice is about. Whoever calls knows that the sender is who it says (RFC 3464 §4.1)."""
    told = [waiting for waiting in recipients if kind.is_wanted(waiting.wish)]
    if not told or not about.sender:
        return
    content = await _written(mail, mail.host, kind, about, told, original, about.accepted_at)
    addresses = sorted(waiting.address for waiting in told)
    repeat = mark(owner, "told", kind.value, about.sender, about.envid, original.blob, *addresses)

    async def act(session: Any) -> None:
        await mail.store.repeats.note(repeat, mail.now(), session=session)
        await mail.queue.enqueue(
            submission_id=new_id(),
            owner=owner,
            sender="",
            recipients=[about.sender],
            blob=content.blob,
            size=content.size,
            session=session,
        )

    try:
        await mail.store.transaction(act)
    except Repeated:
        return


async def _written(
    mail: Mail, host: str, kind: Kind, about: About, told: Sequence[Waiting], original: Original, at: datetime
) -> Content:
    header = await _header(mail, original)
    full = bool(header) and kind is Kind.FAILED and original.full and original.size <= MAX_RETURNED
    before, after = notice(kind, about, told, host, header, at, full=full)

    async def octets() -> AsyncIterator[bytes]:
        yield before
        if full:
            async for piece in mail.blobs.open(original.blob):
                yield piece
        else:
            yield header
        yield after

    return await store_source(mail, octets())


async def _header(mail: Mail, original: Original) -> bytes:
    """As far as it is shown."""
    try:
        pieces = [piece async for piece in mail.blobs.open(original.blob, length=MAX_HEADER)]
    except NotFound:
        return b""
    return header_of(b"".join(pieces))
