"""Roles that one account wants to give another."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import Forbidden
from services.directory.domain.accounts import Account, RoleGrant
from services.directory.usecases.authority import unit_to_fill
from services.directory.usecases.context import Directory


@dataclass(frozen=True)
class Wish:
    """A role over a unit, by its id; empty for the whole administration."""

    role: str
    unit_id: str


def spelled_roles(grants: Sequence[RoleGrant]) -> str:
    """Roles as the audit log tells them: "administrator over 01J…, auditor over all"."""
    return ", ".join(sorted(f"{grant.role} over {grant.unit_id or 'all'}" for grant in grants)) or "none"


async def granted(directory: Directory, asking: Account, wishes: Sequence[Wish]) -> list[RoleGrant]:
    """The grants of some wishes: nobody grants a role over what it does not administer itself."""
    return [RoleGrant(wish.role, await unit_to_fill(directory, asking, wish.unit_id)) for wish in wishes]


async def regranted(directory: Directory, asking: Account, account: Account, wishes: Sequence[Wish]) -> list[RoleGrant]:
    """The same for an account that has roles: what stays needs no authority, what goes needs as much as what comes."""
    kept = {(grant.role, grant.unit_id): grant for grant in account.roles}
    named = {(wish.role, wish.unit_id) for wish in wishes}
    for key, grant in kept.items():
        if key not in named and not asking.administers(grant.unit_path):
            raise Forbidden("A role beyond your own is not yours to take")
    stays = [kept[key] for key in named if key in kept]
    return stays + await granted(directory, asking, [w for w in wishes if (w.role, w.unit_id) not in kept])
