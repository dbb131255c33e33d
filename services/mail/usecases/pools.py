"""Room that the accounts of a unit share: who is given it, and whether there is some."""

from datetime import timedelta

from chassis.errors import InvalidInput
from services.mail.domain.allotment import Limits, Whereabouts
from services.mail.domain.pool import LEAST, MOST, Pool
from services.mail.store.usages import Counted
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted
from services.mail.usecases.limits import limits_of

# What is kept already is counted when no process believes any more that there is no pool.
COUNTED_AFTER = timedelta(seconds=10)


async def give_pool(mail: Mail, unit_id: str, stands: Whereabouts, octets: int | None) -> None:
    """Have the accounts in a unit and below it share so much, or nothing any more. The audit log keeps it.

    Who keeps more by now loses nothing. Other processes know within seconds; what is kept already is counted after.
    Raises `InvalidInput`.
    """
    if octets is not None and not LEAST <= octets <= MOST:
        raise InvalidInput("Not what a unit may share", fields={"octets": f"must be {LEAST} to {MOST}"})
    before = await mail.store.pools.of(unit_id)
    if octets is None and before is None:
        return
    had = before.octets if before is not None else None
    told = {"pool": f"{'-' if had is None else had} > {'-' if octets is None else octets}"}
    act = acted("give_pool", unit_id, told, named=stands.name, unit_path=stands.unit_path)
    given = Pool(unit_id, octets, name=stands.name, unit_path=stands.unit_path)
    await mail.store.pools.give(given, mail.now() + COUNTED_AFTER, [act])
    mail.known.limits.clear()


def too_small(limits: Limits, counted: Counted, size: int) -> Pool | None:
    """A pool that has no room for `size` octets more of an account, as far as is known without asking."""
    units = tuple(each.unit_id for each in limits.pools)
    spare = counted.borrowed - counted.usage.octets if counted.units == units else 0
    wanted = size - spare
    return next((each for each in limits.pools if wanted > 0 and each.free < wanted), None)


async def settle(mail: Mail, owner: str) -> None:
    """Have an account borrow from the pools of the units that it stands in by now, and from no others."""
    units = tuple(each.unit_id for each in (await limits_of(mail, owner)).pools)
    counted = await mail.store.usages.of(owner)
    if counted.units == units and (not units or counted.borrowed >= counted.usage.octets):
        return
    await mail.store.transaction(lambda session: mail.store.pools.settle(owner, units, session=session))
