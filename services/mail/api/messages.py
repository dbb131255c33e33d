"""MessageService."""

from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from workspace.mail.v1 import mail_pb2, mail_pb2_grpc

from chassis.errors import InvalidInput, NotFound
from chassis.identity import current_identity
from chassis.rpc.downloads import announce, bodies, check_range
from services.mail.api.convert import attachment, message
from services.mail.api.cursor import below_of, page_token
from services.mail.api.masks import check_mask
from services.mail.api.uploads import Upload, with_line_ends
from services.mail.domain.envelope import Sender
from services.mail.domain.flags import FlagAction, canonical
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.names import INBOX
from services.mail.usecases import (
    Mail,
    append,
    expunge,
    find_mailbox,
    get_mailbox,
    get_message,
    list_messages,
    move,
    open_message,
    open_part,
    open_source,
    read_text,
    send,
    source_of,
    store_flags,
    store_source,
)

PAGE, LARGEST_PAGE = 50, 200


class MessageApi(mail_pb2_grpc.MessageServiceServicer):
    """Messages in the caller's mailboxes."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListMessages(self, request: mail_pb2.ListMessagesRequest, context: Any) -> mail_pb2.ListMessagesResponse:
        if not 0 <= request.page_size <= LARGEST_PAGE:
            raise InvalidInput("Not a page size", fields={"page_size": f"must be 1 to {LARGEST_PAGE}"})
        owner = current_identity().account_id
        box = await self._mailbox(owner, request.mailbox or INBOX)
        below = below_of(request.page_token, box.id)
        page = await list_messages(self._mail, owner, box.id, count=request.page_size or PAGE, below=below)
        return mail_pb2.ListMessagesResponse(
            messages=map(message, page.messages), next_page_token=page_token(box.id, page.below)
        )

    async def _mailbox(self, owner: str, id_or_name: str) -> Mailbox:
        try:
            return await get_mailbox(self._mail, owner, id_or_name)
        except NotFound:
            return await find_mailbox(self._mail, owner, id_or_name)

    async def GetMessage(self, request: mail_pb2.GetMessageRequest, context: Any) -> mail_pb2.Message:
        found, source = await open_message(self._mail, current_identity().account_id, request.id)
        answer = message(found)
        answer.text = await read_text(self._mail, source)
        answer.attachments.extend(map(attachment, source.attachments))
        return answer

    async def GetMessageSource(
        self, request: mail_pb2.GetMessageSourceRequest, context: Any
    ) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        source = await source_of(self._mail, current_identity().account_id, request.id)
        await announce(context, octets=source.size, etag=source.id, filename=f"{source.id}.eml")
        pieces = open_source(self._mail, source, offset=request.offset, length=length)
        async for body in bodies("message/rfc822", pieces):
            yield body

    async def GetAttachment(self, request: mail_pb2.GetAttachmentRequest, context: Any) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        owner = current_identity().account_id
        part = await open_part(self._mail, owner, request.id, request.part, offset=request.offset, length=length)
        name = part.attachment.filename
        await announce(context, octets=part.octets, etag=f"{request.id}-{request.part}", filename=name)
        async for body in bodies(part.attachment.content_type, part.content):
            yield body

    async def AppendMessage(
        self, request_iterator: AsyncIterator[mail_pb2.AppendMessageRequest], context: Any
    ) -> mail_pb2.Message:
        upload = Upload(request_iterator)
        first = await upload.open()
        owner, flags = current_identity().account_id, canonical(first.flags)
        box = await get_mailbox(self._mail, owner, first.mailbox_id)
        content = await store_source(self._mail, with_line_ends(upload.pieces()))
        placed = await append(self._mail, owner, box.id, content, flags=flags)
        return message(await get_message(self._mail, owner, placed.message_id))

    async def SendMessage(
        self, request_iterator: AsyncIterator[mail_pb2.SendMessageRequest], context: Any
    ) -> mail_pb2.Submission:
        identity = current_identity()
        upload = Upload(request_iterator)
        await upload.open()
        sender = Sender(identity.account_id, identity.address, identity.aliases)
        accepted = await send(self._mail, sender, upload.pieces())
        return mail_pb2.Submission(id=accepted.id, recipients=accepted.recipients)

    async def UpdateMessage(self, request: mail_pb2.UpdateMessageRequest, context: Any) -> mail_pb2.Message:
        check_mask(request.update_mask, ("flags",))
        owner = current_identity().account_id
        found = await get_message(self._mail, owner, request.message.id)
        place, flags = [(found.uid, found.uid)], request.message.flags
        await store_flags(self._mail, owner, found.mailbox_id, place, FlagAction.REPLACE, flags)
        return message(await get_message(self._mail, owner, found.id))

    async def MoveMessage(self, request: mail_pb2.MoveMessageRequest, context: Any) -> mail_pb2.Message:
        owner = current_identity().account_id
        found = await get_message(self._mail, owner, request.id)
        if found.mailbox_id != request.mailbox_id:
            await move(self._mail, owner, found.mailbox_id, [(found.uid, found.uid)], request.mailbox_id)
            found = await get_message(self._mail, owner, found.id)
        return message(found)

    async def DeleteMessage(self, request: mail_pb2.DeleteMessageRequest, context: Any) -> Empty:
        owner = current_identity().account_id
        found = await get_message(self._mail, owner, request.id)
        place = [(found.uid, found.uid)]
        await expunge(self._mail, owner, found.mailbox_id, place, only_deleted=False)
        return Empty()
