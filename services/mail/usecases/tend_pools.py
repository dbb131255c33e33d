"""Look after the room that units share: it is used well, and who administers them knows when there is little left."""

from datetime import datetime, timedelta

import structlog

from chassis.errors import WorkspaceError
from services.mail.domain.pool import OFTEN, SELDOM, SOON, Pool
from services.mail.store.pools import Round
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import pool_reached
from services.mail.usecases.pools import settle

log = structlog.get_logger(__name__)
# For so long a worker has a pool for itself, of so many that are due; so many accounts are looked at together.
LEASE, AT_ONCE, PAGE = timedelta(minutes=10), 20, 200


async def tend_pools(mail: Mail) -> int:
    """Count what new pools are to count, have accounts give back what they do not use, and tell of pools that are
    nearly full. Returns how many were looked after."""
    due = await mail.store.pools.claim_due(mail.now(), LEASE, AT_ONCE)
    for claim in due:
        try:
            await _tend(mail, claim)
        except WorkspaceError as error:  # due again after the lease; the others need not wait for it
            log.error("pool_not_tended", unit=claim.pool.unit_id, error=str(error))
    return len(due)


async def _tend(mail: Mail, claim: Round) -> None:
    """One round; it ends where somebody else has it by now."""
    after = claim.after
    if claim.pool.counting and claim.pool.octets is not None:
        if not await _count(mail, claim):
            return
        after = ""
    if await _return_spare(mail, claim, after):
        await _weigh(mail, claim)


async def _count(mail: Mail, claim: Round) -> bool:
    """Have every account below the unit borrow for what it keeps already. A round that dies goes on where it was.
    Whether it came to the end."""
    after = claim.after
    while people := await mail.people.page(claim.pool.unit_id, after, PAGE):
        for person in people:
            await settle(mail, person.account_id)
        after = people[-1].account_id
        if not await mail.store.pools.passed(claim, after, mail.now() + LEASE, counting=True):
            return False
    return await mail.store.pools.passed(claim, "", mail.now() + LEASE, counting=False)


async def _return_spare(mail: Mail, claim: Round, after: str) -> bool:
    """Where there is little left each account gives back all that it does not use; where there is no pool any more,
    all of it. Whether that came to the end."""
    pool = await mail.store.pools.of(claim.pool.unit_id)
    if pool is None:
        return False
    kept = 0 if pool.near else 2 * pool.block
    while borrowers := await mail.store.pools.borrowers(pool.unit_id, after, PAGE):
        for owner, spare in borrowers:
            if pool.octets is None:
                await settle(mail, owner)
            elif not 0 <= spare <= kept:
                await _return_spare_of(mail, owner, kept)
        after = borrowers[-1][0]
        if not await mail.store.pools.passed(claim, after, mail.now() + LEASE, counting=False):
            return False
    return True


async def _return_spare_of(mail: Mail, owner: str, kept: int) -> None:
    await mail.store.transaction(lambda session: mail.store.pools.return_spare(owner, kept, session=session))


async def _weigh(mail: Mail, claim: Round) -> None:
    """Tell of what it has come to, once until there is room again."""
    pool = await mail.store.pools.of(claim.pool.unit_id)
    if pool is None:
        return
    now, level = mail.now(), pool.level
    facts = []
    if level > pool.told:
        administrators = await mail.people.administrators(pool.unit_path)
        facts = [pool_reached(pool, level, [each.account_id for each in administrators])]
    told = level if level > pool.told or pool.relieved else pool.told
    full_since = (pool.full_since or now) if level == 100 else None
    await mail.store.pools.weighed(claim, told, full_since, _next(now, pool), facts)
    if pool.octets is None:
        await mail.store.pools.ended(claim)


def _next(now: datetime, pool: Pool) -> datetime:
    if pool.level == 100:
        return now + SOON
    return now + (OFTEN if pool.near else SELDOM)
