"""What holds for an account: by what it and its units were given, and the platform's settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.mail.domain.allotment import Allotment, Holder, Limits, Whereabouts, checked, limits, units_upwards
from services.mail.domain.quota import Quota
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted, instead


async def limits_of(mail: Mail, owner: str) -> Limits:
    """What holds for an account."""
    found = mail.known.limits.get(owner)
    if found is None:
        stands = await mail.people.whereabouts(owner)
        holders = [(Holder.ACCOUNT, owner), *units_upwards(stands.unit_path if stands is not None else ())]
        found = limits(await mail.store.allotments.among(holders), mail.options.quota, mail.options.allowance)
        mail.known.limits[owner] = found
    return found


async def quota_of(mail: Mail, owner: str) -> Quota:
    """What an account may keep."""
    return (await limits_of(mail, owner)).quota


async def limits_in(mail: Mail, unit_path: Sequence[str]) -> Limits:
    """What holds for accounts in the unit at the end of a path from the root."""
    return limits(
        await mail.store.allotments.among(units_upwards(unit_path)), mail.options.quota, mail.options.allowance
    )


async def allotment_of(mail: Mail, holder: Holder, holder_id: str) -> Allotment:
    """What an account or unit itself was given."""
    found = await mail.store.allotments.among([(holder, holder_id)])
    return found[0] if found else Allotment(holder, holder_id, {})


@dataclass(frozen=True, slots=True)
class Giving:
    """To whom something is given, and whether whoever gives may give as much as there is."""

    holder: Holder
    holder_id: str
    whereabouts: Whereabouts
    unlimited: bool = False


async def allot(mail: Mail, giving: Giving, fields: Mapping[str, int]) -> None:
    """Give an account or a unit what `fields` say, instead of whatever it was given before; what they do not say it
    has from above. The audit log keeps it.

    Raises `InvalidInput`. Other processes know within seconds.
    """
    holder, holder_id, found = giving.holder, giving.holder_id, giving.whereabouts
    before = (await allotment_of(mail, holder, holder_id)).fields
    given = checked(fields, None if giving.unlimited else (mail.options.quota, mail.options.allowance), before)
    act = acted(f"allot_{holder.value}", holder_id, instead(before, given), named=found.name, unit_path=found.unit_path)
    await mail.store.allotments.give(holder, holder_id, given, [act])
    mail.known.limits.clear()
