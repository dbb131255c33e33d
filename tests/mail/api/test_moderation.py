"""Who moderates a list is said by who administers its unit; moderators read and decide by gRPC and the command."""

import json
from datetime import UTC, timedelta
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import lists_pb2 as pb
from workspace.mail.v1 import lists_pb2_grpc, mail_pb2

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from chassis.people import Person
from chassis.rpc import translated
from deploy.local.certificates import Authority
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.lists import Group
from tests.mail.api.command_line import CommandLine
from tests.mail.api.conftest import Api
from tests.mail.house import House

UNIT, LIST = "01MINISTRY".ljust(26, "X"), "01GROUP".ljust(26, "X")
AGENT, BOSS, OTHER = "01AGENT1", "01BOSS", "01OTHERS"
ADDRESSES = {AGENT: "agent1@numerique.gouv.tg", BOSS: "chef@numerique.gouv.tg", OTHER: "chef@sante.gouv.tg"}
BUDGET = "budget@numerique.gouv.tg"


@pytest.fixture
async def moderation(api: Api, house: House) -> Any:
    house.people.heard |= {address: account for account, address in ADDRESSES.items()} | {BUDGET: f"list:{LIST}"}
    house.people.persons = [
        Person(account, (address,), "Agent", UNIT, (UNIT,), suspended=False, version=1)
        for account, address in ADDRESSES.items()
    ]
    house.people.units[UNIT] = Whereabouts("Ministère", (UNIT,))
    await house.mail.store.groups.told(Group(LIST, "Budget", BUDGET, UNIT, (BOSS,), (), None, "named", (), 1))
    return lists_pb2_grpc.ModerationServiceStub(api.channel)


async def give(api: Api, moderated: str, *moderators: str, administers: str | None = UNIT) -> pb.ListPolicy:
    policies = lists_pb2_grpc.ListPolicyServiceStub(api.channel)
    given = pb.ListPolicyGiven(moderators=moderators, moderated=moderated)
    with acting_as(await api.identity("01ADMIN", administers=administers)):
        await policies.SetListPolicy(pb.SetListPolicyRequest(list_id=LIST, given=given))
        return await policies.GetListPolicy(pb.GetListPolicyRequest(list_id=LIST))


async def write(api: Api, subject: str = "Plan") -> None:
    source = f"From: {ADDRESSES[AGENT]}\r\nTo: {BUDGET}\r\nSubject: {subject}\r\n\r\nBonjour\r\n".encode()
    pieces = [mail_pb2.SendMessageRequest(source=HttpBody(data=source), last=True)]
    with acting_as(await api.identity(AGENT, ADDRESSES[AGENT])):
        await api.messages.SendMessage(iter(pieces))


async def test_who_administers_the_lists_unit_says_who_moderates(api: Api, moderation: Any) -> None:
    with pytest.raises(Forbidden), translated():
        await write(api)
    for administers in ("01OTHERS", "01OTHERS".ljust(26, "X")):
        with pytest.raises(NotFound, match="No such list"):
            await give(api, "platform", ADDRESSES[BOSS], administers=administers)
    found = await give(api, "platform", ADDRESSES[BOSS].upper())
    assert (found.address, found.writers, found.given.moderated) == (BUDGET, "named", "platform")
    assert list(found.given.moderators) == [ADDRESSES[BOSS]]
    await write(api)


async def test_a_moderator_lists_reads_and_decides(api: Api, house: House, moderation: Any) -> None:
    await give(api, "platform", ADDRESSES[BOSS])
    for number in range(3):
        await write(api, f"Plan {number}")
    with acting_as(await api.identity(BOSS, ADDRESSES[BOSS])):
        first = await moderation.ListModeratedLetters(pb.ListModeratedLettersRequest(page_size=2))
        request = pb.ListModeratedLettersRequest(page_size=2, page_token=first.next_page_token)
        rest = await moderation.ListModeratedLetters(request)
        letters = [*first.letters, *rest.letters]
        assert [each.subject for each in letters] == ["Plan 0", "Plan 1", "Plan 2"]
        assert rest.next_page_token == ""
        found = await moderation.GetModeratedLetter(pb.GetModeratedLetterRequest(id=letters[0].id))
        assert found == letters[0]
        assert (found.list_id, found.list_address, found.sender) == (LIST, BUDGET, ADDRESSES[AGENT])
        assert (found.from_outside, found.why, found.authentication) == (False, "sender", "")
        assert found.expires_at.ToDatetime(UTC) - found.received_at.ToDatetime(UTC) == timedelta(days=7)
        source = pb.GetModeratedLetterSourceRequest(id=found.id)
        octets = b"".join([each.data async for each in moderation.GetModeratedLetterSource(source)])
        assert (len(octets), octets.endswith(b"\r\n\r\nBonjour\r\n")) == (found.size, True)
        for size in (-1, 501):
            with pytest.raises(InvalidInput):
                await moderation.ListModeratedLetters(pb.ListModeratedLettersRequest(page_size=size))
        await moderation.AcceptModeratedLetter(pb.AcceptModeratedLetterRequest(id=letters[0].id))
        await moderation.RejectModeratedLetter(pb.RejectModeratedLetterRequest(id=letters[1].id, reason="Non"))
        await moderation.DiscardModeratedLetter(pb.DiscardModeratedLetterRequest(id=letters[2].id))
        left = await moderation.ListModeratedLetters(pb.ListModeratedLettersRequest())
        assert list(left.letters) == []
    acts = {json.loads(fact["body"])["data"]["act"] for fact in await house.facts("act_recorded")}
    assert {"read_list_letter", "accept_list_letter", "reject_list_letter", "discard_list_letter"} <= acts


async def test_administrators_senders_and_others_decide_nothing(api: Api, house: House, moderation: Any) -> None:
    await give(api, "platform", ADDRESSES[BOSS])
    await write(api)
    (waiting,) = await house.mail.store.moderated.of(AGENT)
    for account, administers in ((OTHER, None), (OTHER, ""), (AGENT, None)):
        with acting_as(await api.identity(account, ADDRESSES[account], administers=administers)):
            assert list((await moderation.ListModeratedLetters(pb.ListModeratedLettersRequest())).letters) == []
            with pytest.raises(NotFound):
                await moderation.AcceptModeratedLetter(pb.AcceptModeratedLetterRequest(id=waiting.id))
    assert await house.mail.store.moderated.of(AGENT) == [waiting]


async def test_who_sent_a_letter_that_waits_takes_it_back_and_nobody_else_does(
    api: Api, house: House, moderation: Any, authority: Authority
) -> None:
    await give(api, "platform", ADDRESSES[BOSS])
    for number in range(3):
        await write(api, f"Plan {number}")
    first, second, third = await house.mail.store.moderated.of(AGENT)
    for account in (BOSS, OTHER):
        with acting_as(await api.identity(account, ADDRESSES[account])):
            own = await moderation.ListOwnModeratedLetters(pb.ListOwnModeratedLettersRequest())
            assert list(own.letters) == []
            with pytest.raises(NotFound):
                await moderation.WithdrawModeratedLetter(pb.WithdrawModeratedLetterRequest(id=first.id))
    with acting_as(await api.identity(BOSS, ADDRESSES[BOSS])):
        await moderation.DiscardModeratedLetter(pb.DiscardModeratedLetterRequest(id=second.id))
    with acting_as(await api.identity(AGENT, ADDRESSES[AGENT])):
        own = await moderation.ListOwnModeratedLetters(pb.ListOwnModeratedLettersRequest())
        assert [(each.id, each.list_address) for each in own.letters] == [(first.id, BUDGET), (third.id, BUDGET)]
        await moderation.WithdrawModeratedLetter(pb.WithdrawModeratedLetterRequest(id=first.id))
        for gone in (first, second):
            with pytest.raises(NotFound):
                await moderation.WithdrawModeratedLetter(pb.WithdrawModeratedLetterRequest(id=gone.id))
    acts = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    assert [each["target_id"] for each in acts if each["act"] == "withdraw_list_letter"] == [LIST]
    workspace = CommandLine(api, authority, await api.identity(AGENT, ADDRESSES[AGENT]), "moderation")
    codes, said = await workspace.several(["own"], ["withdraw", third.id], ["withdraw", third.id], ["own"])
    assert codes == (0, 0, 1, 0)
    assert third.id in said[0]
    assert BUDGET in said[0]
    assert said[1] == "withdrawn\n"
    assert await house.mail.store.moderated.of(AGENT) == []


async def test_workspace_mail_moderation(api: Api, house: House, moderation: Any, authority: Authority) -> None:
    await give(api, "platform", ADDRESSES[BOSS])
    for number in range(3):
        await write(api, f"Plan {number}")
    first, second, third = [each.id for each in await house.mail.store.moderated.of(AGENT)]
    workspace = CommandLine(api, authority, await api.identity(BOSS, ADDRESSES[BOSS], administers=UNIT), "moderation")
    codes, said = await workspace.several(
        ["list"], ["show", first], ["read", first], ["accept", first], ["reject", second],
        ["reject", second, "--reason", "Non"], ["discard", third], ["show", third],
        ["policy", LIST, "--moderator", ADDRESSES[OTHER]],
        ["policy", LIST, "--moderator", ADDRESSES[OTHER], "--moderated", "members"], ["policy", LIST],
        ["policy", LIST, "--moderator", ADDRESSES[BOSS], "--moderated", "nobody", "--outside", "open"],
        ["policy", LIST, "--outside", "open"], ["policy", LIST, "--moderated", "nobody", "--outside", "open"],
    )  # fmt: skip
    assert codes == (0, 0, 0, 0, 2, 0, 0, 1, 2, 0, 0, 0, 2, 1)
    assert first in said[0]
    assert "Plan 0" in said[1]
    assert "Subject: Plan 0" in said[2]
    assert (said[3], said[5], said[6]) == ("accepted\n", "rejected\n", "discarded\n")
    assert "No letter of that name" in said[7]
    # Moderators alone would say that nobody's letters wait for them.
    assert "say --moderated too" in said[8]
    assert all(ADDRESSES[OTHER] in each and "members" in each for each in said[9:11])
    assert "open" in said[11]
    assert "name who decides" in said[13]
    acts = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    assert [each["details"]["outside"] for each in acts if each["act"] == "put_list_policy"][-1] == "open"
    assert await house.mail.store.moderated.of(AGENT) == []
