"""Tell agents, each morning, what came to their junk mailbox."""

from collections.abc import AsyncIterator

import structlog

from chassis.errors import NotFound, Unavailable, WorkspaceError
from chassis.people import People
from services.mail.domain.envelope import Delivery, Recipient, Result
from services.mail.domain.junk_digest import Line, junk_digest
from services.mail.domain.mailbox import SpecialUse
from services.mail.store.digests import DueDigest
from services.mail.usecases.context import Mail
from services.mail.usecases.deliver import deliver
from services.mail.usecases.mailboxes import list_mailboxes
from services.mail.usecases.store_source import store_source

log = structlog.get_logger(__name__)
AT_ONCE = 100
# UIDs that a list looks through.
WIDEST = 2000


async def tell_junk(mail: Mail, people: People) -> int:
    """Send the letters that are due; how many were looked at.

    Whoever dies meanwhile: the same letter is made again, and is known for a repeat.
    """
    due = await mail.store.digests.due(mail.now(), AT_ONCE)
    for digest in due:
        try:
            await _tell(mail, people, digest)
        except NotFound:  # the account or its mailbox is no more
            await mail.store.digests.done(digest, digest.seen, digest.uid_validity)
        except WorkspaceError as error:  # due still; the others need not wait for it
            log.error("junk_not_told", account=digest.owner, error=str(error))
    return len(due)


async def _tell(mail: Mail, people: People, digest: DueDigest) -> None:
    person = await people.by_id(digest.owner)
    boxes = await list_mailboxes(mail, digest.owner)
    box = next((each for each in boxes if each.special_use is SpecialUse.JUNK), None)
    if person is None or person.suspended or box is None:
        raise NotFound("Nobody to be told, or of nothing")
    seen = digest.seen if digest.uid_validity == box.uid_validity else 0
    until = digest.until or box.uid_next - 1
    await mail.store.digests.begin(digest, until)
    first = max(seen + 1, until - WIDEST + 1)
    found = await mail.store.messages.listed(digest.owner, box.id, first, until) if first <= until else []
    lines = [Line(each.internal_date, each.sender, each.subject) for each in reversed(found)]
    if lines:
        letter = junk_digest(person.address, box.name, lines, mail.domains.names[0], mail.web_url, digest.due)
        await _deliver(mail, digest.owner, person.address, letter)
    await mail.store.digests.done(digest, until, box.uid_validity)


async def _deliver(mail: Mail, owner: str, address: str, letter: bytes) -> None:
    async def octets() -> AsyncIterator[bytes]:
        yield letter

    content = await store_source(mail, octets())
    path = f"Return-Path: <>\r\nDelivered-To: {address}\r\n".encode()
    to = Delivery(Recipient(owner, address), path, beyond_quota=True)
    (outcome,) = await deliver(mail, sender="", content=content, deliveries=[to])
    if outcome.result is Result.FAILED:
        raise outcome.error or Unavailable("The letter could not be delivered")
