"""Hold an account to what it may send: whoever has its password is stopped, and somebody hears of it."""

from collections.abc import Sequence
from typing import Any

import structlog
from prometheus_client import Counter

from chassis.errors import TooManyRequests
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.sending import Exceeded, Tally
from services.mail.store.ids import key
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted, sending_limited
from services.mail.usecases.limits import limits_of

log = structlog.get_logger(__name__)
LIMITED = Counter("mail_sending_limited", "Messages that were refused since their account sent too many", ["limit"])


class SendingLimited(Exception):
    """An account is beyond what it may send; the transaction that found it is undone."""

    def __init__(self, exceeded: Exceeded) -> None:
        super().__init__(exceeded.limit)
        self.exceeded = exceeded


async def count_recipients(mail: Mail, accepted: Accepted, *, session: Any) -> None:
    """Count those of a message, in the transaction that accepts it. Raises `SendingLimited`."""
    tally = await mail.store.tallies.of(accepted.owner, mail.now(), session=session)
    # Whose account is not here yet is a colleague all the same.
    elsewhere = sum(not mail.domains.hold(address) for address in accepted.foreign)
    tally = tally.with_recipients(elsewhere, len(accepted.local) + len(accepted.foreign) - elsewhere)
    if exceeded := tally.exceeded((await limits_of(mail, accepted.owner)).allowance):
        raise SendingLimited(exceeded)
    await mail.store.tallies.keep(accepted.owner, tally, session=session)


async def count_by_themselves(mail: Mail, owner: str, sent: Sequence[Accepted], *, session: Any) -> None:
    """What leaves by itself, by a script or as a receipt, has the limits of what people send, and a count of its own: a
    flood of letters that cause others does not keep their reader from writing. Raises `SendingLimited`."""
    if not sent:
        return
    counted = key(owner, "scripts")
    tally = await mail.store.tallies.of(counted, mail.now(), session=session)
    foreign = sum(bool(each.foreign) for each in sent)
    tally = tally.with_recipients(foreign, len(sent) - foreign)
    if exceeded := tally.exceeded((await limits_of(mail, owner)).allowance):
        raise SendingLimited(exceeded)
    await mail.store.tallies.keep(counted, tally, session=session)


async def refuse_limited(mail: Mail, owner: str, exceeded: Exceeded) -> TooManyRequests:
    """What the sender is told; everybody else is told once until the limit ends."""
    LIMITED.labels(exceeded.limit).inc()
    if await mail.store.tallies.limited(owner, exceeded.until, mail.now(), [sending_limited(owner, exceeded)]):
        log.warning("sending_limited", account=owner, limit=exceeded.limit, until=exceeded.until.isoformat())
    wait = (exceeded.until - mail.now()).total_seconds()
    return TooManyRequests("More recipients than an account may write to; go on later", retry_after=max(1.0, wait))


async def tally_of(mail: Mail, owner: str) -> Tally:
    """How many an account has written to lately."""
    return await mail.store.tallies.of(owner, mail.now())


async def lift_limit(mail: Mail, owner: str, stands: Whereabouts) -> None:
    """Let an account go on before time does: it begins to be counted anew. The audit log keeps it."""
    act = acted("lift_sending_limit", owner, {}, named=stands.name, unit_path=stands.unit_path)
    await mail.store.tallies.begin_anew(owner, mail.now(), [act])
