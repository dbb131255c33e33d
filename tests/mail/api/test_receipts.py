"""A receipt that is asked for in a draft, and answered, over gRPC."""

from typing import Any

from workspace.mail.v1 import drafts_pb2 as pb
from workspace.mail.v1 import drafts_pb2_grpc, mail_pb2, mail_pb2_grpc, receipts_pb2, receipts_pb2_grpc

from chassis.identity import acting_as
from services.mail.usecases import list_messages
from tests.mail.api.conftest import Api
from tests.mail.house import House

ADDRESS = "agent1@numerique.gouv.tg"


async def test_who_writes_asks_for_a_receipt_and_gets_it(api: Api, house: House, owner: str) -> None:
    house.people.heard[ADDRESS] = owner
    drafts = drafts_pb2_grpc.DraftServiceStub(api.channel)
    receipts: Any = receipts_pb2_grpc.ReceiptServiceStub(api.channel)
    with acting_as(await api.identity(owner)):
        to = [mail_pb2.MailAddress(address=ADDRESS)]
        plain = await drafts.CreateDraft(pb.CreateDraftRequest(draft=pb.Draft(to=to, subject="Note", text="Voilà.")))
        assert not plain.receipt
        plain.receipt = True
        asking = await drafts.ReplaceDraft(pb.ReplaceDraftRequest(draft=plain))
        assert (await drafts.GetDraft(pb.GetDraftRequest(id=asking.id))).receipt
        await drafts.SendDraft(pb.SendDraftRequest(id=asking.id))
        box = await house.box(owner)
        (found,) = (await list_messages(house.mail, owner, box.id, count=5)).messages
        asked = await receipts.GetReceipt(receipts_pb2.GetReceiptRequest(id=found.id))
        mails: Any = mail_pb2_grpc.MessageServiceStub(api.channel)
        assert (await mails.GetMessage(mail_pb2.GetMessageRequest(id=found.id))).receipt_wanted
        assert asked == receipts_pb2.Receipt(state=receipts_pb2.Receipt.STATE_OPEN, to=[ADDRESS])
        answered = await receipts.AnswerReceipt(receipts_pb2.AnswerReceiptRequest(id=found.id))
        assert answered.state == receipts_pb2.Receipt.STATE_ANSWERED
        sent = await house.box(owner, "Sent")
        (letter,) = (await list_messages(house.mail, owner, sent.id, count=5)).messages
        (receipt,) = (await mails.GetMessage(mail_pb2.GetMessageRequest(id=letter.id))).receipts
        assert (receipt.by, receipt.disposition, receipt.proven) == (ADDRESS, "displayed", True)
        told = (await list_messages(house.mail, owner, box.id, count=5)).messages
        assert sorted(each.subject for each in told) == ["Accusé de lecture / Read receipt", "Note"]
