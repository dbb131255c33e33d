"""Put back what was deleted, while it is kept."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from chassis.errors import InvalidInput, NotFound
from chassis.events import Fact
from chassis.identity import Identity
from chassis.ids import new_id
from services.mail.domain.envelope import mail_address
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.recovery import RESTORED, Recoverable, Restored
from services.mail.usecases.access import hearers_of
from services.mail.usecases.account_meant import Account, account_meant
from services.mail.usecases.context import Mail
from services.mail.usecases.create_mailbox import open_or_create
from services.mail.usecases.facts import acted, restored
from services.mail.usecases.mailboxes import list_mailboxes
from services.mail.usecases.quota import bounds_of

# Messages that are put back together, at most.
MOST = 100
_ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


async def restore(mail: Mail, owner: str, ids: Sequence[str]) -> list[Restored]:
    """Each in the mailbox that it was in, or in "Restaurés" where that one is gone; what is not there any more is left
    out. Mailboxes are filled one by one.

    Raises `InvalidInput`, `NotFound` when none of them is there, `OverQuota`.
    """
    if not 0 < len(ids) <= MOST:
        raise InvalidInput("Name some messages", fields={"ids": f"between 1 and {MOST}"})
    done = await _restore(mail, owner, await mail.store.recoverable.some(owner, ids), None)
    if not done:
        raise NotFound("No such deleted messages")
    return done


async def restore_period(
    mail: Mail, actor: Identity, address: str, first: datetime | None, end: datetime | None
) -> tuple[int, bool]:
    """Some of what was deleted from the mailboxes of an address from `first` on and before `end`: how many, and whether
    there may be more. The audit log keeps whose mail somebody else put back.

    Raises `InvalidInput`, `NotFound`, `Forbidden` as `account_meant` does, `OverQuota`.
    """
    account = await _meant(mail, actor, address)
    first, end = first or _ALWAYS[0], end or _ALWAYS[1]
    if end <= first:
        raise InvalidInput("No such period", fields={"deleted_before": "is not after its beginning"})
    found = await mail.store.recoverable.deleted_in(account.id, first, end, MOST)
    done = await _restore(mail, account.id, found, account if account.id != actor.account_id else None)
    return len(done), len(found) == MOST and bool(done)


async def _meant(mail: Mail, actor: Identity, address: str) -> Account:
    """Who holds a function may do everything in its mailboxes."""
    wanted = [mail_address(address)] if address else []
    for function in await mail.store.functions.of_addresses(wanted):
        if actor.account_id in function.standing:
            return Account(function.id, function.address)
    return await account_meant(mail, actor, address)


async def _restore(mail: Mail, owner: str, found: Sequence[Recoverable], others: Account | None) -> list[Restored]:
    """`others`: whose it is, where somebody else puts it back."""
    if not found:
        return []
    living = {box.id: box for box in await list_mailboxes(mail, owner)}
    groups: dict[str, list[str]] = defaultdict(list)
    for each in found:
        # The sweep, which may have looked already, leaves it.
        if await mail.blobs.touch(each.blob):
            groups[each.mailbox_id if each.mailbox_id in living else ""].append(each.id)
    done = []
    for mailbox_id, ids in groups.items():
        box = living[mailbox_id] if mailbox_id else await open_or_create(mail, owner, RESTORED)
        done += await _into(mail, box, ids, others)
    return done


async def _into(mail: Mail, box: Mailbox, ids: Sequence[str], others: Account | None) -> list[Restored]:
    try:
        return await mail.store.transaction(lambda session: _put(mail, box, ids, others, session))
    except NotFound:  # deleted at this very moment
        there = await open_or_create(mail, box.owner, RESTORED)
        return await mail.store.transaction(lambda session: _put(mail, there, ids, others, session))


async def _put(mail: Mail, box: Mailbox, ids: Sequence[str], others: Account | None, session: Any) -> list[Restored]:
    kept = await mail.store.recoverable.take(box.owner, ids, session=session)
    if not kept:
        return []
    after = await mail.store.mailboxes.advance(
        box.owner,
        box.id,
        uids=len(kept),
        messages=len(kept),
        unseen=sum(not each.copy.seen for each in kept),
        size=sum(each.copy.size for each in kept),
        bounds=await bounds_of(mail, box.owner),
        session=session,
    )
    # One that came once more meanwhile, by an import, has the id.
    taken = await mail.store.messages.present(box.owner, [each.own_id for each in kept], session=session)
    carried = []
    for each in kept:
        own_id = new_id() if each.own_id in taken else each.own_id
        taken.add(own_id)
        carried.append((each.copy, own_id))
    uids = list(range(after.uid_next - len(kept), after.uid_next))
    facts = [restored(after, uids, await hearers_of(mail, after)), *_told(others, len(kept))]
    await mail.store.messages.insert_carried(after, carried, uids, facts, mail.now(), session=session)
    if after.handed:
        await mail.store.handovers.ask(box.owner, mail.now(), session=session)
    return [Restored(each.id, own_id, box.id) for each, (_, own_id) in zip(kept, carried, strict=True)]


def _told(others: Account | None, count: int) -> list[Fact]:
    if others is None:
        return []
    details = {"messages": str(count)}
    return [acted("restore_mail", others.id, details, named=others.address, unit_path=others.unit_path)]
