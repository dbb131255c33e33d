"""ManagedAttachmentService and EventAttachmentService."""

from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import attachments_pb2 as pb
from workspace.calendar.v1 import attachments_pb2_grpc as rpc

from chassis.identity import current_identity
from chassis.rpc.downloads import announce, bodies, check_range
from chassis.rpc.uploads import uploaded
from services.calendar.api.messages import precondition_given
from services.calendar.domain.access import Role
from services.calendar.domain.attachments import Attachment
from services.calendar.usecases.attachments.attaching import File, Place, attach, detach
from services.calendar.usecases.attachments.opening import attachment_of, attachments_of, open_attachment
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.event_at import event_at


class ManagedAttachmentApi(rpc.ManagedAttachmentServiceServicer):
    """Files of objects, as CalDAV has them."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def AttachToObject(
        self, request_iterator: AsyncIterator[pb.AttachToObjectRequest], context: Any
    ) -> pb.AttachedObject:
        first, pieces = await uploaded(request_iterator, "file")
        file = File(first.filename, first.file.content_type, pieces)
        made = await attach(self._agenda, current_identity(), _place(first), file, first.replaces)
        return pb.AttachedObject(
            managed_id=made.attachment.id, etag=made.stored.etag, schedule_tag=made.stored.schedule_tag
        )

    async def DetachFromObject(self, request: pb.DetachFromObjectRequest, context: Any) -> pb.AttachedObject:
        left = await detach(self._agenda, current_identity(), _place(request), request.managed_id)
        return pb.AttachedObject(etag=left.etag, schedule_tag=left.schedule_tag)

    async def OpenAttachment(self, request: pb.OpenAttachmentRequest, context: Any) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        found = await open_attachment(self._agenda, current_identity(), request.managed_id)
        async for body in _opened(self._agenda, context, found, request.offset, length):
            yield body


class EventAttachmentApi(rpc.EventAttachmentServiceServicer):
    """Files of events, as the web workspace has them."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListEventAttachments(
        self, request: pb.ListEventAttachmentsRequest, context: Any
    ) -> pb.ListEventAttachmentsResponse:
        found = await attachments_of(self._agenda, current_identity(), request.event_id)
        return pb.ListEventAttachmentsResponse(attachments=map(_message, found))

    async def AddEventAttachment(
        self, request_iterator: AsyncIterator[pb.AddEventAttachmentRequest], context: Any
    ) -> pb.EventAttachment:
        first, pieces = await uploaded(request_iterator, "file")
        place = await self._place(first.event_id, first.recurrence_id)
        file = File(first.filename, first.file.content_type, pieces)
        return _message((await attach(self._agenda, current_identity(), place, file)).attachment)

    async def GetEventAttachment(self, request: pb.GetEventAttachmentRequest, context: Any) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        found = await attachment_of(self._agenda, current_identity(), request.event_id, request.id)
        async for body in _opened(self._agenda, context, found, request.offset, length):
            yield body

    async def RemoveEventAttachment(self, request: pb.RemoveEventAttachmentRequest, context: Any) -> Empty:
        await attachment_of(self._agenda, current_identity(), request.event_id, request.id)
        place = await self._place(request.event_id, request.recurrence_id)
        await detach(self._agenda, current_identity(), place, request.id)
        return Empty()

    async def _place(self, event_id: str, recurrence_id: str) -> Place:
        """Raises `NotFound`, `Forbidden`."""
        found = await event_at(self._agenda, current_identity(), event_id, Role.WRITE)
        return Place(found.calendar.id, found.stored.name, instances=(recurrence_id,) if recurrence_id else ())


def _place(request: pb.AttachToObjectRequest | pb.DetachFromObjectRequest) -> Place:
    return Place(request.calendar_id, request.name, precondition_given(request.precondition), tuple(request.instances))


async def _opened(
    agenda: Agenda, context: Any, found: Attachment, offset: int, length: int | None
) -> AsyncIterator[HttpBody]:
    await announce(context, octets=found.octets, etag=found.id, filename=found.filename)
    async for body in bodies(found.media_type, agenda.files.open(found.blob, offset, length)):
        yield body


def _message(found: Attachment) -> pb.EventAttachment:
    return pb.EventAttachment(id=found.id, filename=found.filename, media_type=found.media_type, octets=found.octets)
