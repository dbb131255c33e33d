"""EventService."""

from datetime import UTC, datetime
from typing import Any

from workspace.calendar.v1 import schedule_pb2 as pb
from workspace.calendar.v1 import schedule_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.calendar.api.instances import instances_message
from services.calendar.domain.instances import Window, window_given
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.list_instances import list_instances
from services.calendar.usecases.owners import addresses_of


def window_of(request: pb.ListInstancesRequest) -> Window:
    """Raises `InvalidInput`."""
    return window_given(moment_given(request, "start"), moment_given(request, "end"))


def moment_given(request: Any, field: str) -> datetime:
    """Raises `InvalidInput` where it is missing, or beyond the years that there are."""
    if not request.HasField(field):
        raise InvalidInput("A moment is missing", fields={field: "missing"})
    try:
        moment: datetime = getattr(request, field).ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("Not a moment", fields={field: "of the years 1 to 9999"}) from error
    return moment


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
