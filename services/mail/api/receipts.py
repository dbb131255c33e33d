"""ReceiptService."""

from typing import Any

from workspace.mail.v1 import receipts_pb2, receipts_pb2_grpc

from chassis.identity import current_identity
from services.mail.api.ids import meant
from services.mail.domain.receipts import State, Wanted
from services.mail.usecases import Mail
from services.mail.usecases.receipts import answer_receipt, read_receipt

_STATES = {
    State.NOT_ASKED: receipts_pb2.Receipt.STATE_UNSPECIFIED,
    State.OPEN: receipts_pb2.Receipt.STATE_OPEN,
    State.ANSWERED: receipts_pb2.Receipt.STATE_ANSWERED,
    State.NOT_ALLOWED: receipts_pb2.Receipt.STATE_NOT_ALLOWED,
}


class ReceiptApi(receipts_pb2_grpc.ReceiptServiceServicer):
    """What readers say to who asks whether a letter was read."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def GetReceipt(self, request: receipts_pb2.GetReceiptRequest, context: Any) -> receipts_pb2.Receipt:
        return _told(await read_receipt(self._mail, current_identity().account_id, *meant(request.id)))

    async def AnswerReceipt(self, request: receipts_pb2.AnswerReceiptRequest, context: Any) -> receipts_pb2.Receipt:
        actor, which = current_identity().account_id, meant(request.id)
        answered = await answer_receipt(self._mail, actor, *which, decline=request.decline, confirmed=request.confirmed)
        return _told(answered)


def _told(asked: Wanted) -> receipts_pb2.Receipt:
    return receipts_pb2.Receipt(state=_STATES[asked.state], to=asked.to, needs_confirmation=asked.confirm)
