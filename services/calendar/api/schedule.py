"""EventService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import schedule_pb2 as pb
from workspace.calendar.v1 import schedule_pb2_grpc as rpc

from chassis.identity import current_identity
from chassis.rpc.moments import moment_given
from services.calendar.api.events import event_message, fields_given
from services.calendar.api.instances import instances_message
from services.calendar.domain.instances import Window, window_given
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.list_changes import list_changes
from services.calendar.usecases.list_instances import list_instances
from services.calendar.usecases.owners import addresses_of
from services.calendar.usecases.read_event import read_event
from services.calendar.usecases.search_events import search_events
from services.calendar.usecases.write_event import Meant, Scope, create_event, delete_event, update_event

SCOPES = {pb.SCOPE_THIS: Scope.THIS, pb.SCOPE_THIS_AND_FOLLOWING: Scope.FOLLOWING}


def window_of(request: pb.ListInstancesRequest | pb.SearchEventsRequest) -> Window:
    """Raises `InvalidInput`."""
    return window_given(moment_given(request, "start"), moment_given(request, "end"))


class EventApi(rpc.EventServiceServicer):
    """What is in the calendars that the caller sees."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListInstances(self, request: pb.ListInstancesRequest, context: Any) -> pb.ListInstancesResponse:
        caller = current_identity()
        window = window_of(request)
        found = await list_instances(self._agenda, caller, window, list(request.calendar_ids))
        addresses = await addresses_of(self._agenda, caller, {each.calendar.owner for each in found.calendars})
        return pb.ListInstancesResponse(
            instances=instances_message(found.instances, addresses), incomplete=found.incomplete
        )

    async def SearchEvents(self, request: pb.SearchEventsRequest, context: Any) -> pb.SearchEventsResponse:
        caller = current_identity()
        window = window_of(request) if request.HasField("start") or request.HasField("end") else None
        page = await search_events(
            self._agenda,
            caller,
            request.query,
            list(request.calendar_ids),
            window,
            request.page_size,
            request.page_token,
        )
        addresses = await addresses_of(self._agenda, caller, {each.calendar.owner for each in page.calendars})
        return pb.SearchEventsResponse(
            events=instances_message(page.instances, addresses), next_page_token=page.following
        )

    async def ListEventChanges(self, request: pb.ListEventChangesRequest, context: Any) -> pb.ListEventChangesResponse:
        found = await list_changes(self._agenda, current_identity(), request.cursor, list(request.calendar_ids))
        return pb.ListEventChangesResponse(
            changes=[
                pb.ChangedEvent(
                    calendar_id=each.calendar,
                    event_id=each.key,
                    etag=each.etag,
                    component=each.component,
                    deleted=not each.etag,
                )
                for each in found.changes
            ],
            cursor=found.cursor,
            more=found.more,
            anew=found.anew,
            gone=found.gone,
        )

    async def GetEvent(self, request: pb.GetEventRequest, context: Any) -> pb.Event:
        return event_message(await read_event(self._agenda, current_identity(), request.id, request.recurrence_id))

    async def CreateEvent(self, request: pb.CreateEventRequest, context: Any) -> pb.Event:
        fields = fields_given(request.event)
        return event_message(await create_event(self._agenda, current_identity(), request.calendar_id, fields))

    async def UpdateEvent(self, request: pb.UpdateEventRequest, context: Any) -> pb.Event:
        event = request.event
        fields = fields_given(event, request.update_mask.paths)
        meant = Meant(SCOPES.get(request.scope, Scope.ALL), request.recurrence_id, event.etag)
        return event_message(await update_event(self._agenda, current_identity(), event.id, fields, meant))

    async def DeleteEvent(self, request: pb.DeleteEventRequest, context: Any) -> Empty:
        meant = Meant(SCOPES.get(request.scope, Scope.ALL), request.recurrence_id, request.etag)
        await delete_event(self._agenda, current_identity(), request.id, meant)
        return Empty()
