"""How long an account's mail is kept: by what it and its units were given, and the platform's settings."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.mail.domain.allotment import Holder, Whereabouts, units_upwards
from services.mail.domain.retention import Given, Retention, checked, removes, retention
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted, instead

# What was given by mistake removes nothing for so long, while people see already what it will do.
BEGINS_AFTER = timedelta(days=1)


async def retention_of(mail: Mail, owner: str) -> Retention:
    """What holds for an account."""
    found = mail.known.retention.get(owner)
    if found is None:
        stands = await mail.people.whereabouts(owner)
        found = await retention_at(mail, owner, stands.unit_path if stands is not None else ())
        mail.known.retention[owner] = found
    return found


async def retention_at(mail: Mail, owner: str, unit_path: Sequence[str]) -> Retention:
    """What holds for an account that stands at the end of a path from the root, or for any there without an `owner`."""
    account = [(Holder.ACCOUNT, owner)] if owner else []
    given = await mail.store.retention_policies.among([*account, *units_upwards(unit_path)])
    return retention(given, mail.options.deleted_kept)


async def given_to(mail: Mail, holder: Holder, holder_id: str) -> Given:
    """What an account or unit itself was given."""
    found = await mail.store.retention_policies.among([(holder, holder_id)])
    return found[0] if found else Given(holder, holder_id, {})


async def give_retention(
    mail: Mail, holder: Holder, holder_id: str, stands: Whereabouts, fields: Mapping[str, int]
) -> None:
    """Give an account or a unit what `fields` say, instead of whatever it was given before; what they do not say it has
    from above. The audit log keeps it. Raises `InvalidInput`. Other processes know within seconds."""
    given, before = checked(fields), (await given_to(mail, holder, holder_id)).fields
    act = acted(
        f"retain_{holder.value}", holder_id, instead(before, given), named=stands.name, unit_path=stands.unit_path
    )
    due = mail.now() + BEGINS_AFTER if removes(given) else None
    await mail.store.retention_policies.give(holder, holder_id, given, due, [act])
    mail.known.retention.clear()
