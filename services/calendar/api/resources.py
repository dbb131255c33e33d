"""ResourceService."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import resources_pb2 as pb
from workspace.calendar.v1 import resources_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from chassis.rpc.moments import moment_given
from services.calendar.api.resource_messages import (
    STATES,
    hours_given_by,
    kind_given,
    policy_given_by,
    resource_message,
    taken_message,
)
from services.calendar.domain.resources.deciding import State
from services.calendar.domain.resources.resource import Resource
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.decide_booking import decide_booking
from services.calendar.usecases.list_bookings import list_bookings, list_pending
from services.calendar.usecases.list_resources import USUAL_PAGE, Wish, list_resources
from services.calendar.usecases.manage_resources import (
    Units,
    Wanted,
    create_resource,
    delete_resource,
    update_resource,
)
from services.calendar.usecases.resource_access import seen_resource, standing

_PLAIN = frozenset({"name", "description", "capacity", "features", "building", "floor"})
_PATHS = _PLAIN | {"time_zone", "hours", "policy"}


class ResourceApi(rpc.ResourceServiceServicer):
    """Rooms and equipment."""

    def __init__(self, agenda: Agenda, units: Units) -> None:
        self._agenda = agenda
        self._units = units

    async def ListResources(self, request: pb.ListResourcesRequest, context: Any) -> pb.ListResourcesResponse:
        wish = Wish(
            unit_id=request.unit_id,
            kind=kind_given(request.kind),
            text=request.text,
            capacity=request.capacity,
            features=list(request.features),
            building=request.building,
            window=_window(request),
            administered=request.administered,
            count=request.page_size or USUAL_PAGE,
            after=request.page_token,
        )
        page = await list_resources(self._agenda, current_identity(), wish)
        return pb.ListResourcesResponse(resources=map(_message, page.resources), next_page_token=page.after)

    async def GetResource(self, request: pb.GetResourceRequest, context: Any) -> pb.Resource:
        return _message(await seen_resource(self._agenda, current_identity(), request.id))

    async def CreateResource(self, request: pb.CreateResourceRequest, context: Any) -> pb.Resource:
        given = request.resource
        kind = kind_given(given.kind)
        if kind is None:
            raise InvalidInput("Say what it is", fields={"kind": "a room, or equipment"})
        said = _said(given, {*_PLAIN, "hours", "policy"})
        wanted = Wanted(given.unit_id, kind, given.address, said)
        return _message(await create_resource(self._agenda, self._units, current_identity(), wanted))

    async def UpdateResource(self, request: pb.UpdateResourceRequest, context: Any) -> pb.Resource:
        paths = set(request.update_mask.paths)
        if not paths or paths - _PATHS:
            wrong = ", ".join(sorted(paths - _PATHS)) or "empty"
            raise InvalidInput("Not fields that can be changed", fields={"update_mask": wrong})
        if ("time_zone" in paths) != ("hours" in paths):
            raise InvalidInput("A zone is that of hours", fields={"update_mask": "time_zone and hours together"})
        said = _said(request.resource, paths - {"time_zone"})
        return _message(await update_resource(self._agenda, current_identity(), request.resource.id, said))

    async def DeleteResource(self, request: pb.DeleteResourceRequest, context: Any) -> Empty:
        await delete_resource(self._agenda, current_identity(), request.id)
        return Empty()

    async def ListResourceBookings(
        self, request: pb.ListResourceBookingsRequest, context: Any
    ) -> pb.ListResourceBookingsResponse:
        start, end = moment_given(request, "start"), moment_given(request, "end")
        found = await list_bookings(self._agenda, current_identity(), request.id, start, end)
        return pb.ListResourceBookingsResponse(bookings=map(taken_message, found))

    async def ListPendingBookings(
        self, request: pb.ListPendingBookingsRequest, context: Any
    ) -> pb.ListPendingBookingsResponse:
        found = await list_pending(self._agenda, current_identity())
        return pb.ListPendingBookingsResponse(bookings=map(taken_message, found))

    async def DecideBooking(self, request: pb.DecideBookingRequest, context: Any) -> pb.ResourceBooking:
        booking = await decide_booking(
            self._agenda,
            current_identity(),
            request.resource_id,
            request.booking_id,
            accept=request.accept,
            comment=request.comment,
        )
        made = pb.ResourceBooking(
            id=booking.id,
            resource_id=booking.owner,
            state=STATES[booking.state],
            organizer=booking.organizer,
            reason=booking.reason.value if booking.reason is not None else "",
            comment=booking.comment,
            declined_instances=len(booking.declined) if booking.state is not State.DECLINED else 0,
        )
        made.updated_at.FromDatetime(booking.updated_at)
        return made


def _message(resource: Resource) -> pb.Resource:
    return resource_message(resource, standing(resource, current_identity()))


def _said(given: pb.Resource, names: set[str]) -> Mapping[str, Any]:
    said: dict[str, Any] = {name: getattr(given, name) for name in names & _PLAIN}
    if "features" in said:
        said["features"] = list(given.features)
    if "hours" in names:
        said["hours"] = hours_given_by(given)
    if "policy" in names:
        said["policy"] = policy_given_by(given.policy)
    return said


def _window(request: pb.ListResourcesRequest) -> tuple[datetime, datetime] | None:
    if not request.HasField("start") and not request.HasField("end"):
        return None
    return moment_given(request, "start"), moment_given(request, "end")
