"""Whether receipts are sent: given to units by who administers them, narrowed by accounts, and by nobody else."""

import json
from typing import Any

import pytest
from workspace.mail.v1 import mail_pb2, mail_pb2_grpc, receipts_pb2_grpc
from workspace.mail.v1 import receipts_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from deploy.local.certificates import Authority
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Sender
from services.mail.domain.receipts import SENT
from services.mail.usecases import list_messages, send
from tests.mail.api.command_line import CommandLine
from tests.mail.api.conftest import Api
from tests.mail.house import House, chunked, letter

PATH = ("01MINISTRY", "01DIRECTION")
AGENT, ADDRESS = "01AGENT1", "agent1@numerique.gouv.tg"
NEVER, ASK, ALWAYS = pb.RECEIPT_MANNER_NEVER, pb.RECEIPT_MANNER_ASK, pb.RECEIPT_MANNER_ALWAYS


@pytest.fixture
def policies(api: Api, house: House) -> Any:
    house.people.stands[AGENT] = Whereabouts(ADDRESS, PATH)
    house.people.units["01MINISTRY"] = Whereabouts("Ministère du numérique", PATH[:1])
    house.people.units["01DIRECTION"] = Whereabouts("Direction", PATH)
    return receipts_pb2_grpc.ReceiptPolicyServiceStub(api.channel)


async def give(api: Api, policies: Any, unit: str, by: str, **given: Any) -> pb.ReceiptPolicy:
    with acting_as(await api.identity("01ADMIN", administers=by)):
        request = pb.SetReceiptPolicyRequest(unit_id=unit, given=pb.ReceiptManners(**given))
        return await policies.SetReceiptPolicy(request)


async def test_the_nearest_unit_counts_and_the_audit_log_hears(api: Api, house: House, policies: Any) -> None:
    await give(api, policies, "01MINISTRY", "", inside=ALWAYS, outside=ASK)
    found = await give(api, policies, "01DIRECTION", "01MINISTRY", inside=NEVER)
    assert found.given == pb.ReceiptManners(inside=NEVER)
    assert found.holds == pb.ReceiptManners(inside=NEVER, outside=ASK)
    # Taken away, what is above holds again.
    found = await give(api, policies, "01DIRECTION", "01DIRECTION")
    assert found.holds == pb.ReceiptManners(inside=ALWAYS, outside=ASK)
    acts = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    assert [(each["target_id"], each["details"]) for each in acts] == [
        ("01MINISTRY", {"inside": "- > always", "outside": "- > ask"}),
        ("01DIRECTION", {"inside": "- > never", "outside": "- > -"}),
        ("01DIRECTION", {"inside": "never > -", "outside": "- > -"}),
    ]


async def test_who_does_not_administer_a_unit_gives_it_nothing(api: Api, house: House, policies: Any) -> None:
    for unit, by in (("01MINISTRY", "01DIRECTION"), ("01DIRECTION", "01SANTE"), ("01NOWHERE", "01SANTE")):
        with pytest.raises(NotFound):
            await give(api, policies, unit, by, inside=ALWAYS)
    with acting_as(await api.identity(AGENT)), pytest.raises(Forbidden):
        await policies.GetReceiptPolicy(pb.GetReceiptPolicyRequest(unit_id="01DIRECTION"))
    with pytest.raises(InvalidInput):
        await give(api, policies, "01DIRECTION", "", inside=7)
    assert await house.facts("act_recorded") == []


async def test_an_account_asks_for_less_and_never_for_more(api: Api, policies: Any) -> None:
    async def wants(*named: str, **said: Any) -> pb.ReceiptSettings:
        request = pb.UpdateReceiptSettingsRequest(settings=pb.ReceiptSettings(**said))
        request.update_mask.paths.extend(named)
        return await policies.UpdateReceiptSettings(request)

    with acting_as(await api.identity(AGENT)):
        assert (await wants("inside", inside=NEVER)).inside == NEVER
        for more in ({"inside": ALWAYS}, {"outside": ASK}):
            with pytest.raises(InvalidInput):
                await wants(**more)
        # What is not named stays.
        found = await wants("outside", outside=NEVER)
        assert found == await policies.GetReceiptSettings(pb.GetReceiptSettingsRequest())
    assert found == pb.ReceiptSettings(inside=NEVER, outside=NEVER, let=pb.ReceiptManners(inside=ASK, outside=NEVER))


async def test_who_opens_a_letter_by_rest_sends_its_receipt(api: Api, house: House, policies: Any) -> None:
    house.people.heard = {ADDRESS: AGENT, "agent2@sante.gouv.tg": "01WRITER"}
    await give(api, policies, "01MINISTRY", "", inside=ALWAYS)
    writer = "agent2@sante.gouv.tg"
    source = letter("Note", From=writer, To=ADDRESS, Disposition_Notification_To=writer)
    await send(house.mail, Sender("01WRITER", writer), chunked(source), recipients=[ADDRESS])
    (found,) = (await list_messages(house.mail, AGENT, (await house.box(AGENT)).id, count=5)).messages
    mails: Any = mail_pb2_grpc.MessageServiceStub(api.channel)
    with acting_as(await api.identity(AGENT)):
        # To look at it says nothing: whoever gets it may only be a program that makes a list.
        await mails.GetMessage(mail_pb2.GetMessageRequest(id=found.id))
        before = await list_messages(house.mail, "01WRITER", (await house.box("01WRITER")).id, count=5)
        read = mail_pb2.Message(id=found.id, flags=["\\Seen", "\\Flagged"])
        answer = await mails.UpdateMessage(mail_pb2.UpdateMessageRequest(message=read))
    assert before.messages == []
    assert set(answer.flags) == {"\\Seen", "\\Flagged", SENT}
    told = await list_messages(house.mail, "01WRITER", (await house.box("01WRITER")).id, count=5)
    assert [each.subject for each in told.messages] == ["Accusé de lecture / Read receipt"]


async def test_workspace_mail_receipts(api: Api, house: House, policies: Any, authority: Authority) -> None:
    unit = "01UNIT".ljust(26, "X")
    house.people.units[unit] = Whereabouts("Bureau", (unit,))
    workspace = CommandLine(api, authority, await api.identity("01ADMIN", administers=unit), "receipts")
    codes, texts = await workspace.several(
        ["set", unit, "--inside", "always"],
        ["set", unit, "--outside", "ask"],
        ["show", unit],
        ["set", unit, "--inside", "above", "--json"],
        ["set", unit, "--inside", "sometimes"],
        ["set", unit],
    )
    assert codes[:4] == (0, 0, 0, 0)
    assert 0 not in codes[4:]
    assert "never (from above)" in texts[0]
    assert "always (given)" in texts[2]
    assert "ask (given)" in texts[2]
    assert json.loads(texts[3])["given"] == {"outside": "RECEIPT_MANNER_ASK"}
