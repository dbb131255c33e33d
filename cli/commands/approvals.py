"""`workspace approval`: acts that two administrators have to agree upon."""

from typing import Any

import click
from workspace.directory.v1 import approvals_pb2 as pb

from cli.connection import connected
from cli.failures import Refused, WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.paging import every
from cli.tree import Tree

_COLUMNS = ["id", "act", "state", "target_name", "details", "asked_by_address", "expires_at", "reason"]
EVERYWHERE = "everywhere"


def _row(approval: pb.Approval) -> dict[str, Any]:
    state = pb.ApprovalState.Name(approval.state).removeprefix("APPROVAL_STATE_").lower()
    return {**plain(approval), "state": state}


@click.group("approval")
def approvals() -> None:
    """What waits for a second administrator."""


@approvals.command("list")
@click.option("--asked", is_flag=True, help="What you have asked for, instead of what you may decide upon.")
@as_json
@command
async def list_(asked: bool, in_json: bool) -> None:
    """List what waits for you to decide."""
    listing = pb.APPROVAL_LISTING_ASKED if asked else pb.APPROVAL_LISTING_UNSPECIFIED
    async with connected() as directory:
        request = pb.ListApprovalsRequest(listing=listing)
        found = await every(directory.approvals.ListApprovals, request, "approvals")
    show([_row(approval) for approval in found], _COLUMNS, in_json=in_json)


@approvals.command("show")
@click.argument("approval_id")
@as_json
@command
async def show_approval(approval_id: str, in_json: bool) -> None:
    """Show APPROVAL_ID: what is to be done, who asked, and what became of it."""
    async with connected() as directory:
        approval: pb.Approval = await directory.approvals.GetApproval(pb.GetApprovalRequest(id=approval_id))
    show_one(_row(approval), in_json=in_json)


@approvals.command("explain")
@click.argument("approval_id")
@click.argument("reason")
@as_json
@command
async def explain(approval_id: str, reason: str, in_json: bool) -> None:
    """Say the REASON of what you have asked for."""
    async with connected() as directory:
        request = pb.ExplainApprovalRequest(id=approval_id, reason=reason)
        approval: pb.Approval = await directory.approvals.ExplainApproval(request)
    show_one(_row(approval), in_json=in_json)


@approvals.command("approve")
@click.argument("approval_id")
@as_json
@command
async def approve(approval_id: str, in_json: bool) -> None:
    """Approve APPROVAL_ID: it is done at once, in the name of who asked and in yours."""
    async with connected() as directory:
        approval: pb.Approval = await directory.approvals.Approve(pb.ApproveRequest(id=approval_id))
    show_one(_row(approval), in_json=in_json)
    if approval.state == pb.APPROVAL_STATE_FAILED:
        raise Refused(f"it was approved and could not be done: {approval.answer}")


@approvals.command("refuse")
@click.argument("approval_id")
@click.option("--reason", default="", help="Why; needed unless you withdraw what you have asked for.")
@as_json
@command
async def refuse(approval_id: str, reason: str, in_json: bool) -> None:
    """Refuse APPROVAL_ID, or withdraw it."""
    async with connected() as directory:
        request = pb.RefuseRequest(id=approval_id, reason=reason)
        approval: pb.Approval = await directory.approvals.Refuse(request)
    show_one(_row(approval), in_json=in_json)


@approvals.command("take")
@click.argument("approval_id")
@as_json
@command
async def take(approval_id: str, in_json: bool) -> None:
    """Take what APPROVAL_ID has for you, a code or a client's secret: once."""
    async with connected() as directory:
        request = pb.TakeApprovalResultRequest(id=approval_id)
        result: pb.ApprovalResult = await directory.approvals.TakeApprovalResult(request)
    show_one(dict(result.values), in_json=in_json)


@approvals.command("policy")
@click.argument("unit")
@click.option("--act", "acts", multiple=True, help="All acts that two have to agree upon; may be repeated.")
@click.option("--no-acts", is_flag=True, help="None, but for what is inherited.")
@as_json
@command
async def policy(unit: str, acts: tuple[str, ...], no_acts: bool, in_json: bool) -> None:
    """Show what two have to agree upon at UNIT ("everywhere": the whole administration), or ask to change it.

    Acts: move_unit, merge_units, dissolve_unit, grant_administrator, reset_administrator, export_personal_data,
    erase_personal_data, delete_domain, register_client, hand_over_mailbox.
    """
    if acts and no_acts:
        raise WrongUsage("say --act or --no-acts")
    async with connected() as directory:
        unit_id = "" if unit == EVERYWHERE else await Tree(directory).unit_id(unit)
        if acts or no_acts:
            await directory.approvals.SetApprovalPolicy(pb.SetApprovalPolicyRequest(unit_id=unit_id, acts=acts))
        found = await directory.approvals.GetApprovalPolicy(pb.GetApprovalPolicyRequest(unit_id=unit_id))
    show_one({"unit": unit, "acts": list(found.acts), "effective_acts": list(found.effective_acts)}, in_json=in_json)
