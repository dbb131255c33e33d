"""Put a received message into the INBOX of each recipient, or into Junk."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from chassis.errors import OverQuota, WorkspaceError
from chassis.telemetry import span
from services.mail.domain.envelope import Delivery, Outcome, Result
from services.mail.domain.junk_digest import next_morning
from services.mail.domain.message import Arrival, Content
from services.mail.store.encoding import described
from services.mail.store.errors import Repeated
from services.mail.store.repeats import mark
from services.mail.usecases.arrivals import arrive
from services.mail.usecases.context import Mail
from services.mail.usecases.place import Newcomer
from services.mail.usecases.quota import found_full

log = structlog.get_logger(__name__)
# Copies of one message that are written at a time.
AT_ONCE = 8


async def deliver(mail: Mail, *, sender: str, content: Content, deliveries: Sequence[Delivery]) -> list[Outcome]:
    """One blob, one document per account; `sender` is the envelope's, empty for a bounce.

    A repeat of the same sender, account and bytes within a day makes no second copy (`REPEATED`, a success): so a
    sender whose 250 was lost may try again. Outcomes stand in the order of `deliveries`; several deliveries to one
    account share one copy. When it returns, what is `DELIVERED` is durable. Per recipient the number of database
    operations is constant.
    """
    shared = described(content)
    slots = asyncio.Semaphore(AT_ONCE)
    accounts: dict[str, Delivery] = {}
    for delivery in deliveries:
        for account_id in delivery.recipient.accounts:
            accounts.setdefault(account_id, delivery)

    async def one(account_id: str, delivery: Delivery) -> Outcome:
        async with slots:
            return await _outcome(mail, sender, content, account_id, delivery, shared)

    with span("mail.deliver", accounts=len(accounts), size=content.size):
        done = await asyncio.gather(*(one(*each) for each in accounts.items()))
    results = dict(zip(accounts, done, strict=True))
    return [_as_asked([results[each] for each in delivery.recipient.accounts], delivery) for delivery in deliveries]


def _as_asked(outcomes: Sequence[Outcome], delivery: Delivery) -> Outcome:
    """The outcome of the accounts' copies, told of the address that they were asked for.

    Where one failed the address has failed, and is tried again: whoever has a copy gets no second one. Who has no room
    for what another one received misses it.
    """
    failed = sorted(
        (each for each in outcomes if each.result is Result.FAILED), key=lambda each: isinstance(each.error, OverQuota)
    )
    received = [each for each in outcomes if each.result is not Result.FAILED]
    missed = bool(failed) and isinstance(failed[0].error, OverQuota) and bool(received)
    outcome = failed[0] if failed and not missed else received[0]
    return Outcome(delivery.recipient, outcome.result, outcome.message_id, outcome.uid, outcome.error)


async def _outcome(
    mail: Mail, sender: str, content: Content, owner: str, delivery: Delivery, shared: Mapping[str, Any]
) -> Outcome:
    newcomer = Newcomer(Arrival(content, delivery.prefix, (), mail.now()), shared)
    try:
        if delivery.junk:
            # Before it comes: whoever dies between tells of nothing new.
            await mail.store.digests.ask(owner, next_morning(mail.now()))
        repeat = mark(owner, "delivered", sender, content.blob)
        placed = await arrive(mail, owner, newcomer, repeat, junk=delivery.junk, beyond_quota=delivery.beyond_quota)
    except Repeated:
        return Outcome(delivery.recipient, Result.REPEATED)
    except OverQuota as error:
        await found_full(mail, [owner])
        return Outcome(delivery.recipient, Result.FAILED, error=error)
    except WorkspaceError as error:
        log.error("delivery_failed", account=owner, error=str(error))
        return Outcome(delivery.recipient, Result.FAILED, error=error)
    return Outcome(delivery.recipient, Result.DELIVERED, placed.message_id, placed.uid)
