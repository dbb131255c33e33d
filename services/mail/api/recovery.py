"""RecoveryService."""

from typing import Any

from workspace.mail.v1 import recovery_pb2 as pb
from workspace.mail.v1 import recovery_pb2_grpc

from chassis.identity import current_identity
from chassis.rpc.moments import moment_or_none
from services.mail.api.convert import timestamp
from services.mail.api.pages import page_after, page_size
from services.mail.domain.recovery import Recoverable
from services.mail.usecases import Mail
from services.mail.usecases.restore import restore, restore_period

PAGE, MOST = 100, 500


class RecoveryApi(recovery_pb2_grpc.RecoveryServiceServicer):
    """What was deleted, as long as it can be had back. Nobody is shown what others deleted."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListRecoverable(self, request: pb.ListRecoverableRequest, context: Any) -> pb.ListRecoverableResponse:
        size, after = page_size(request.page_size, PAGE, MOST), page_after(request.page_token)
        found = await self._mail.store.recoverable.page(current_identity().account_id, after, size + 1)
        return pb.ListRecoverableResponse(
            messages=map(_message, found[:size]), next_page_token=found[size - 1].id if len(found) > size else ""
        )

    async def RestoreMessages(self, request: pb.RestoreMessagesRequest, context: Any) -> pb.RestoreMessagesResponse:
        done = await restore(self._mail, current_identity().account_id, list(request.ids))
        return pb.RestoreMessagesResponse(
            restored=[
                pb.RestoredMessage(id=each.id, message_id=each.message_id, mailbox_id=each.mailbox_id) for each in done
            ]
        )

    async def RestorePeriod(self, request: pb.RestorePeriodRequest, context: Any) -> pb.RestorePeriodResponse:
        first = moment_or_none(request, "deleted_from")
        end = moment_or_none(request, "deleted_before")
        count, more = await restore_period(self._mail, current_identity(), request.address, first, end)
        return pb.RestorePeriodResponse(restored=count, more=more)


def _message(found: Recoverable) -> pb.RecoverableMessage:
    told = pb.RecoverableMessage(
        id=found.id,
        subject=found.subject,
        size=found.size,
        mailbox=found.mailbox,
        received_at=timestamp(found.received_at),
        deleted_at=timestamp(found.deleted_at),
        kept_until=timestamp(found.kept_until),
    )
    setattr(told, "from", found.sender)
    return told
