"""CalendarService."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import calendars_pb2 as pb
from workspace.calendar.v1 import calendars_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.calendar.api.messages import calendar_message, home_message
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import FIELDS, INBOX
from services.calendar.domain.resources.resource import is_resource
from services.calendar.usecases.authority import Reached, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.delete_calendar import delete_calendar
from services.calendar.usecases.find_home import find_calendar, find_home
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.update_calendar import update_calendar

# Fields of REST: the definition of a zone is CalDAV's.
_PATHS = FIELDS - {"time_zone_definition"}


def wanted_given(given: pb.Calendar) -> Wanted:
    """What is said of a calendar that is to be made."""
    said: dict[str, Any] = {name: value for name in FIELDS if (value := getattr(given, name))}
    return Wanted(given.name, list(given.components), said)


class CalendarApi(rpc.CalendarServiceServicer):
    """The calendars that the caller can see."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListCalendars(self, request: pb.ListCalendarsRequest, context: Any) -> pb.ListCalendarsResponse:
        every = await list_calendars(self._agenda, current_identity())
        # Scheduling messages are CalDAV's; here invitations stand with the events that they are of.
        found = [each for each in every if each.calendar.kind != INBOX]
        return pb.ListCalendarsResponse(calendars=await self._messages(found))

    async def GetCalendar(self, request: pb.GetCalendarRequest, context: Any) -> pb.Calendar:
        return await self._message(await reach(self._agenda, current_identity(), request.id, Role.FREE_BUSY))

    async def CreateCalendar(self, request: pb.CreateCalendarRequest, context: Any) -> pb.Calendar:
        wanted = replace(wanted_given(request.calendar), properties=dict(request.properties))
        return await self._message(await create_calendar(self._agenda, current_identity(), request.owner_id, wanted))

    async def UpdateCalendar(self, request: pb.UpdateCalendarRequest, context: Any) -> pb.Calendar:
        paths = set(request.update_mask.paths)
        if not paths or paths - _PATHS:
            wrong = ", ".join(sorted(paths - _PATHS)) or "empty"
            raise InvalidInput("Not fields that can be changed", fields={"update_mask": wrong})
        said = {name: getattr(request.calendar, name) for name in paths}
        return await self._message(await update_calendar(self._agenda, current_identity(), request.calendar.id, said))

    async def PatchCalendar(self, request: pb.PatchCalendarRequest, context: Any) -> pb.Calendar:
        said = {name: getattr(request, name) for name in FIELDS if request.HasField(name)}  # type: ignore[arg-type]
        return await self._message(
            await update_calendar(
                self._agenda,
                current_identity(),
                request.id,
                said,
                dict(request.properties),
                list(request.removed_properties),
                list(request.lock_tokens),
            )
        )

    async def DeleteCalendar(self, request: pb.DeleteCalendarRequest, context: Any) -> Empty:
        await delete_calendar(self._agenda, current_identity(), request.id, list(request.lock_tokens))
        return Empty()

    async def FindHome(self, request: pb.FindHomeRequest, context: Any) -> pb.Home:
        home = await find_home(self._agenda, current_identity(), request.address)
        return home_message(home, await self._messages(home.calendars))

    async def FindCalendar(self, request: pb.FindCalendarRequest, context: Any) -> pb.Calendar:
        return await self._message(await find_calendar(self._agenda, current_identity(), request.address, request.name))

    async def _message(self, reached: Reached) -> pb.Calendar:
        return (await self._messages([reached]))[0]

    async def _messages(self, found: Sequence[Reached]) -> list[pb.Calendar]:
        """With whose each is; only of others somebody has to be asked."""
        me = current_identity()
        names = {me.account_id: (me.address, me.name)}
        others = {each.calendar.owner for each in found} - names.keys()
        if others:
            people = await self._agenda.people.by_ids(sorted(others))
            names |= {each.account_id: (each.address, each.display_name) for each in people}
            places = await self._agenda.resources.those(sorted(filter(is_resource, others)))
            names |= {each.id: (each.address, each.name) for each in places}
        now = self._agenda.now()
        return [calendar_message(each, now, names.get(each.calendar.owner, ("", ""))) for each in found]
