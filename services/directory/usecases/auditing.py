"""Whose records an auditor reads."""

from chassis.errors import Forbidden, NotFound
from services.directory.domain.accounts import AUDITOR, Account
from services.directory.usecases.authority import NO_UNIT, caller
from services.directory.usecases.context import Directory


async def auditor(directory: Directory) -> tuple[Account, list[str] | None]:
    """The caller, and the units that it audits; None for all. Raises `Forbidden` when its role was taken away."""
    asking = await caller(directory)
    grants = [grant for grant in asking.roles if grant.role == AUDITOR]
    if not grants:
        raise Forbidden("For auditors only")
    if any(not grant.unit_path for grant in grants):
        return asking, None
    return asking, sorted({grant.unit_id for grant in grants})


async def audited_unit(directory: Directory, asking: Account, unit_id: str) -> None:
    """Raises `NotFound` for a unit that the caller does not audit."""
    if asking.holds(AUDITOR, ()):
        return
    unit = await directory.units.find(unit_id)
    if unit is None or not asking.holds(AUDITOR, unit.path):
        raise NotFound(NO_UNIT)
