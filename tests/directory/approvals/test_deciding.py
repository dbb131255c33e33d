"""Acts that two have to agree upon: kept whole, decided upon by another who might do them alone, done once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from workspace.directory.v1 import approvals_pb2 as a
from workspace.directory.v1 import credentials_pb2 as cred
from workspace.directory.v1 import directory_pb2 as pb

from chassis.documents import scans
from chassis.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from chassis.rpc.rules import rule_of
from services.directory.domain.approvals import APPROVED
from services.directory.domain.sessions import PROTOCOL_CLIENT
from services.directory.events import DirectoryEvents
from services.directory.usecases.carry_out import carry_out
from services.directory.usecases.create_session import open_session
from tests.directory.approvals.conftest import annex, approve, asked, dissolving, exists, read
from tests.directory.conftest import Land, Person, Stack


async def test_what_one_asks_for_is_done_when_another_approves_and_both_are_named(
    stack: Stack, land: Land, other: Person
) -> None:
    by = land.economy_administrator
    unit = await annex(stack, by, land)
    approval = await asked(dissolving(stack, by, unit))
    assert await exists(stack, unit)
    # Asked again it is the same: callers repeat what they lost the answer of.
    assert await asked(dissolving(stack, by, unit)) == approval
    explained = a.ExplainApprovalRequest(id=approval, reason="Décret 2026-12")
    await stack.cli.approvals.ExplainApproval(explained, **by.said)
    listed = await stack.cli.approvals.ListApprovals(a.ListApprovalsRequest(), **other.said)
    assert [(each.id, each.act, each.reason) for each in listed.approvals] == [
        (approval, "dissolve_unit", "Décret 2026-12")
    ]
    own = a.ListApprovalsRequest(listing=a.APPROVAL_LISTING_ASKED)
    assert [each.id for each in (await stack.cli.approvals.ListApprovals(own, **by.said)).approvals] == [approval]
    assert not (await stack.cli.approvals.ListApprovals(a.ListApprovalsRequest(), **by.said)).approvals
    done = await approve(stack, other, approval)
    assert (done.state, done.decided_by_address) == (a.APPROVAL_STATE_DONE, other.account.address)
    assert not await exists(stack, unit)
    document = await stack.database["units"].find_one({"_id": unit})
    [told] = [entry["body"] for entry in document["outbox"] if '"dissolve_unit"' in entry["body"]]
    assert f'"actor":"{by.account.id}"' in told
    assert f'"approved_by":"{other.account.address}"' in told
    assert f'"approval":"{approval}"' in told
    facts = await stack.facts("approvals", approval)
    assert [each["data"]["state"] for each in facts] == ["waiting", "approved", "done"]
    kept = await stack.database["approvals"].find_one({"_id": approval})
    assert "sealed" not in kept
    assert [shape for shape in await scans(stack.database, stack.recorder) if shape.startswith("approv")] == []


async def test_nobody_approves_what_they_asked_for_nor_by_a_lesser_session(
    stack: Stack, land: Land, other: Person
) -> None:
    by = land.economy_administrator
    approval = await asked(dissolving(stack, by, await annex(stack, by, land)))
    with pytest.raises(Forbidden):
        await approve(stack, by, approval)
    again = Person(by.account, await stack.log_in(by.account.address))
    with pytest.raises(Forbidden):
        await approve(stack, again, approval)
    with pytest.raises(Forbidden):
        await approve(stack, land.economy_agent, approval)
    assert (await read(stack, by, approval)).state == a.APPROVAL_STATE_WAITING


def test_nobody_decides_by_a_token_of_a_client() -> None:
    for rpc in ("Approve", "Refuse", "TakeApprovalResult"):
        rule = rule_of(f"/workspace.directory.v1.ApprovalService/{rpc}")
        assert rule is not None
        assert rule.own_session


async def test_an_app_password_decides_upon_nothing(stack: Stack, land: Land, other: Person) -> None:
    by = land.economy_administrator
    approval = await asked(dissolving(stack, by, await annex(stack, by, land)))
    account = await stack.directory.accounts.find(other.account.id)
    assert account is not None
    session = await open_session(stack.directory, account, amr=("pwd",), client_id=f"{PROTOCOL_CLIENT}imap")
    token = await stack.directory.keys.sign(account, session, stack.clock())
    limited = Person(other.account, pb.Session(access_token=token))
    with pytest.raises((Forbidden, NotFound)):
        await approve(stack, limited, approval)


async def test_for_another_ministry_it_does_not_exist(stack: Stack, land: Land, other: Person) -> None:
    by = land.economy_administrator
    approval = await asked(dissolving(stack, by, await annex(stack, by, land)))
    stranger, approvals = land.health_administrator, stack.cli.approvals
    for call in (
        approve(stack, stranger, approval),
        read(stack, stranger, approval),
        approvals.Refuse(a.RefuseRequest(id=approval, reason="non"), **stranger.said),
        approvals.ExplainApproval(a.ExplainApprovalRequest(id=approval, reason="x"), **stranger.said),
        approvals.TakeApprovalResult(a.TakeApprovalResultRequest(id=approval), **stranger.said),
        approvals.GetApprovalPolicy(a.GetApprovalPolicyRequest(unit_id=land.economy.id), **stranger.said),
    ):
        with pytest.raises(NotFound):
            await call
    assert not (await approvals.ListApprovals(a.ListApprovalsRequest(), **stranger.said)).approvals


async def test_of_two_who_approve_at_once_one_does_and_it_is_done_once(
    stack: Stack, land: Land, second: Person, other: Person
) -> None:
    by = land.economy_administrator
    unit = await annex(stack, by, land)
    approval = await asked(dissolving(stack, by, unit))
    answers = await asyncio.gather(
        *(approve(stack, who, approval) for who in (other, second) * 3), return_exceptions=True
    )
    assert sum(isinstance(answer, a.Approval) for answer in answers) == 1
    assert all(isinstance(answer, a.Approval | PreconditionFailed | NotFound) for answer in answers)
    assert (await read(stack, by, approval)).state == a.APPROVAL_STATE_DONE
    assert await stack.database["moves"].count_documents({"unit": unit}) == 1
    with pytest.raises(PreconditionFailed):
        await approve(stack, second, approval)


async def test_what_was_approved_by_a_process_that_died_is_done_once_by_the_worker(
    stack: Stack, land: Land, other: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = land.economy_administrator
    unit = await annex(stack, by, land)
    approval = await asked(dissolving(stack, by, unit))

    async def dies(*_: Any, **__: Any) -> None:
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr("services.directory.usecases.approving.carry_out", dies)
        with pytest.raises(Unavailable):
            await approve(stack, other, approval)
    assert (await read(stack, by, approval)).state == a.APPROVAL_STATE_APPROVED
    assert await exists(stack, unit)
    kept = await stack.directory.approvals.find(approval)
    assert kept is not None
    assert kept.state == APPROVED
    events = DirectoryEvents(stack.directory)
    # The worker, and the process that was only slow.
    await asyncio.gather(
        events.carry_out_approvals(), carry_out(stack.directory, kept), carry_out(stack.directory, kept)
    )
    assert (await read(stack, by, approval)).state == a.APPROVAL_STATE_DONE
    assert not await exists(stack, unit)
    await events.carry_out_approvals()
    assert await stack.database["moves"].count_documents({"unit": unit}) == 1


async def test_the_worker_asks_anew_whether_who_approved_still_may(
    stack: Stack, land: Land, administrator: Person, other: Person
) -> None:
    by = land.economy_administrator
    unit = await annex(stack, by, land)
    approval = await asked(dissolving(stack, by, unit))
    decided = {"state": APPROVED, "doing": 1, "decided_by": other.account.id, "decided_at": stack.clock()}
    await stack.database["approvals"].update_one({"_id": approval}, {"$set": decided, "$unset": {"waiting": ""}})
    await stack.update(administrator, pb.Account(id=other.account.id), "roles")
    await DirectoryEvents(stack.directory).carry_out_approvals()
    ended = await read(stack, by, approval)
    assert ended.state == a.APPROVAL_STATE_FAILED
    assert await exists(stack, unit)


async def test_it_is_not_done_when_who_asked_may_not_any_more(
    stack: Stack, land: Land, administrator: Person, other: Person
) -> None:
    by = land.economy_administrator
    units = [await annex(stack, by, land, name) for name in ("Un", "Deux")]
    first, last = [await asked(dissolving(stack, by, unit)) for unit in units]
    await stack.cli.credentials.RevokeAccountSessions(
        cred.RevokeAccountSessionsRequest(account_id=by.account.id), **administrator.said
    )
    assert (await approve(stack, other, first)).state == a.APPROVAL_STATE_FAILED
    await stack.update(administrator, pb.Account(id=by.account.id), "roles")
    ended = await approve(stack, other, last)
    assert (ended.state, ended.answer) == (a.APPROVAL_STATE_FAILED, "Who asked may not do it any more")
    assert all([await exists(stack, unit) for unit in units])


async def test_who_approves_by_a_role_that_ended_does_not(
    stack: Stack, land: Land, administrator: Person, other: Person
) -> None:
    by = land.economy_administrator
    approval = await asked(dissolving(stack, by, await annex(stack, by, land)))
    await stack.update(administrator, pb.Account(id=other.account.id), "roles")
    with pytest.raises(NotFound):
        await approve(stack, other, approval)


async def test_what_has_changed_in_between_is_told_and_not_done(stack: Stack, land: Land, other: Person) -> None:
    by = land.economy_administrator
    unit = await annex(stack, by, land)
    approval = await asked(dissolving(stack, by, unit))
    await stack.person(other, "arrivee@economie.gouv.tg", unit)
    with pytest.raises(PreconditionFailed):
        await approve(stack, other, approval)
    assert (await read(stack, by, approval)).state == a.APPROVAL_STATE_WAITING
    gone = await annex(stack, by, land, "Partie")
    approval = await asked(dissolving(stack, by, gone))
    await stack.database["units"].update_one({"_id": gone}, {"$set": {"gone": {"successor": "", "roles": False}}})
    await stack.database["structure"].update_one({"_id": "tree"}, {"$inc": {"version": 1}})
    count = (await stack.database["structure"].find_one({"_id": "tree"}))["version"]
    await stack.database["units"].update_one({"_id": gone}, {"$set": {"tree": count}})
    with pytest.raises(NotFound):
        await approve(stack, other, approval)


async def test_what_nobody_decides_upon_expires(stack: Stack, land: Land, administrator: Person) -> None:
    second = await stack.person(administrator, "second@gouv.tg", administers="")
    wanted = a.SetApprovalPolicyRequest(unit_id=land.economy.id, acts=["move_unit"])
    approval = await asked(stack.cli.approvals.SetApprovalPolicy(wanted, **administrator.said))
    kept = await read(stack, administrator, approval)
    assert kept.expires_at.ToDatetime() - kept.asked_at.ToDatetime() == timedelta(days=7)
    over = {"expires_at": stack.clock() - timedelta(seconds=1)}
    await stack.database["approvals"].update_one({"_id": approval}, {"$set": over})
    assert not (await stack.cli.approvals.ListApprovals(a.ListApprovalsRequest(), **second.said)).approvals
    with pytest.raises(PreconditionFailed):
        await approve(stack, second, approval)
    # Asked for again, it is another one.
    other = await asked(stack.cli.approvals.SetApprovalPolicy(wanted, **administrator.said))
    assert other != approval
    assert (await read(stack, administrator, approval)).state == a.APPROVAL_STATE_EXPIRED
    await stack.database["approvals"].update_one({"_id": other}, {"$set": over})
    await DirectoryEvents(stack.directory).carry_out_approvals()
    assert (await read(stack, administrator, other)).state == a.APPROVAL_STATE_EXPIRED


async def test_refused_and_withdrawn_is_over(stack: Stack, land: Land, other: Person) -> None:
    by, approvals = land.economy_administrator, stack.cli.approvals
    unit = await annex(stack, by, land)
    approval = await asked(dissolving(stack, by, unit))
    with pytest.raises(InvalidInput):
        await approvals.Refuse(a.RefuseRequest(id=approval), **other.said)
    refused = await approvals.Refuse(a.RefuseRequest(id=approval, reason="Pas sans décret"), **other.said)
    assert (refused.state, refused.answer) == (a.APPROVAL_STATE_REFUSED, "Pas sans décret")
    with pytest.raises(PreconditionFailed):
        await approve(stack, other, approval)
    again = await asked(dissolving(stack, by, unit))
    assert again != approval
    withdrawn = await approvals.Refuse(a.RefuseRequest(id=again), **by.said)
    assert withdrawn.state == a.APPROVAL_STATE_WITHDRAWN
    with pytest.raises(PreconditionFailed):
        await approve(stack, other, again)


async def test_what_cannot_be_done_for_a_day_is_given_up_and_keeps_no_other_waiting(
    stack: Stack, land: Land, other: Person
) -> None:
    by = land.economy_administrator
    units = [await annex(stack, by, land, name) for name in ("Un", "Deux")]
    broken, sound = [await asked(dissolving(stack, by, unit)) for unit in units]
    for approval in (broken, sound):
        decided = {"state": APPROVED, "doing": 1, "decided_by": other.account.id, "decided_at": stack.clock()}
        await stack.database["approvals"].update_one({"_id": approval}, {"$set": decided, "$unset": {"waiting": ""}})
    await stack.database["approvals"].update_one({"_id": broken}, {"$set": {"operation": "of an older release"}})
    events = DirectoryEvents(stack.directory)
    await events.carry_out_approvals()
    assert (await read(stack, by, sound)).state == a.APPROVAL_STATE_DONE
    assert (await read(stack, by, broken)).state == a.APPROVAL_STATE_APPROVED
    stack.clock.pass_by(days=1, minutes=1)
    await events.carry_out_approvals()
    assert (await read(stack, by, broken)).state == a.APPROVAL_STATE_FAILED
