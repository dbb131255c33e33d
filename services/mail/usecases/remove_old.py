"""Remove what is older than its mailbox keeps it: the worker's rounds.

It goes as whatever is deleted does: its owner can have it back for a time, and matters keep it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from chassis.errors import NotFound, WorkspaceError
from services.mail.domain.allotment import Holder
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.uids import ranges_of
from services.mail.store.retention_policies import Walk
from services.mail.usecases.context import Mail
from services.mail.usecases.expunge import expunge
from services.mail.usecases.retention import retention_of

log = structlog.get_logger(__name__)
REMOVED = Counter("mail_retention_removed", "Messages that were older than their mailbox keeps them")
# Who keeps mail for a time only is looked at so often.
EVERY = timedelta(days=1)
# For so long a worker has a policy for itself, of so many that are due; so many accounts are read together, so many
# times in a round.
LEASE, AT_ONCE, PAGE, PAGES = timedelta(minutes=10), 20, 100, 20
# Messages that go together, and how many times for a mailbox in a round.
TOGETHER, PIECES = 500, 20


async def remove_old(mail: Mail) -> int:
    """Walk through the accounts of policies that are due; how many policies that were. A round that dies goes on where
    it was, and what was removed is not there to be removed twice."""
    due = await mail.store.retention_policies.claim_due(mail.now(), LEASE, AT_ONCE)
    for walk in due:
        try:
            await _walk(mail, walk)
        except WorkspaceError as error:  # due again after the lease; the others need not wait for it
            log.error("retention_not_applied", holder=walk.holder_id, error=str(error))
    return len(due)


async def _walk(mail: Mail, walk: Walk) -> None:
    for _ in range(PAGES):
        page = await _accounts(mail, walk)
        after = walk.after
        for owner in page:
            if await _remove_from(mail, walk, owner):
                await mail.store.retention_policies.passed(walk, after, mail.now())
                return
            after = owner
        ended = walk.holder is Holder.ACCOUNT or len(page) < PAGE
        due = EVERY if ended else LEASE
        passed = await mail.store.retention_policies.passed(walk, "" if ended else after, mail.now() + due)
        if ended or passed is None:
            return
        walk = passed
    await mail.store.retention_policies.passed(walk, walk.after, mail.now())


async def _accounts(mail: Mail, walk: Walk) -> Sequence[str]:
    if walk.holder is Holder.ACCOUNT:
        # Of one that is no more all goes at once, when it is to go.
        return [] if await mail.store.erasures.known(walk.holder_id) else [walk.holder_id]
    return [each.account_id for each in await mail.people.page(walk.holder_id, walk.after, PAGE)]


async def _remove_from(mail: Mail, walk: Walk, owner: str) -> bool:
    """Remove from an account what is too old; whether there is more than one round takes. Of the policies above an
    account each does what it is the nearest for: another one may have been given just now, and waits."""
    holds, given_to, left = await retention_of(mail, owner), (walk.holder, walk.holder_id), False
    if not any(holds.days_in(use, given_to) for use in SpecialUse):
        return False
    for box in await mail.store.mailboxes.of(owner):
        if box.messages and (days := holds.days_in(box.special_use, given_to)):
            try:
                left |= await _remove_before(mail, owner, box.id, mail.now() - timedelta(days=days))
            except NotFound:  # deleted at this very moment
                continue
            except WorkspaceError as error:  # tomorrow again; the others need not wait for it
                log.warning("old_mail_not_removed", account=owner, mailbox=box.id, error=str(error))
    return left


async def _remove_before(mail: Mail, owner: str, mailbox_id: str, moment: datetime) -> bool:
    """Whether there may be more. UIDs are never given twice, so that nothing else goes than was looked at."""
    for _ in range(PIECES):
        uids = await mail.store.messages.saved_before(owner, mailbox_id, moment, TOGETHER)
        if uids:
            gone = await expunge(mail, owner, mailbox_id, ranges_of(uids), only_deleted=False)
            REMOVED.inc(len(gone.uids))
        if len(uids) < TOGETHER:
            return False
    return True
