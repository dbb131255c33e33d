"""MailboxService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.mail.v1 import mail_pb2, mail_pb2_grpc

from chassis.identity import current_identity
from services.mail.api.convert import mailbox
from services.mail.api.masks import check_mask
from services.mail.usecases import Mail, create_mailbox, delete_mailbox, list_mailboxes, rename_mailbox


class MailboxApi(mail_pb2_grpc.MailboxServiceServicer):
    """The caller's mailboxes."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListMailboxes(
        self, request: mail_pb2.ListMailboxesRequest, context: Any
    ) -> mail_pb2.ListMailboxesResponse:
        boxes = await list_mailboxes(self._mail, current_identity().account_id)
        return mail_pb2.ListMailboxesResponse(mailboxes=map(mailbox, boxes))

    async def CreateMailbox(self, request: mail_pb2.CreateMailboxRequest, context: Any) -> mail_pb2.Mailbox:
        owner = current_identity().account_id
        return mailbox(await create_mailbox(self._mail, owner, request.mailbox.name))

    async def UpdateMailbox(self, request: mail_pb2.UpdateMailboxRequest, context: Any) -> mail_pb2.Mailbox:
        check_mask(request.update_mask, ("name",))
        owner = current_identity().account_id
        return mailbox(await rename_mailbox(self._mail, owner, request.mailbox.id, request.mailbox.name))

    async def DeleteMailbox(self, request: mail_pb2.DeleteMailboxRequest, context: Any) -> Empty:
        await delete_mailbox(self._mail, current_identity().account_id, request.id)
        return Empty()
