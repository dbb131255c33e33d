"""Read, explain and decide upon what waits for a second administrator."""

import json
from dataclasses import replace

from chassis.errors import Forbidden, NotFound, PreconditionFailed
from chassis.identity import current_identity
from services.directory.domain import text
from services.directory.domain.accounts import Account
from services.directory.domain.approvals import APPROVED, REFUSED, WAITING, WITHDRAWN, Approval
from services.directory.usecases import facts
from services.directory.usecases.authority import Concealed, caller
from services.directory.usecases.carry_out import RESULT, carry_out, deciding, rehearse
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import page_size, resume_after, token_after

NO_APPROVAL = "There is no such approval"


async def _seen(directory: Directory, asking: Account, approval_id: str) -> Approval:
    """One that the caller has asked for, or has authority where it is done. Raises `NotFound`."""
    approval = await directory.approvals.find(approval_id)
    if approval is None:
        raise NotFound(NO_APPROVAL)
    if approval.asked_by != asking.id and not await _reaches(directory, asking, approval):
        path = approval.governed[0] if approval.governed else ()
        raise Concealed(NO_APPROVAL, approval.id, approval.target, path)
    return approval


async def _reaches(directory: Directory, asking: Account, approval: Approval) -> bool:
    tree = await directory.tree.current()
    return all(asking.administers(tree.place(path)) for path in approval.by)


async def get_approval(directory: Directory, approval_id: str) -> Approval:
    """Raises `NotFound`."""
    return await _seen(directory, await caller(directory), approval_id)


async def list_approvals(directory: Directory, asked: bool, size: int, token: str) -> tuple[list[Approval], str]:
    """A page of what the caller has asked for, newest first; or may decide upon, oldest first."""
    asking, count = await caller(directory), page_size(size)
    after = resume_after(token, "approvals", str(asked))
    if asked:
        every = await directory.approvals.asked_by(asking.id)
        found = [each for each in every if not after or each.id < after]
    else:
        now = directory.clock()
        waiting = [each for each in await directory.approvals.waiting() if each.waits(now) and each.id > after]
        found = [each for each in waiting if each.asked_by != asking.id and each.target_id != asking.id]
        found = [each for each in found if await _reaches(directory, asking, each)]
    page = found[:count]
    return page, token_after("approvals", str(asked), page[-1].id) if len(found) > count else ""


async def explain_approval(directory: Directory, approval_id: str, reason: str) -> Approval:
    """Say why it is asked for. Raises `NotFound`, `Forbidden` (another's), `PreconditionFailed`, `InvalidInput`."""
    asking = await caller(directory)
    approval = await _seen(directory, asking, approval_id)
    if approval.asked_by != asking.id:
        raise Forbidden("Why it is asked for is said by who asked")
    why = text.name(reason, "reason")
    if not await directory.approvals.explain(approval, why):
        raise _decided()
    return replace(approval, reason=why, version=approval.version + 1)


async def approve(directory: Directory, approval_id: str) -> Approval:
    """Approve what another administrator has asked for, and have it done; the approval says what became of it.

    Raises `NotFound`, `Forbidden` (what the caller asked for itself, what concerns itself, what it might not do alone),
    `PreconditionFailed` (decided upon, or over), and whatever keeps the act from being done by anybody.
    """
    asking = await caller(directory)
    approval = await _seen(directory, asking, approval_id)
    if approval.asked_by == asking.id:
        raise Forbidden("Nobody approves what they asked for themselves")
    if approval.target_id == asking.id:
        raise Forbidden("Nobody approves what is done to their own account")
    now = directory.clock()
    if not approval.waits(now):
        raise _decided()
    session = await directory.sessions.find(current_identity().session_id)
    acr = session.acr if session is not None else ""
    approved = replace(
        approval,
        state=APPROVED,
        decided_by=asking.id,
        decider=asking.address,
        decided_at=now,
        decider_acr=acr,
        version=approval.version + 1,
    )
    await rehearse(directory, approved, deciding(approved, acr), asking.address)
    told = [facts.approval_changed(approved), *facts.recorded_of_approval("approve", approved)]
    if not await directory.approvals.approve(approved, now, told):
        raise _decided()
    return await carry_out(directory, approved)


async def refuse(directory: Directory, approval_id: str, reason: str) -> Approval:
    """Refuse what another has asked for; withdraw what the caller has. Raises `NotFound`, `PreconditionFailed`."""
    asking = await caller(directory)
    approval = await _seen(directory, asking, approval_id)
    own = approval.asked_by == asking.id
    if not own and approval.target_id == asking.id:
        raise Forbidden("Nobody decides upon what is done to their own account")
    why, now = text.name(reason, "reason") if reason or not own else "", directory.clock()
    ended = replace(
        approval,
        state=WITHDRAWN if own else REFUSED,
        decided_by=asking.id,
        decider=asking.address,
        decided_at=now,
        answer=why,
        version=approval.version + 1,
    )
    act = "withdraw_approval" if own else "refuse_approval"
    told = [facts.approval_changed(ended), *facts.recorded_of_approval(act, ended)]
    if not approval.waits(now) or not await directory.approvals.end(ended, WAITING, now, told):
        raise _decided()
    return ended


async def take_result(directory: Directory, approval_id: str) -> dict[str, str]:
    """What the act answers to who asked for it, once. Raises `NotFound`, also when there is nothing any more."""
    asking = await caller(directory)
    approval = await _seen(directory, asking, approval_id)
    sealed = await directory.approvals.take_result(approval.id) if approval.asked_by == asking.id else ""
    if not sealed:
        raise NotFound("There is nothing to be taken")
    values: dict[str, str] = json.loads(directory.sealer.open(sealed, RESULT, approval.id))
    return values


def _decided() -> PreconditionFailed:
    return PreconditionFailed("It has been decided upon, or its time is over")
