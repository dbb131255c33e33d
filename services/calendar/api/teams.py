"""TeamService."""

from typing import Any

from workspace.calendar.v1 import calendars_pb2
from workspace.calendar.v1 import teams_pb2 as pb
from workspace.calendar.v1 import teams_pb2_grpc as rpc

from chassis.identity import current_identity
from services.calendar.api.calendars import wanted_given
from services.calendar.api.messages import calendar_message, role_given
from services.calendar.domain.access import Role
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.manage_resources import Units
from services.calendar.usecases.team_calendars import create_team_calendar, list_team_calendars


class TeamApi(rpc.TeamServiceServicer):
    """Calendars of units, for their administrators."""

    def __init__(self, agenda: Agenda, units: Units) -> None:
        self._agenda = agenda
        self._units = units

    async def ListTeamCalendars(
        self, request: pb.ListTeamCalendarsRequest, context: Any
    ) -> pb.ListTeamCalendarsResponse:
        found = await list_team_calendars(self._agenda, self._units, current_identity(), request.unit_id)
        return pb.ListTeamCalendarsResponse(calendars=[calendar_message(each, self._agenda.now()) for each in found])

    async def CreateTeamCalendar(self, request: pb.CreateTeamCalendarRequest, context: Any) -> calendars_pb2.Calendar:
        members = role_given(request.members) or Role.WRITE
        wanted = wanted_given(request.calendar)
        made = await create_team_calendar(
            self._agenda, self._units, current_identity(), request.unit_id, wanted, members
        )
        return calendar_message(made, self._agenda.now())
