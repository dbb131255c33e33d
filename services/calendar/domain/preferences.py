"""What somebody wishes of their calendar."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chassis.errors import InvalidInput
from services.calendar.domain.calendars import zone_given
from services.calendar.domain.finding.availability import PublishedHours, read_availability
from services.calendar.domain.finding.working_hours import HOME, USUAL, Hours, WorkingHours, hours_given

EVERYBODY, MINISTRY, NOBODY = "everybody", "ministry", "nobody"
MAX_AVAILABILITY = 64 * 1024
MAX_REMINDERS = 5
MAX_HIDDEN, LONGEST_ID = 200, 200
# Four weeks.
LONGEST_REMINDER = 28 * 24 * 60
DAILY_AT = "06:30"


@dataclass(frozen=True)
class Preferences:
    """`working_hours` are by the clock of `time_zone`; None: those of where somebody works."""

    owner: str
    free_busy: str = EVERYBODY
    time_zone: str = HOME
    working_hours: WorkingHours | None = None
    # A VAVAILABILITY as it was given, instead of them.
    availability: str = ""
    daily_agenda: bool = False
    daily_agenda_at: str = DAILY_AT
    default_reminders: tuple[int, ...] = (15,)
    reminders_by_mail: bool = False
    # Ids of others' calendars that lists leave out.
    hidden_calendars: tuple[str, ...] = ()

    def hours(self, unit: WorkingHours | None) -> Hours:
        """When they can be met; `unit` are the hours that where they work says, None where nobody says any."""
        weekly = unit or USUAL
        if self.working_hours is not None or unit is None:
            weekly = replace(self.working_hours or USUAL, zone=self.time_zone)
        if not self.availability:
            return weekly
        return PublishedHours(read_availability(self.availability.encode(), self.time_zone), weekly)


FIELDS = frozenset(Preferences.__dataclass_fields__) - {"owner"}


def wished(preferences: Preferences, said: Mapping[str, Any]) -> Preferences:
    """With the fields of `FIELDS` that are said. Raises `InvalidInput`."""
    after = replace(preferences, **said)
    if after.free_busy not in {EVERYBODY, MINISTRY, NOBODY}:
        raise InvalidInput("Not an audience", fields={"free_busy": "is needed"})
    zone_given(after.time_zone)
    if len(after.availability.encode("utf-8", "replace")) > MAX_AVAILABILITY:
        raise InvalidInput("Too long", fields={"availability": f"at most {MAX_AVAILABILITY} octets"})
    _check(lambda: after.hours(None), "availability")
    reminders = after.default_reminders
    if len(reminders) > MAX_REMINDERS or any(not 0 <= each <= LONGEST_REMINDER for each in reminders):
        raise InvalidInput("Not reminders", fields={"default_reminders": "at most 5, of 0 to 40320 minutes"})
    if len(after.hidden_calendars) > MAX_HIDDEN or any(
        not 0 < len(each) <= LONGEST_ID for each in after.hidden_calendars
    ):
        raise InvalidInput("Not calendars", fields={"hidden_calendars": f"at most {MAX_HIDDEN} ids"})
    _check(lambda: hours_given(after.time_zone, [(1, after.daily_agenda_at, "24:00")]), "daily_agenda_at")
    return after


def _check(read: Callable[[], object], field: str) -> None:
    """Raises `InvalidInput` by the name of the wish that cannot be read."""
    try:
        read()
    except InvalidInput as error:
        why = "; ".join(text for name, text in error.fields.items() if name != "rule")
        raise InvalidInput(error.detail, fields={field: why or error.detail}) from error
