"""MailboxService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.mail.v1 import mail_pb2, mail_pb2_grpc

from chassis.errors import NotFound
from chassis.identity import current_identity
from services.mail.api.convert import mailbox
from services.mail.api.ids import meant
from services.mail.api.masks import check_mask
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.rights import DELETE
from services.mail.usecases import Mail, create_mailbox, delete_mailbox, list_mailboxes, rename_mailbox
from services.mail.usecases.access import open_mailbox
from services.mail.usecases.naming import name_there, place_for
from services.mail.usecases.retention import retention_of
from services.mail.usecases.shared_mailboxes import shared_mailboxes


class MailboxApi(mail_pb2_grpc.MailboxServiceServicer):
    """The caller's mailboxes."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListMailboxes(
        self, request: mail_pb2.ListMailboxesRequest, context: Any
    ) -> mail_pb2.ListMailboxesResponse:
        actor = current_identity().account_id
        boxes, holds = await list_mailboxes(self._mail, actor), await retention_of(self._mail, actor)
        return mail_pb2.ListMailboxesResponse(mailboxes=[mailbox(box, holds) for box in boxes])

    async def CreateMailbox(self, request: mail_pb2.CreateMailboxRequest, context: Any) -> mail_pb2.Mailbox:
        place = await place_for(self._mail, current_identity().account_id, request.mailbox.name)
        return await self._seen(await create_mailbox(self._mail, place.owner, place.name))

    async def UpdateMailbox(self, request: mail_pb2.UpdateMailboxRequest, context: Any) -> mail_pb2.Mailbox:
        check_mask(request.update_mask, ("name",))
        actor, (owner, mailbox_id) = current_identity().account_id, meant(request.mailbox.id)
        box = await open_mailbox(self._mail, actor, owner, mailbox_id, DELETE)
        wanted = await name_there(self._mail, actor, box, request.mailbox.name)
        return await self._seen(await rename_mailbox(self._mail, owner, mailbox_id, wanted))

    async def DeleteMailbox(self, request: mail_pb2.DeleteMailboxRequest, context: Any) -> Empty:
        owner, mailbox_id = meant(request.id)
        await open_mailbox(self._mail, current_identity().account_id, owner, mailbox_id, DELETE)
        await delete_mailbox(self._mail, owner, mailbox_id)
        return Empty()

    async def _seen(self, box: Mailbox) -> mail_pb2.Mailbox:
        """With the name by which the caller knows it. Raises `NotFound` when it is shared no more by now."""
        actor, holds = current_identity().account_id, await retention_of(self._mail, box.owner)
        if box.owner == actor:
            return mailbox(box, holds)
        found = await shared_mailboxes(self._mail, actor)
        shown = next((each.box for each in found if (each.box.owner, each.box.id) == (box.owner, box.id)), None)
        if shown is None:
            raise NotFound("No such mailbox")
        return mailbox(shown, holds)
