"""Letters that wait for approval, as approvers list, read and decide on them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import (
    drafts_pb2,
    drafts_pb2_grpc,
    leaving_pb2,
    leaving_pb2_grpc,
    letter_approvals_pb2_grpc,
    mail_pb2,
    scheduled_pb2,
)
from workspace.mail.v1 import letter_approvals_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from chassis.people import Person
from deploy.local.certificates import Authority
from services.mail.domain.allotment import Whereabouts
from tests.mail.api.command_line import CommandLine
from tests.mail.api.conftest import Api
from tests.mail.house import House

UNIT = "01MINISTRY".ljust(26, "X")
AGENT, BOSS, OTHERS = "01AGENT1", "01BOSS", "01OTHERS"
ADDRESSES = {AGENT: "agent1@numerique.gouv.tg", BOSS: "chef@numerique.gouv.tg", OTHERS: "chef@sante.gouv.tg"}
HOLDING = leaving_pb2.LeavingRule(
    name="Externe", action=leaving_pb2.LEAVING_ACTION_HOLD, text="Avec l'accord du chef.",
    to=leaving_pb2.LEAVING_TO_OUTSIDE,
)  # fmt: skip
SOURCE = (
    f"From: Agent 1 <{ADDRESSES[AGENT]}>\r\nTo: a@example.org\r\nSubject: Plan\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nBonjour\r\n'
    '--b\r\nContent-Type: application/pdf; name="plan.pdf"\r\n\r\nsecret\r\n--b--\r\n'
).encode()


@pytest.fixture
async def approvals(api: Api, house: House) -> Any:
    house.people.heard |= {address: account for account, address in ADDRESSES.items()}
    house.people.persons = [
        Person(account, (address,), "Agent", UNIT, (UNIT,), suspended=False, version=1)
        for account, address in ADDRESSES.items()
    ]
    house.people.stands[AGENT] = Whereabouts(ADDRESSES[AGENT], (UNIT,))
    house.people.units[UNIT] = Whereabouts("Ministère", (UNIT,))
    found = await give(api, [ADDRESSES[BOSS]], HOLDING)
    assert list(found.given.approvers) == [ADDRESSES[BOSS]]
    return letter_approvals_pb2_grpc.LetterApprovalServiceStub(api.channel)


async def give(api: Api, by: list[str], *rules: leaving_pb2.LeavingRule) -> leaving_pb2.LeavingPolicy:
    leaving = leaving_pb2_grpc.LeavingServiceStub(api.channel)
    given = leaving_pb2.LeavingRules(rules=rules, approvers=by)
    with acting_as(await api.identity("01ADMIN", administers=UNIT)):
        return await leaving.SetLeavingPolicy(leaving_pb2.SetLeavingPolicyRequest(unit_id=UNIT, given=given))


async def write(api: Api, subject: bytes = b"Plan", **when: Any) -> mail_pb2.Submission:
    source = HttpBody(data=SOURCE.replace(b"Plan", subject))
    pieces = [mail_pb2.SendMessageRequest(source=source, last=True, **when)]
    with acting_as(await api.identity(AGENT, ADDRESSES[AGENT])):
        return await api.messages.SendMessage(iter(pieces))


async def test_an_approver_reads_what_is_needed_and_lets_it_leave(api: Api, house: House, approvals: Any) -> None:
    began = house.clock()

    def ticking() -> datetime:
        house.clock.advance(milliseconds=1)
        return house.clock()

    object.__setattr__(house.mail, "now", ticking)
    sent = await write(api, b"Plan\r\nBcc: c@example.org")
    assert sent.awaits_approval
    with acting_as(await api.identity(BOSS, ADDRESSES[BOSS])):
        (listed,) = (await approvals.ListAwaitingLetters(pb.ListAwaitingLettersRequest())).letters
        found = await approvals.GetAwaitingLetter(pb.GetAwaitingLetterRequest(id=sent.id))
        request = pb.GetAwaitingLetterSourceRequest(id=sent.id)
        source = b"".join([each.data async for each in approvals.GetAwaitingLetterSource(request)])
        decided = await approvals.ApproveLetter(pb.ApproveLetterRequest(id=sent.id))
    assert (listed.id, listed.subject, list(listed.recipients)) == (
        sent.id, "Plan", ["a@example.org", "c@example.org"],
    )  # fmt: skip
    assert list(listed.rules) == [pb.HoldingRule(unit_id=UNIT, name="Externe", text=HOLDING.text, holds=True)]
    assert (listed.sent_by, listed.sender) == (ADDRESSES[AGENT], ADDRESSES[AGENT])
    assert listed.expires_at.ToDatetime(UTC) - listed.submitted_at.ToDatetime(UTC) == timedelta(days=7)
    assert began < listed.submitted_at.ToDatetime(UTC) < house.clock()
    assert not listed.HasField("send_at")
    assert getattr(found, "from") == f"Agent 1 <{ADDRESSES[AGENT]}>"
    assert [(each.filename, each.content_type) for each in found.attachments] == [("plan.pdf", "application/pdf")]
    assert source.endswith(SOURCE.partition(b"\r\n\r\n")[2])
    assert b"Bcc" not in source
    assert found.size == len(source)
    assert list(decided.missing_unit_ids) == []
    acts = {json.loads(fact["body"])["data"]["act"] for fact in await house.facts("act_recorded")}
    assert {"leaving_held", "read_awaiting_letter", "approve_letter"} <= acts


async def test_its_sender_sees_that_it_waits_and_until_when(api: Api, house: House, approvals: Any) -> None:
    at = house.clock() + timedelta(days=1)
    sent = [await write(api), await write(api, b"Deux", send_at=at)]
    with acting_as(await api.identity(AGENT, ADDRESSES[AGENT])):
        listed = (await api.scheduled.ListScheduled(scheduled_pb2.ListScheduledRequest())).messages
        assert [each.id for each in listed] == [each.id for each in sent]
        assert {each.approval_until.ToDatetime(UTC) for each in listed} == {house.clock() + timedelta(days=7)}
        assert listed[1].send_at.ToDatetime(UTC) == at
        await api.scheduled.CancelScheduled(scheduled_pb2.CancelScheduledRequest(id=sent[0].id))
    with acting_as(await api.identity(BOSS, ADDRESSES[BOSS])):
        left = (await approvals.ListAwaitingLetters(pb.ListAwaitingLettersRequest())).letters
    assert [each.id for each in left] == [sent[1].id]
    assert left[0].send_at.ToDatetime(UTC) == at


async def test_a_draft_that_is_held_is_a_draft_no_more(api: Api, house: House, approvals: Any) -> None:
    drafts = drafts_pb2_grpc.DraftServiceStub(api.channel)
    to = mail_pb2.MailAddress(address="a@example.org")
    wanted = drafts_pb2.Draft(subject="Plan", to=[to], text="Bonjour")
    with acting_as(await api.identity(AGENT, ADDRESSES[AGENT])):
        draft = await drafts.CreateDraft(drafts_pb2.CreateDraftRequest(draft=wanted))
        sent = [await drafts.SendDraft(drafts_pb2.SendDraftRequest(id=draft.id)) for _ in range(2)]
        assert (sent[0].awaits_approval, sent[0].id) == (True, sent[1].id)
        assert (await house.box(AGENT, "Drafts")).messages == 0
    with acting_as(await api.identity(BOSS, ADDRESSES[BOSS])):
        await approvals.RefuseLetter(pb.RefuseLetterRequest(id=sent[0].id, reason="Non"))
    assert (await house.box(AGENT, "Drafts")).messages == 1
    assert house.queued.entries == []


async def test_approvers_of_others_and_its_sender_decide_nothing(api: Api, house: House, approvals: Any) -> None:
    sent = await write(api)
    await give(api, [ADDRESSES[BOSS], ADDRESSES[AGENT]], HOLDING)
    acts = (
        lambda: approvals.GetAwaitingLetter(pb.GetAwaitingLetterRequest(id=sent.id)),
        lambda: approvals.ApproveLetter(pb.ApproveLetterRequest(id=sent.id)),
        lambda: approvals.RefuseLetter(pb.RefuseLetterRequest(id=sent.id, reason="Non")),
    )
    # Who administers the unit is no approver by that.
    for account, administers, error in (
        (OTHERS, None, NotFound), (OTHERS, "", NotFound), (AGENT, None, Forbidden),
    ):  # fmt: skip
        with acting_as(await api.identity(account, ADDRESSES[account], administers=administers)):
            assert list((await approvals.ListAwaitingLetters(pb.ListAwaitingLettersRequest())).letters) == []
            for act in acts:
                with pytest.raises(error):
                    await act()
    assert len(await house.mail.store.awaiting.of(AGENT)) == 1


async def test_pages_and_bad_input(api: Api, house: House, approvals: Any) -> None:
    sent = [(await write(api, b"Plan %d" % number)).id for number in range(5)]
    with acting_as(await api.identity(BOSS, ADDRESSES[BOSS])):
        seen, token = [], ""
        while True:
            page = await approvals.ListAwaitingLetters(pb.ListAwaitingLettersRequest(page_size=2, page_token=token))
            seen += [each.id for each in page.letters]
            token = page.next_page_token
            if not token:
                break
        assert seen == sent
        for size in (-1, 501):
            with pytest.raises(InvalidInput):
                await approvals.ListAwaitingLetters(pb.ListAwaitingLettersRequest(page_size=size))
        for reason in ("", "x" * 501, "a\x00b"):
            with pytest.raises(InvalidInput):
                await approvals.RefuseLetter(pb.RefuseLetterRequest(id=sent[0], reason=reason))
        with pytest.raises(NotFound):
            await approvals.GetAwaitingLetter(pb.GetAwaitingLetterRequest(id=""))


async def test_workspace_mail_approval(api: Api, house: House, approvals: Any, authority: Authority) -> None:
    first, second = [(await write(api)).id, (await write(api, b"Deux")).id]
    workspace = CommandLine(api, authority, await api.identity(BOSS, ADDRESSES[BOSS]), "approval")
    codes, said = await workspace.several(
        ["list"], ["show", first], ["read", first], ["approve", first, "--reason", "Vu"],
        ["refuse", second], ["refuse", second, "--reason", "Non"], ["show", second],
    )  # fmt: skip
    assert codes == (0, 0, 0, 0, 2, 0, 1)
    assert first in said[0]
    assert "plan.pdf (application/pdf)" in said[1]
    assert "Subject: Plan" in said[2]
    assert (said[3], said[5]) == ("approved; it leaves\n", "refused\n")
    assert "No letter of that name" in said[6]
    assert await house.mail.store.awaiting.of(AGENT) == []
