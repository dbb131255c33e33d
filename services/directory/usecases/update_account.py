"""Change an account's name, profile, aliases, unit, roles, or place in the address book."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from chassis.errors import InvalidInput
from services.directory.domain.accounts import PROFILE, Account
from services.directory.usecases import facts
from services.directory.usecases.authority import account_to_change, caller, unit_to_fill
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory
from services.directory.usecases.granting import Wish, regranted, spelled_roles
from services.directory.usecases.mail_domains import refuse_foreign_domains
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.sensitive import account_kept, administrators, granting, roles_kept

_PROFILE = {"profile": PROFILE, **{f"profile.{field}": (field,) for field in PROFILE}}
FIELDS = frozenset({"display_name", "aliases", "unit_id", "roles", "hidden", *_PROFILE})


async def update_account(
    directory: Directory, given: Account, unit_id: str, roles: Sequence[Wish], fields: Collection[str]
) -> Account:
    """Change the `fields` named. Raises `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound`, `Conflict`."""
    unknown = sorted(set(fields) - FIELDS)
    if unknown or not fields:
        raise InvalidInput("Not fields that can be changed", fields={"update_mask": ", ".join(unknown) or "empty"})
    asking = await caller(directory)

    seen: list[Account] = []

    async def change(account: Account) -> Account:
        seen[:] = [account]
        if "display_name" in fields:
            account = account.with_name(given.display_name)
        account = account.with_profile(given.profile, {name for path in fields for name in _PROFILE.get(path, ())})
        if "aliases" in fields:
            before = account.aliases
            account = account.with_addresses(account.address, given.aliases)
            added = set(account.aliases) - set(before)
            await refuse_foreign_domains(directory, asking, account.unit_path, added)
        if "hidden" in fields:
            account = replace(account, hidden=given.hidden)
        if "unit_id" in fields and unit_id != account.unit_id:
            account = replace(account, unit_path=await unit_to_fill(directory, asking, unit_id))
        if "roles" in fields:
            account = account.with_roles(await regranted(directory, asking, account, roles))
            appointed = administrators(set(account.roles) - set(seen[0].roles))
            if appointed:
                kept = {"account": account_kept(given), "unit_id": unit_id, "roles": roles_kept(roles)}
                act = granting("update_account", account, appointed, {**kept, "fields": sorted(fields)})
                await ask_second_administrator(directory, asking, act)
        return account

    return await change_account(
        directory,
        lambda: account_to_change(directory, asking, given.id),
        change,
        lambda account: [facts.changed(account), *recorded_change(seen[0], account)],
    )


def recorded_change(before: Account, after: Account, more: Mapping[str, str] | None = None) -> list[facts.Fact]:
    """What the audit log keeps of a change; the auditors of a ministry that lost somebody are told as well."""
    details = {**_differences(before, after), **(more or {})}
    told = [facts.recorded_of("update_account", after, details=details)]
    if before.unit_path[:1] != after.unit_path[:1]:
        told.append(facts.recorded("update_account", after.id, after.address, before.unit_path, details=details))
    return told


def _differences(before: Account, after: Account) -> dict[str, str]:
    """The fields that changed, and what they were where that says who may do what; no more of a person than needed."""
    found = {
        "display_name": (before.display_name, after.display_name),
        "aliases": (" ".join(before.aliases), " ".join(after.aliases)),
        "unit": (before.unit_id, after.unit_id),
        "roles": (spelled_roles(before.roles), spelled_roles(after.roles)),
    }
    said = {field: f"{was or 'none'} → {now or 'none'}" for field, (was, now) in found.items() if was != now}
    if before.profile != after.profile:
        changed = [field for field in PROFILE if getattr(before.profile, field) != getattr(after.profile, field)]
        said["profile"] = " ".join(changed)
    return said
