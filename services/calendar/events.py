"""What calendar's worker does when facts or time tell it to."""

from chassis.events import Listener, every
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.forget_deletions import forget_deletions
from services.calendar.usecases.roll_horizon import roll_horizon

SIX_HOURS = 6 * 3600.0


class CalendarEvents(Listener):
    """Every handler may run again: what it does once it does not do twice."""

    name = "calendar"

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    @every(3600.0)
    async def roll_horizon(self) -> None:
        """Instances of the coming years are known, however long ago the series began."""
        await roll_horizon(self._agenda)

    @every(SIX_HOURS)
    async def forget_deletions(self) -> None:
        await forget_deletions(self._agenda)
