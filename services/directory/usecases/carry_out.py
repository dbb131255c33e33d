"""Do what was approved: once, with the authority of who asked and of who approved as they are at that moment."""

import json
from dataclasses import replace
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from chassis.errors import Conflict, Forbidden, Unavailable, WorkspaceError
from chassis.identity import Identity, acting_as
from services.directory.domain.approvals import APPROVED, DONE, FAILED, GIVEN_UP_AFTER, Approval
from services.directory.store.receipts import AlreadyDone, holding
from services.directory.usecases import facts
from services.directory.usecases.context import Directory
from services.directory.usecases.operations import OPERATIONS, Result
from services.directory.usecases.second_administrator import PURPOSE, Rehearsed, expire
from services.directory.usecases.standing_in import StandIn, standing_in

log = structlog.get_logger(__name__)
RESULT = "approval-result"


async def rehearse(directory: Directory, approval: Approval, who: StandIn, address: str) -> None:
    """Raise why somebody would not be allowed to do it alone, or why it cannot be done any more."""
    try:
        await _run(directory, approval, who, address)
    except Rehearsed:
        return


async def carry_out(directory: Directory, approval: Approval, *, anew: bool = False) -> Approval:
    """The approval at its end: done, or failed with the reason; `anew` asks again whether its approver may.

    What is away for the moment, or was overtaken, leaves it as it is for the worker to come back to.
    """
    now = directory.clock()
    done = replace(approval, state=DONE, version=approval.version + 1)
    receipt = directory.approvals.receipt(done, now, _told("carry_out_approval", done))
    asker = StandIn(approval.asked_by, approval.acr, approval.asked_at, False, approval.id, approval.decider)
    try:
        if anew:
            await rehearse(directory, approval, deciding(approval, approval.decider_acr), approval.decider)
        with holding(receipt):
            result = await _run(directory, approval, asker, approval.asker)
    except AlreadyDone:
        return await directory.approvals.find(approval.id) or done
    except (Unavailable, Conflict) as error:
        log.warning("approval_put_off", approval=approval.id, error=error.detail)
        return approval
    except WorkspaceError as error:
        return await _failed(directory, approval, error)
    if not receipt.spent:
        # There was nothing left to be done.
        await directory.approvals.end(done, APPROVED, now, _told("carry_out_approval", done))
    if result:
        sealed = directory.sealer.seal(json.dumps(result), RESULT, approval.id)
        await directory.approvals.keep_result(approval.id, sealed)
    return await directory.approvals.find(approval.id) or done


def deciding(approval: Approval, acr: str) -> StandIn:
    """Who approved, to be asked whether it might do it alone."""
    assert approval.decided_at is not None  # noqa: S101 - it has been decided upon
    return StandIn(approval.decided_by, acr, approval.decided_at, rehearses=True)


async def _run(directory: Directory, approval: Approval, who: StandIn, address: str) -> Result:
    arguments: dict[str, Any] = json.loads(directory.sealer.open(approval.sealed, PURPOSE, approval.id))
    now = directory.clock()
    identity = Identity(who.account_id, address, "", issued_at=now, expires_at=now, acr=who.acr)
    with acting_as(identity), standing_in(who):
        return await OPERATIONS[approval.operation](directory, arguments)


async def _failed(directory: Directory, approval: Approval, error: WorkspaceError) -> Approval:
    why = "Who asked may not do it any more" if isinstance(error, Forbidden) else error.detail
    failed = replace(approval, state=FAILED, answer=why, version=approval.version + 1)
    told = _told("carry_out_approval", failed, outcome=facts.REFUSED)
    await directory.approvals.end(failed, APPROVED, directory.clock(), told)
    return await directory.approvals.find(approval.id) or failed


def _told(act: str, approval: Approval, *, outcome: str = facts.DONE) -> list[facts.Fact]:
    return [facts.approval_changed(approval), *facts.recorded_of_approval(act, approval, outcome=outcome)]


async def carry_out_approved(directory: Directory) -> int:
    """Do what was approved by a process that died before it was done; how many were looked at.

    One that breaks, or is put off again and again, keeps no other waiting, and is given up after a day.
    """
    left = await directory.approvals.undone()
    for approval in left:
        try:
            ended = await carry_out(directory, approval, anew=True)
        except PyMongoError:
            raise
        except Exception:
            log.exception("approval_broken", approval=approval.id)
            ended = approval
        since = approval.decided_at or approval.asked_at
        if ended.state == APPROVED and directory.clock() - since > GIVEN_UP_AFTER:
            await _failed(directory, approval, Unavailable("It could not be done for a day: ask for it again"))
    return len(left)


async def expire_approvals(directory: Directory) -> int:
    """Let go of what nobody decided upon in time; how many there were."""
    now = directory.clock()
    over = [approval for approval in await directory.approvals.waiting() if not approval.waits(now)]
    return sum([await expire(directory, approval) for approval in over])
