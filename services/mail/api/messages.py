"""MessageService."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from workspace.mail.v1 import mail_pb2, mail_pb2_grpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from chassis.rpc.downloads import announce, bodies, check_range
from chassis.rpc.moments import moment_given
from services.mail.api.convert import attachment, message, received_receipt, submission
from services.mail.api.cursor import below_of, page_token
from services.mail.api.ids import meant, sender_of
from services.mail.api.masks import check_mask
from services.mail.api.pages import page_size
from services.mail.api.readable import readable, readable_mailbox
from services.mail.api.uploads import Upload, with_line_ends
from services.mail.domain.flags import FlagAction, canonical
from services.mail.domain.holding import MAX_UNDO, release_time
from services.mail.domain.names import INBOX
from services.mail.domain.receipts import SENT
from services.mail.domain.rights import EXPUNGE, INSERT, MARK_DELETED, READ, refuse_flags
from services.mail.usecases import (
    Mail,
    append,
    expunge,
    get_message,
    list_messages,
    open_message,
    open_part,
    open_source,
    read_text,
    send,
    source_of,
    store_flags,
    store_source,
)
from services.mail.usecases.access import open_held, open_held_message, open_message_of
from services.mail.usecases.carry import move_to
from services.mail.usecases.note_receipts import receipts_of
from services.mail.usecases.quota import want_room
from services.mail.usecases.receipts import answer_by_itself

PAGE, LARGEST_PAGE = 50, 200


class MessageApi(mail_pb2_grpc.MessageServiceServicer):
    """Messages in the caller's mailboxes."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListMessages(self, request: mail_pb2.ListMessagesRequest, context: Any) -> mail_pb2.ListMessagesResponse:
        count = page_size(request.page_size, PAGE, LARGEST_PAGE)
        box = await readable_mailbox(self._mail, request.mailbox or INBOX)
        below = below_of(request.page_token, box.id)
        page = await list_messages(self._mail, box.owner, box.id, count=count, below=below)
        return mail_pb2.ListMessagesResponse(
            messages=map(message, page.messages), next_page_token=page_token(box.id, page.below)
        )

    async def GetMessage(self, request: mail_pb2.GetMessageRequest, context: Any) -> mail_pb2.Message:
        found, source = await open_message(self._mail, *await readable(self._mail, request.id))
        answer = message(found)
        answer.text = await read_text(self._mail, source)
        answer.attachments.extend(map(attachment, source.attachments))
        answer.receipts.extend(map(received_receipt, await receipts_of(self._mail, found)))
        return answer

    async def GetMessageSource(
        self, request: mail_pb2.GetMessageSourceRequest, context: Any
    ) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        source = await source_of(self._mail, *await readable(self._mail, request.id))
        await announce(context, octets=source.size, etag=source.id, filename=f"{source.id}.eml")
        pieces = open_source(self._mail, source, offset=request.offset, length=length)
        async for body in bodies("message/rfc822", pieces):
            yield body

    async def GetAttachment(self, request: mail_pb2.GetAttachmentRequest, context: Any) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        which = await readable(self._mail, request.id)
        part = await open_part(self._mail, *which, request.part, offset=request.offset, length=length)
        name = part.attachment.filename
        await announce(context, octets=part.octets, etag=f"{request.id}-{request.part}", filename=name)
        async for body in bodies(part.attachment.content_type, part.content):
            yield body

    async def AppendMessage(
        self, request_iterator: AsyncIterator[mail_pb2.AppendMessageRequest], context: Any
    ) -> mail_pb2.Message:
        upload = Upload(request_iterator)
        first = await upload.open()
        actor, flags = current_identity().account_id, canonical(first.flags)
        box, held = await open_held(self._mail, actor, *meant(first.mailbox_id), INSERT)
        refuse_flags(held, flags)
        await want_room(self._mail, box.owner, 0)
        content = await store_source(self._mail, with_line_ends(upload.pieces()))
        placed = await append(self._mail, box.owner, box.id, content, flags=flags)
        return message(await get_message(self._mail, box.owner, placed.message_id))

    async def SendMessage(
        self, request_iterator: AsyncIterator[mail_pb2.SendMessageRequest], context: Any
    ) -> mail_pb2.Submission:
        identity = current_identity()
        upload = Upload(request_iterator)
        release_at = asked_release(await upload.open(), self._mail.now())
        sender = sender_of(identity)
        return submission(await send(self._mail, sender, upload.pieces(), release_at=release_at))

    async def UpdateMessage(self, request: mail_pb2.UpdateMessageRequest, context: Any) -> mail_pb2.Message:
        check_mask(request.update_mask, ("flags",))
        actor, which = current_identity().account_id, meant(request.message.id)
        found, held = await open_held_message(self._mail, actor, *which, READ)
        place, flags = [(found.uid, found.uid)], request.message.flags
        refuse_flags(held, set(found.flags) ^ set(canonical(flags)))
        answered = [SENT] if await answer_by_itself(self._mail, actor, found, held, flags) else []
        named = [*flags, *answered]
        await store_flags(self._mail, found.owner, found.mailbox_id, place, FlagAction.REPLACE, named)
        return message(await get_message(self._mail, found.owner, found.id))

    async def MoveMessage(self, request: mail_pb2.MoveMessageRequest, context: Any) -> mail_pb2.Message:
        actor, place = current_identity().account_id, meant(request.mailbox_id)
        found = await open_message_of(self._mail, actor, *meant(request.id), READ, MARK_DELETED, EXPUNGE)
        if (found.owner, found.mailbox_id) != place:
            there, held = await open_held(self._mail, actor, *place, INSERT)
            await move_to(self._mail, found.owner, found.mailbox_id, [(found.uid, found.uid)], there, held)
            found = await get_message(self._mail, there.owner, found.id)
        return message(found)

    async def DeleteMessage(self, request: mail_pb2.DeleteMessageRequest, context: Any) -> Empty:
        actor = current_identity().account_id
        found = await open_message_of(self._mail, actor, *meant(request.id), MARK_DELETED, EXPUNGE)
        place = [(found.uid, found.uid)]
        await expunge(self._mail, found.owner, found.mailbox_id, place, only_deleted=False)
        return Empty()


def asked_release(request: Any, now: datetime) -> datetime | None:
    """Until when a message is to be held, by its `send_at` or `hold_seconds`. Raises `InvalidInput`."""
    hold = timedelta(seconds=request.hold_seconds)
    if request.HasField("send_at"):
        if hold:
            raise InvalidInput("Either a time or a hold", fields={"hold_seconds": "stands beside send_at"})
        return release_time(moment_given(request, "send_at"), now)
    if not timedelta() <= hold <= MAX_UNDO:
        raise InvalidInput("Not a hold", fields={"hold_seconds": f"must be 0 to {MAX_UNDO.seconds}"})
    return release_time(now + hold, now) if hold else None
