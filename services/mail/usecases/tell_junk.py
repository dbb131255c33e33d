"""Tell agents, each morning, what came to their junk mailbox."""

from functools import partial

import structlog

from chassis.errors import NotFound, WorkspaceError
from services.mail.domain.junk_digest import Line, junk_digest
from services.mail.domain.mailbox import SpecialUse
from services.mail.store.digests import DueDigest
from services.mail.usecases.context import Mail
from services.mail.usecases.mailboxes import list_mailboxes
from services.mail.usecases.tell_owner import tell_owner

log = structlog.get_logger(__name__)
AT_ONCE = 100
# UIDs that a list looks through.
WIDEST = 2000


async def tell_junk(mail: Mail) -> int:
    """Send the letters that are due; how many were looked at.

    Whoever dies meanwhile: the same letter is made again, and is known for a repeat.
    """
    due = await mail.store.digests.due(mail.now(), AT_ONCE)
    for digest in due:
        try:
            await _tell(mail, digest)
        except NotFound:  # the account or its mailbox is no more
            await mail.store.digests.done(digest, digest.seen, digest.uid_validity)
        except WorkspaceError as error:  # due still; the others need not wait for it
            log.error("junk_not_told", account=digest.owner, error=str(error))
    return len(due)


async def _tell(mail: Mail, digest: DueDigest) -> None:
    boxes = await list_mailboxes(mail, digest.owner)
    box = next((each for each in boxes if each.special_use is SpecialUse.JUNK), None)
    if box is None or not await _reads(mail, digest.owner):
        raise NotFound("Nobody to be told, or of nothing")
    seen = digest.seen if digest.uid_validity == box.uid_validity else 0
    until = digest.until or box.uid_next - 1
    await mail.store.digests.begin(digest, until)
    first = max(seen + 1, until - WIDEST + 1)
    found = await mail.store.messages.listed(digest.owner, box.id, first, until) if first <= until else []
    lines = [Line(each.internal_date, each.sender, each.subject) for each in reversed(found)]
    if lines:
        written = partial(junk_digest, lines, box.name, mail.web_url, digest.due)
        await tell_owner(mail, digest.owner, written)
    await mail.store.digests.done(digest, until, box.uid_validity)


async def _reads(mail: Mail, owner: str) -> bool:
    """Whether anybody does: an account that is not suspended, or those who hold a function."""
    return bool(await mail.people.addresses([owner])) or await mail.store.functions.get(owner) is not None
