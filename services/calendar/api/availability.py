"""AvailabilityService."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from workspace.calendar.v1 import availability_pb2 as pb
from workspace.calendar.v1 import availability_pb2_grpc as rpc

from chassis.identity import current_identity
from chassis.rpc.moments import moment_given
from services.calendar.domain.finding.working_hours import HOME, hours_given, shown_clock
from services.calendar.domain.free_busy import Busy, Period
from services.calendar.domain.preferences import EVERYBODY, MINISTRY, NOBODY, Preferences
from services.calendar.usecases.calendar_busy import calendar_busy
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.free_busy import Shown, free_busy
from services.calendar.usecases.wish import wish, wishes_of

_KINDS = {
    Busy.BUSY: pb.BUSY_KIND_BUSY,
    Busy.TENTATIVE: pb.BUSY_KIND_TENTATIVE,
    Busy.UNAVAILABLE: pb.BUSY_KIND_UNAVAILABLE,
}
_AUDIENCES = {
    EVERYBODY: pb.FREE_BUSY_AUDIENCE_EVERYBODY,
    MINISTRY: pb.FREE_BUSY_AUDIENCE_MINISTRY,
    NOBODY: pb.FREE_BUSY_AUDIENCE_NOBODY,
}
_AUDIENCE_NAMES = {number: name for name, number in _AUDIENCES.items()}


class AvailabilityApi(rpc.AvailabilityServiceServicer):
    """When people are busy, and what they wish."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def QueryFreeBusy(self, request: pb.QueryFreeBusyRequest, context: Any) -> pb.QueryFreeBusyResponse:
        found = await free_busy(
            self._agenda,
            current_identity(),
            list(request.addresses),
            moment_given(request, "start"),
            moment_given(request, "end"),
            request.without_uid,
        )
        return pb.QueryFreeBusyResponse(people=map(_person, found))

    async def QueryCalendarBusy(
        self, request: pb.QueryCalendarBusyRequest, context: Any
    ) -> pb.QueryCalendarBusyResponse:
        start, end = (int(moment_given(request, each).timestamp()) for each in ("start", "end"))
        found = await calendar_busy(self._agenda, current_identity(), request.calendar_id, start, end)
        return pb.QueryCalendarBusyResponse(periods=map(_period, found))

    async def GetPreferences(self, request: pb.GetPreferencesRequest, context: Any) -> pb.Preferences:
        return _preferences(await wishes_of(self._agenda, current_identity()))

    async def UpdatePreferences(self, request: pb.UpdatePreferencesRequest, context: Any) -> pb.Preferences:
        said = {path: _said(request.preferences, path) for path in request.update_mask.paths}
        return _preferences(await wish(self._agenda, current_identity(), said))


def _period(found: Period) -> pb.BusyPeriod:
    return pb.BusyPeriod(
        start=Timestamp(seconds=found.start), end=Timestamp(seconds=found.end), kind=_KINDS[found.kind]
    )


def _person(shown: Shown) -> pb.QueryFreeBusyResponse.Person:
    periods = list(map(_period, shown.periods or ()))
    return pb.QueryFreeBusyResponse.Person(address=shown.address, unknown=shown.periods is None, periods=periods)


def _preferences(wishes: Preferences) -> pb.Preferences:
    days = wishes.working_hours.days if wishes.working_hours is not None else ()
    spans = [
        pb.WorkingSpan(weekday=at, until=shown_clock(end), **{"from": shown_clock(start)})
        for at, day in enumerate(days, 1)
        for start, end in day
    ]
    return pb.Preferences(
        free_busy=_AUDIENCES[wishes.free_busy],
        time_zone=wishes.time_zone,
        working_hours=spans,
        availability=wishes.availability,
        daily_agenda=wishes.daily_agenda,
        daily_agenda_at=wishes.daily_agenda_at,
        default_reminders=wishes.default_reminders,
        reminders_by_mail=wishes.reminders_by_mail,
        hidden_calendars=wishes.hidden_calendars,
    )


def _said(given: pb.Preferences, path: str) -> Any:
    """A field as the domain has it."""
    if path == "free_busy":
        return _AUDIENCE_NAMES.get(given.free_busy, "")
    if path == "working_hours":
        spans = [(each.weekday, getattr(each, "from"), each.until) for each in given.working_hours]
        return hours_given(HOME, spans) if spans else None
    if path in ("default_reminders", "hidden_calendars"):
        return tuple(getattr(given, path))
    return getattr(given, path, None)
