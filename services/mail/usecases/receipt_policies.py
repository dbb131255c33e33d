"""Whether receipts are sent: what units let their accounts do, and what an account wants of that."""

from collections.abc import Sequence
from dataclasses import asdict

from services.mail.domain.allotment import Holder, Whereabouts, units_upwards
from services.mail.domain.receipt_policy import Given, Manner, Manners, manners, narrowed, refuse_more
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted
from services.mail.usecases.standing import standing


async def given_to(mail: Mail, unit_id: str) -> Given:
    """What a unit itself was given."""
    return (await mail.store.receipt_policies.among([(Holder.UNIT, unit_id)]))[0]


async def manners_in(mail: Mail, unit_path: Sequence[str]) -> Manners:
    """What accounts may do in the unit at the end of a path from the root."""
    return manners(await mail.store.receipt_policies.among(units_upwards(unit_path)))


async def manners_of(mail: Mail, owner: str) -> Manners:
    """What holds for an account, or for a function that keeps its own mail."""
    wanted, let = await wishes_of(mail, owner)
    return narrowed(let, wanted)


async def wishes_of(mail: Mail, owner: str) -> tuple[Given, Manners]:
    """What an account wants, and what its units let it do."""
    holders = [(Holder.ACCOUNT, owner), *units_upwards((await standing(mail, owner)).unit_path)]
    wanted, *above = await mail.store.receipt_policies.among(holders)
    return wanted, manners(above)


async def put_policy(mail: Mail, unit_id: str, stands: Whereabouts, given: Given) -> None:
    """Give a unit this instead of what it had; what is not said it has from above. The audit log keeps it."""
    had = await given_to(mail, unit_id)
    told = {
        name: " > ".join(each.name.lower() if each is not None else "-" for each in (getattr(had, name), wanted))
        for name, wanted in (("inside", given.inside), ("outside", given.outside))
    }
    act = acted("put_receipt_policy", unit_id, told, named=stands.name, unit_path=stands.unit_path)
    await mail.store.receipt_policies.put(Holder.UNIT, unit_id, asdict(given), [act])


async def want_receipts(mail: Mail, owner: str, **wanted: Manner | None) -> None:
    """What an account wants instead of what it wanted; what is not named it wants as before. Raises `InvalidInput` for
    more than its units let it do now; where they let less later, that holds."""
    _, let = await wishes_of(mail, owner)
    refuse_more(let, Given(**wanted))
    await mail.store.receipt_policies.put(Holder.ACCOUNT, owner, wanted)
