"""Have an act wait for a second administrator where the policy of its units wants two.

A use case asks here when everything else has been checked and nothing has been written yet. So whoever would be
allowed alone is whoever gets as far as this: the same path tells whether somebody may approve.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from chassis.errors import ApprovalRequired, Forbidden, TooManyRequests
from chassis.identity import current_identity
from chassis.ids import new_id
from services.directory.domain.accounts import Account
from services.directory.domain.approvals import (
    CHANGE_POLICY,
    EXPIRED,
    LASTS,
    MOST_WAITING,
    WAITING,
    Approval,
    Path,
    SensitiveAct,
    wanted,
)
from services.directory.usecases import facts
from services.directory.usecases.context import Directory
from services.directory.usecases.standing_in import stand_in

PURPOSE = "approval"


class Rehearsed(Exception):
    """Whoever stands in would be allowed."""


async def ask_second_administrator(directory: Directory, asking: Account, act: SensitiveAct) -> None:
    """Return when one administrator is enough, or a second one has approved; else keep the act.

    Raises `ApprovalRequired` with the approval's id, `TooManyRequests` from who has asked for too much already.
    """
    standing = stand_in()
    if standing is not None and standing.rehearses:
        raise Rehearsed
    if standing is not None or not await wants_two(directory, {act.act, act.also}, act.governed):
        return
    raise _required(await _kept(directory, asking, act))


async def refuse_alone(directory: Directory, act: str, governed: Sequence[Path]) -> None:
    """Raise `Forbidden` where two are wanted and what is asked for cannot be kept."""
    if await wants_two(directory, {act}, governed):
        raise Forbidden("This takes a second administrator: ask for it by itself")


async def wants_two(directory: Directory, acts: Collection[str], governed: Sequence[Path]) -> bool:
    """Whether the policies of some units, or of what is above them, want two for one of some acts."""
    if CHANGE_POLICY in acts:
        return True
    units = sorted({unit for path in governed for unit in path})
    return not wanted(await directory.approvals.policies(units)).isdisjoint(acts)


async def _kept(directory: Directory, asking: Account, act: SensitiveAct) -> Approval:
    if await directory.approvals.count_waiting(asking.id) >= MOST_WAITING:
        raise TooManyRequests("So much waits for a second administrator: have it decided first", retry_after=3600)
    now, own = directory.clock(), new_id()
    text = json.dumps(act.arguments, sort_keys=True, ensure_ascii=False)
    session = await directory.sessions.find(current_identity().session_id)
    approval = Approval(
        id=own,
        act=act.act,
        operation=act.operation,
        target_id=act.target_id,
        target=act.target,
        governed=act.governed,
        by=act.by,
        details=act.details,
        asked_by=asking.id,
        asker=asking.address,
        asked_at=now,
        expires_at=now + LASTS,
        acr=session.acr if session is not None else "",
        sealed=directory.sealer.seal(text, PURPOSE, own),
    )
    # Asked again, it is the same still: callers repeat what they lost the answer of.
    same = directory.sealer.proofs(PURPOSE, f"{asking.id}.{act.operation}.{text}")[0].hex()
    told = [facts.approval_changed(approval), *facts.recorded_of_approval("ask_approval", approval)]
    found = await directory.approvals.insert(approval, same, told)
    if found.waits(now):
        return found
    await expire(directory, found)
    return await directory.approvals.insert(approval, same, told)


async def expire(directory: Directory, approval: Approval) -> bool:
    """Nobody decided in time."""
    over = replace(approval, state=EXPIRED, version=approval.version + 1)
    told = [facts.approval_changed(over), *facts.recorded_of_approval("expire_approval", over)]
    return await directory.approvals.end(over, WAITING, directory.clock(), told)


def _required(approval: Approval) -> ApprovalRequired:
    until = approval.expires_at.isoformat(timespec="seconds")
    return ApprovalRequired(fields={"approval_id": approval.id, "expires_at": until})
