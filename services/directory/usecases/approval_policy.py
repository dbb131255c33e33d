"""What two administrators have to agree upon, by unit and inherited downwards."""

from collections.abc import Collection
from dataclasses import replace

from chassis.errors import Conflict, Forbidden
from services.directory.domain.approvals import ACTS, CHANGE_POLICY, ApprovalPolicy, SensitiveAct, proper_acts, wanted
from services.directory.usecases import facts
from services.directory.usecases.authority import caller, unit_to_fill
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.second_administrator import ask_second_administrator


async def get_approval_policy(directory: Directory, unit_id: str) -> tuple[ApprovalPolicy, list[str]]:
    """A unit's own policy, and the acts that two have to agree upon there. Raises `NotFound`, `Forbidden`."""
    path = await unit_to_fill(directory, await caller(directory), unit_id)
    policies = await directory.approvals.policies(path)
    effective = wanted(policies)
    return _own(policies, unit_id), [act for act in ACTS if act in effective]


async def set_approval_policy(directory: Directory, unit_id: str, acts: Collection[str]) -> ApprovalPolicy:
    """The policy of a unit and of all below it; of the empty id of the whole administration.

    Two national administrators agree upon it, always: nobody weakens it alone, and nobody makes one under which he
    is the only one there is. Raises `InvalidInput`, `Forbidden`, `NotFound`, `ApprovalRequired`, `Conflict`.
    """
    for _ in range(TRIES):
        asking = await caller(directory)
        path = await unit_to_fill(directory, asking, unit_id)
        if not asking.is_national():
            raise Forbidden("What two have to agree upon is the national administrator's to say")
        proper = proper_acts(acts)
        before = _own(await directory.approvals.policies(path), unit_id)
        if before.acts == proper:
            return before
        unit = await directory.units.find(unit_id) if unit_id else None
        name = unit.name if unit is not None else ""
        arguments = {"unit_id": unit_id, "acts": list(proper)}
        details = {"acts": f"{' '.join(before.acts) or 'none'} → {' '.join(proper) or 'none'}"}
        await ask_second_administrator(
            directory,
            asking,
            SensitiveAct(CHANGE_POLICY, "set_approval_policy", arguments, unit_id, name, (path,), ((),), details),
        )
        after = replace(before, acts=proper, version=before.version + 1)
        told = facts.recorded("set_approval_policy", unit_id, name, path, details=details)
        if await directory.approvals.put_policy(after, [told]):
            return after
    raise Conflict


def _own(policies: Collection[ApprovalPolicy], unit_id: str) -> ApprovalPolicy:
    return next((each for each in policies if each.unit_id == unit_id), ApprovalPolicy(unit_id))
