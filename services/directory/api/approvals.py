"""ApprovalService."""

from typing import Any

from workspace.directory.v1 import approvals_pb2 as pb
from workspace.directory.v1 import approvals_pb2_grpc as rpc

from services.directory.api.messages import timestamp
from services.directory.domain import approvals as domain
from services.directory.usecases.approval_policy import get_approval_policy, set_approval_policy
from services.directory.usecases.approving import (
    approve,
    explain_approval,
    get_approval,
    list_approvals,
    refuse,
    take_result,
)
from services.directory.usecases.context import Directory

_STATES = {
    domain.WAITING: pb.APPROVAL_STATE_WAITING,
    domain.APPROVED: pb.APPROVAL_STATE_APPROVED,
    domain.DONE: pb.APPROVAL_STATE_DONE,
    domain.FAILED: pb.APPROVAL_STATE_FAILED,
    domain.REFUSED: pb.APPROVAL_STATE_REFUSED,
    domain.WITHDRAWN: pb.APPROVAL_STATE_WITHDRAWN,
    domain.EXPIRED: pb.APPROVAL_STATE_EXPIRED,
}


class ApprovalServicer(rpc.ApprovalServiceServicer):
    """Acts that two have to agree upon."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def ListApprovals(self, request: pb.ListApprovalsRequest, context: Any) -> pb.ListApprovalsResponse:
        asked = request.listing == pb.APPROVAL_LISTING_ASKED
        page, following = await list_approvals(self._directory, asked, request.page_size, request.page_token)
        return pb.ListApprovalsResponse(approvals=map(_message, page), next_page_token=following)

    async def GetApproval(self, request: pb.GetApprovalRequest, context: Any) -> pb.Approval:
        return _message(await get_approval(self._directory, request.id))

    async def ExplainApproval(self, request: pb.ExplainApprovalRequest, context: Any) -> pb.Approval:
        return _message(await explain_approval(self._directory, request.id, request.reason))

    async def Approve(self, request: pb.ApproveRequest, context: Any) -> pb.Approval:
        return _message(await approve(self._directory, request.id))

    async def Refuse(self, request: pb.RefuseRequest, context: Any) -> pb.Approval:
        return _message(await refuse(self._directory, request.id, request.reason))

    async def TakeApprovalResult(self, request: pb.TakeApprovalResultRequest, context: Any) -> pb.ApprovalResult:
        return pb.ApprovalResult(values=await take_result(self._directory, request.id))

    async def GetApprovalPolicy(self, request: pb.GetApprovalPolicyRequest, context: Any) -> pb.ApprovalPolicy:
        policy, effective = await get_approval_policy(self._directory, request.unit_id)
        return pb.ApprovalPolicy(unit_id=policy.unit_id, acts=policy.acts, effective_acts=effective)

    async def SetApprovalPolicy(self, request: pb.SetApprovalPolicyRequest, context: Any) -> pb.ApprovalPolicy:
        policy = await set_approval_policy(self._directory, request.unit_id, request.acts)
        return pb.ApprovalPolicy(unit_id=policy.unit_id, acts=policy.acts, effective_acts=policy.acts)


def _message(approval: domain.Approval) -> pb.Approval:
    return pb.Approval(
        id=approval.id,
        act=approval.act,
        state=_STATES[approval.state],
        target_id=approval.target_id,
        target_name=approval.target,
        details=approval.details,
        asked_by=approval.asked_by,
        asked_by_address=approval.asker,
        asked_at=timestamp(approval.asked_at),
        expires_at=timestamp(approval.expires_at),
        reason=approval.reason,
        decided_by=approval.decided_by,
        decided_by_address=approval.decider,
        decided_at=timestamp(approval.decided_at) if approval.decided_at is not None else None,
        answer=approval.answer,
        has_result=approval.has_result,
    )
