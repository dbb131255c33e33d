"""Hold an account to what it may keep."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

import structlog
from prometheus_client import Counter

from chassis.errors import OverQuota
from services.mail.domain.envelope import Recipient
from services.mail.domain.flags import DELETED
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.quota import TRACE, Usage
from services.mail.store.usages import Bounds, Counted
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import quota_reached
from services.mail.usecases.limits import limits_of, quota_of
from services.mail.usecases.pools import settle, too_small

log = structlog.get_logger(__name__)
FULL = Counter("mail_quota_full", "Letters that found no room in a mailbox")
# How often what an account keeps is compared with its mailboxes.
COUNTED_EVERY = timedelta(days=1)


async def usage_of(mail: Mail, owner: str) -> Counted:
    """What an account keeps."""
    return await mail.store.usages.of(owner)


async def bounds_of(mail: Mail, owner: str, *, enforced: bool = True) -> Bounds:
    """For whoever adds something to an account's mailboxes."""
    holds = await limits_of(mail, owner)
    units = tuple(each.unit_id for each in holds.pools)
    return Bounds(holds.quota, partial(quota_reached, owner, holds.quota), enforced, units, mail.now())


async def deleted_in(mail: Mail, box: Mailbox) -> Usage:
    """What expunging a mailbox would give back: each of its messages is looked at."""
    messages, _, octets = await mail.store.messages.counted(box.owner, box.id, box.uid_next, flag=DELETED)
    return Usage(octets, messages)


async def room_for(mail: Mail, recipient: Recipient, size: int) -> datetime | None:
    """None when there is room for a letter of `size` octets, 0 when nobody says how many; else since when not.

    A function's letter needs room with one of its holders only.
    """
    if await _far_from_full(mail, recipient, size):
        return None
    known = await mail.store.usages.known(recipient.accounts)
    refused = [await _without_room(mail, owner, known.get(owner), size) for owner in recipient.accounts]
    return None if None in refused else max(since for since in refused if since is not None)


async def _far_from_full(mail: Mail, recipient: Recipient, size: int) -> bool:
    """Whether one of the accounts was a moment ago; what comes too close meanwhile is refused when it is counted."""
    for owner in recipient.accounts:
        usage, holds = mail.known.usages.get(owner), await limits_of(mail, owner)
        if usage is None or too_small(holds, Counted(usage), size + TRACE) is not None:
            continue
        if (usage + Usage(size + TRACE, 1)).within(holds.quota.near):
            return True
    return False


async def _without_room(mail: Mail, owner: str, counted: Counted | None, size: int) -> datetime | None:
    """Since when there is no room with one account."""
    if counted is None:
        return None
    holds, usage = await limits_of(mail, owner), counted.usage
    quota = holds.quota
    if (pool := too_small(holds, counted, size + TRACE)) is not None:
        return pool.full_since or mail.now()
    if usage.within(quota.roomy):
        if counted.full_since is not None:
            await mail.store.usages.not_full(owner)
        elif usage.within(quota.near):
            mail.known.usages[owner] = usage
        return None if (usage + Usage(size + TRACE, 1)).within(quota.most) else mail.now()
    if (usage + Usage(size + TRACE, 1)).within(quota.most):
        return None
    await found_full(mail, [owner])
    return counted.full_since or mail.now()


async def want_room(mail: Mail, owner: str, size: int) -> None:
    """Before `size` octets are asked for; what is kept in the end is counted when it is. Raises `OverQuota`."""
    counted, holds = await usage_of(mail, owner), await limits_of(mail, owner)
    if not (counted.usage + Usage(size, 1)).within(holds.quota.most):
        raise OverQuota("The mailbox is full")
    if too_small(holds, counted, size) is not None:
        raise OverQuota("The room that the unit shares is full")


async def found_full(mail: Mail, owners: Iterable[str]) -> None:
    """Letters found no room: from now on these accounts count as full, and their owners hear of it once."""
    for owner in owners:
        FULL.inc()
        quota, usage = await quota_of(mail, owner), (await usage_of(mail, owner)).usage
        if not usage.within(quota.roomy):
            await mail.store.usages.full(owner, quota, mail.now(), [quota_reached(owner, quota, usage, full=True)])


async def recount(mail: Mail, owner: str) -> tuple[Usage, Usage]:
    """Count anew what an account keeps, message by message; what it was thought to be, and what it is.

    A mailbox in which something happens meanwhile keeps its own counts, which are right unless something was wrong
    before; ask again for it.
    """
    for box in await mail.store.mailboxes.of(owner):
        messages, unseen, size = await mail.store.messages.counted(owner, box.id, box.uid_next)
        if (messages, unseen, size) == (box.messages, box.unseen, box.size):
            continue
        if await mail.store.mailboxes.correct(box, messages, unseen, size):
            log.warning("mailbox_counted_anew", account=owner, mailbox=box.id, messages=messages, size=size)
    counted = await _summed(mail, owner)
    await settle(mail, owner)
    return counted


async def recount_due(mail: Mail) -> int:
    """Compare what accounts keep with what their mailboxes say; how many were compared."""
    due = await mail.store.usages.due(mail.now() - COUNTED_EVERY, mail.now())
    for owner in due:
        await _summed(mail, owner)
        await settle(mail, owner)
    return len(due)


async def _summed(mail: Mail, owner: str) -> tuple[Usage, Usage]:
    before, after = await mail.store.transaction(
        lambda session: mail.store.usages.recount(owner, mail.now(), session=session)
    )
    if before != after:
        log.warning("usage_corrected", account=owner, before=before.octets, after=after.octets)
    return before, after
