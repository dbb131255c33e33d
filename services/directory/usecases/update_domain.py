"""Change whose a mail domain is, who administers it, and whether it takes new addresses."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.mail_domains import MailDomain
from services.directory.usecases import facts
from services.directory.usecases.authority import NO_ACCOUNT, caller, visible_unit
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import domain_to_change, path_of

FIELDS = frozenset({"unit_id", "administrator_ids", "state"})


@dataclass(frozen=True)
class DomainChanges:
    """What a domain is to be, as far as `fields` names it."""

    fields: Collection[str]
    unit_id: str = ""
    administrators: tuple[str, ...] = ()
    state: str = ""


async def update_domain(directory: Directory, name: str, wanted: DomainChanges, expected: int = 0) -> MailDomain:
    """Whoever administers its unit names its administrators and closes it; the national administrator moves it.

    Raises `InvalidInput`, `Forbidden`, `NotFound`, `PreconditionFailed` (another version), `Conflict`.
    """
    unknown = sorted(set(wanted.fields) - FIELDS)
    if unknown or not wanted.fields:
        raise InvalidInput("Not fields that can be changed", fields={"update_mask": ", ".join(unknown) or "empty"})
    for _ in range(TRIES):
        asking = await caller(directory)
        upon = await directory.tree.current()
        before = await domain_to_change(directory, asking, name)
        before.refuse_other_version(expected)
        changed = await _changed(directory, asking, before, wanted)
        if changed == before:
            return before
        after = replace(changed, version=before.version + 1, changed_at=directory.clock())
        path = await path_of(directory, after)
        details = _differences(before, after)
        told = [facts.domain_changed(after, path)] + [
            facts.recorded("update_domain", after.name, after.name, each, details=details)
            for each in {path, await path_of(directory, before)}
        ]
        if await directory.domains.replace(after, told, upon):
            return after
    raise Conflict


async def _changed(directory: Directory, asking: Account, before: MailDomain, wanted: DomainChanges) -> MailDomain:
    changed = before
    if "unit_id" in wanted.fields and wanted.unit_id != before.unit_id:
        if not asking.is_national():
            raise Forbidden("Whose a mail domain is, is the national administrator's to say")
        changed = changed.of_unit((await visible_unit(directory, asking, wanted.unit_id)).id)
    if "state" in wanted.fields:
        changed = changed.in_state(wanted.state)
    if "administrator_ids" in wanted.fields:
        changed = changed.administered_by(wanted.administrators)
        await refuse_strangers(directory, asking, changed, set(changed.administrators) - set(before.administrators))
    return changed


async def refuse_strangers(directory: Directory, asking: Account, domain: MailDomain, ids: Iterable[str]) -> None:
    """Raise `NotFound` for an account that the caller does not administer, `InvalidInput` for one that stands neither
    in nor below the domain's unit."""
    wanted = set(ids)
    known = {each.id: each for each in await directory.accounts.among(sorted(wanted)) if _administered(asking, each)}
    if missing := wanted - known.keys():
        raise NotFound(NO_ACCOUNT, fields={"administrator_ids": min(missing)[:40]})
    if outside := [each.address for each in known.values() if domain.unit_id not in each.unit_path]:
        place = "A mail domain is administered by who stands in or below its unit"
        raise InvalidInput(place, fields={"administrator_ids": min(outside)})


def _administered(asking: Account, account: Account) -> bool:
    return asking.administers(account.unit_path)


def _differences(before: MailDomain, after: MailDomain) -> dict[str, str]:
    found = {
        "unit": (before.unit_id, after.unit_id),
        "state": (before.state, after.state),
        "administrators": (" ".join(before.administrators), " ".join(after.administrators)),
    }
    return {field: f"{was or 'none'} → {now or 'none'}" for field, (was, now) in found.items() if was != now}
