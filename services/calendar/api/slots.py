"""SlotService."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from workspace.calendar.v1 import slots_pb2 as pb
from workspace.calendar.v1 import slots_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.calendar.api.resource_messages import spans_given, spans_of
from services.calendar.domain.finding.holidays import Correction, Holiday
from services.calendar.domain.finding.slots import Slot, Why, Wish
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.find_slots import Asked, find_slots
from services.calendar.usecases.manage_resources import Units, administered_path
from services.calendar.usecases.working_hours import (
    Known,
    correct_holidays,
    list_holidays,
    set_unit_hours,
    unit_hours,
)

_WHY = {Why.BUSY: pb.ABSENCE_BUSY, Why.OUTSIDE_HOURS: pb.ABSENCE_OUTSIDE_HOURS}
_USUAL_STEP, _USUAL_LIMIT = 15, 20


class SlotApi(rpc.SlotServiceServicer):
    """Times to meet, and what decides on them."""

    def __init__(self, agenda: Agenda, units: Units) -> None:
        self._agenda = agenda
        self._units = units

    async def FindSlots(self, request: pb.FindSlotsRequest, context: Any) -> pb.FindSlotsResponse:
        if request.notice_minutes < 0:
            raise InvalidInput("Not a notice", fields={"notice_minutes": "0 or more"})
        now = int(self._agenda.now().timestamp())
        wish = Wish(
            start=request.start.seconds,
            end=request.end.seconds,
            length=request.length_minutes * 60,
            step=(request.step_minutes or _USUAL_STEP) * 60,
            buffer=request.buffer_minutes * 60,
            earliest=now + request.notice_minutes * 60,
            limit=request.limit or _USUAL_LIMIT,
        )
        people = [(each.address, not each.optional) for each in request.guests]
        asked = Asked(people, list(request.rooms), wish, request.on_holidays)
        found = await find_slots(self._agenda, current_identity(), asked)
        return pb.FindSlotsResponse(slots=map(_slot_message, found.slots), unknown=found.unknown)

    async def GetUnitHours(self, request: pb.GetUnitHoursRequest, context: Any) -> pb.UnitHours:
        path = await administered_path(self._units, current_identity(), request.unit_id)
        return _hours_message(await unit_hours(self._agenda, path))

    async def SetUnitHours(self, request: pb.SetUnitHoursRequest, context: Any) -> pb.UnitHours:
        path = await administered_path(self._units, current_identity(), request.unit_id)
        hours = spans_given(request.hours.time_zone, request.hours.spans)
        return _hours_message(await set_unit_hours(self._agenda, path, hours))

    async def ListHolidays(self, request: pb.ListHolidaysRequest, context: Any) -> pb.ListHolidaysResponse:
        return _holidays_message(await list_holidays(self._agenda, request.year))

    async def CorrectHolidays(self, request: pb.CorrectHolidaysRequest, context: Any) -> pb.ListHolidaysResponse:
        said = [
            Correction(request.year, each.key, _day(each.date), each.name_fr, each.name_en, each.number or 1)
            for each in request.corrections
        ]
        return _holidays_message(await correct_holidays(self._agenda, current_identity(), request.year, said))


def _slot_message(slot: Slot) -> pb.Slot:
    made = pb.Slot(
        missing=[pb.MissingGuest(address=address, why=_WHY[why]) for address, why in slot.missing.items()],
        rooms=slot.rooms,
    )
    made.start.FromSeconds(slot.start)
    made.end.FromSeconds(slot.end)
    return made


def _hours_message(known: Known) -> pb.UnitHours:
    return pb.UnitHours(time_zone=known.hours.zone, spans=spans_of(known.hours), from_unit_id=known.unit_id)


def _day(given: str) -> date | None:
    """Raises `InvalidInput`."""
    try:
        return date.fromisoformat(given) if given else None
    except ValueError as error:
        raise InvalidInput("Not a day", fields={"date": "such as 2026-04-27"}) from error


def _holidays_message(found: Sequence[Holiday]) -> pb.ListHolidaysResponse:
    return pb.ListHolidaysResponse(
        holidays=[
            pb.Holiday(
                date=each.day.isoformat(),
                key=each.key,
                name_fr=each.french,
                name_en=each.english,
                estimated=each.estimated,
                number=each.number,
            )
            for each in found
        ]
    )
