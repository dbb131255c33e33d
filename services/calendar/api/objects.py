"""ObjectService."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import objects_pb2 as pb
from workspace.calendar.v1 import objects_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.calendar.api.filters import filter_given, shape_given
from services.calendar.api.messages import object_message, object_of_row, precondition_given
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import zone_given
from services.calendar.domain.shape import Shape, shaped
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.find_home import find_calendar
from services.calendar.usecases.list_object_changes import list_object_changes
from services.calendar.usecases.move_object import move_object
from services.calendar.usecases.put_object import put_into
from services.calendar.usecases.query_objects import query_objects
from services.calendar.usecases.read_objects import list_objects, read_objects

# Of one message: a client has something to read early, and no message is anywhere near what gRPC takes.
AT_ONCE = 200
OCTETS_AT_ONCE = 256 * 1024


class ObjectApi(rpc.ObjectServiceServicer):
    """What is in a calendar."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ReadObjects(self, request: pb.ReadObjectsRequest, context: Any) -> AsyncIterator[pb.Objects]:
        if not request.with_content:
            rows = await list_objects(self._agenda, current_identity(), request.calendar_id, list(request.names))
            for start in range(0, len(rows), AT_ONCE):
                yield pb.Objects(objects=map(object_of_row, rows[start : start + AT_ONCE]))
                # A large calendar takes long enough for others to be let through.
                await asyncio.sleep(0)
            return
        async for some in _gathered(self._read(request)):
            yield some

    async def _read(self, request: pb.ReadObjectsRequest) -> AsyncIterator[pb.Object]:
        identity, names = current_identity(), list(request.names)
        shape = shape_given(request.shape)
        zone = await self._zone(request.calendar_id, shape)
        async for stored in read_objects(self._agenda, identity, request.calendar_id, names):
            yield object_message(shaped(stored, shape, zone), with_content=True)

    async def QueryObjects(self, request: pb.QueryObjectsRequest, context: Any) -> AsyncIterator[pb.Objects]:
        async for some in _gathered(self._matching(request)):
            yield some

    async def _matching(self, request: pb.QueryObjectsRequest) -> AsyncIterator[pb.Object]:
        identity, shape = current_identity(), shape_given(request.shape)
        found = query_objects(
            self._agenda,
            identity,
            request.calendar_id,
            filter_given(request.filter),
            zone=zone_given(request.time_zone) if request.time_zone else "",
            limit=_limit(request.limit),
            with_content=request.with_content,
        )
        zone = request.time_zone or await self._zone(request.calendar_id, shape)
        async for stored in found:
            given = shaped(stored, shape, zone) if request.with_content else stored
            yield object_message(given, with_content=request.with_content)

    async def _zone(self, calendar_id: str, shape: Shape) -> str:
        """That of the calendar's floating times, where a shape needs it; whoever may not read it learns nothing."""
        if shape.whole:
            return ""
        calendar = await self._agenda.calendars.find(calendar_id)
        return calendar.time_zone if calendar is not None else self._agenda.options.time_zone

    async def PutObject(self, request: pb.PutObjectRequest, context: Any) -> pb.PutObjectResponse:
        identity = current_identity()
        if request.calendar_id:
            reached = await reach(self._agenda, identity, request.calendar_id, Role.WRITE)
        else:
            reached = await find_calendar(self._agenda, identity, request.home_address, request.calendar_name)
        precondition = precondition_given(request.precondition)
        kept = await put_into(self._agenda, identity, reached, request.name, request.content, precondition)
        return pb.PutObjectResponse(
            etag=kept.stored.etag, schedule_tag=kept.stored.schedule_tag, created=kept.created, changed=kept.changed
        )

    async def DeleteObject(self, request: pb.DeleteObjectRequest, context: Any) -> Empty:
        await delete_object(
            self._agenda,
            current_identity(),
            request.calendar_id,
            request.name,
            precondition_given(request.precondition),
            no_reply=request.no_reply,
        )
        return Empty()

    async def MoveObject(self, request: pb.MoveObjectRequest, context: Any) -> pb.MoveObjectResponse:
        created = await move_object(
            self._agenda,
            current_identity(),
            (request.calendar_id, request.name),
            (request.to_calendar_id, request.to_name),
            overwrite=request.overwrite,
            copy=request.copy,
            precondition=precondition_given(request.precondition),
        )
        return pb.MoveObjectResponse(created=created)

    async def ListObjectChanges(
        self, request: pb.ListObjectChangesRequest, context: Any
    ) -> pb.ListObjectChangesResponse:
        found = await list_object_changes(
            self._agenda, current_identity(), request.calendar_id, request.sync_token, _limit(request.limit)
        )
        return pb.ListObjectChangesResponse(
            changed=map(object_of_row, found.changed),
            removed=found.removed,
            sync_token=found.sync_token,
            more=found.more,
        )


async def _gathered(found: AsyncIterator[pb.Object]) -> AsyncIterator[pb.Objects]:
    some, octets = pb.Objects(), 0
    async for each in found:
        some.objects.append(each)
        octets += len(each.content)
        if len(some.objects) >= AT_ONCE or octets >= OCTETS_AT_ONCE:
            yield some
            some, octets = pb.Objects(), 0
    if some.objects:
        yield some


def _limit(given: int) -> int:
    """Raises `InvalidInput`."""
    if given < 0:
        raise InvalidInput("Not a limit", fields={"limit": "negative"})
    return given
