"""What tests of REST begin with."""

from dataclasses import replace
from typing import Any

from services.calendar.domain.access import Grant
from services.calendar.domain.calendars import Calendar
from tests.calendar.office import Office


async def share(office: Office, calendar_id: str, *grants: Grant) -> None:
    """The calendar is shared so, and not otherwise."""

    async def act(calendar: Calendar, session: Any) -> None:
        await office.agenda.calendars.describe(replace(calendar, grants=grants), session)

    await office.agenda.calendars.changing(calendar_id, act)
