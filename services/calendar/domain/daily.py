"""The day's agenda by letter: when it is written, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.calendar.domain.finding.working_hours import Hours
from services.calendar.domain.moments import day_english, day_french
from services.calendar.domain.preferences import Preferences
from services.calendar.domain.reminder_letter import one_line

MOST = 100


@dataclass(frozen=True)
class Entry:
    """Something of the day; times in seconds since 1970."""

    start: int
    end: int
    all_day: bool
    summary: str
    location: str = ""
    # Nobody said yet whether they come.
    unanswered: bool = False


def next_daily(preferences: Preferences, hours: Hours, after: datetime) -> datetime | None:
    """The next time at which the letter is due: on a day of work by somebody's hours, at the time wished; None where
    none is wished."""
    if not preferences.daily_agenda:
        return None
    zone = ZoneInfo(preferences.time_zone)
    hour, minute = map(int, preferences.daily_agenda_at.split(":"))
    day = after.astimezone(zone).date()
    for ahead in range(15):
        there = day + timedelta(days=ahead)
        at = datetime(there.year, there.month, there.day, hour % 24, minute, tzinfo=zone).astimezone(UTC)
        if at > after and works(hours, there, zone):
            return at
    return None


def works(hours: Hours, day: date, zone: ZoneInfo) -> bool:
    """Whether a day has any working hours."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    begin, end = int(start.timestamp()), int((start + timedelta(days=1)).timestamp())
    return bool(hours.open(begin, end))


def bounds_of(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """A day as seconds since 1970."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = day + timedelta(days=1)
    return int(start.timestamp()), int(datetime(after.year, after.month, after.day, tzinfo=zone).timestamp())


def daily_letter(day: date, zone: ZoneInfo, entries: Sequence[Entry]) -> tuple[str, list[str]]:
    """Its subject and its paragraphs, French first."""
    at = datetime(day.year, day.month, day.day, tzinfo=zone)
    shown = sorted(entries, key=lambda each: (not each.all_day, each.start))[:MOST]
    french = [_line(each, zone, "Toute la journée", "réponse attendue", "(sans titre)") for each in shown]
    english = [_line(each, zone, "All day", "to be answered", "(untitled)") for each in shown]
    more = len(entries) - len(shown)
    if more:
        french.append(f"… et {more} de plus")
        english.append(f"… and {more} more")
    return f"Votre journée / Your day : {day_french(at)}", [
        f"Votre agenda du {day_french(at)} ({zone.key}) :",
        "\r\n".join(french or ["Rien n'est prévu."]),
        f"Your agenda of {day_english(at)}:",
        "\r\n".join(english or ["Nothing is planned."]),
    ]


def _line(entry: Entry, zone: ZoneInfo, all_day: str, unanswered: str, untitled: str) -> str:
    start, end = datetime.fromtimestamp(entry.start, zone), datetime.fromtimestamp(entry.end, zone)
    when = all_day if entry.all_day else f"{start:%H:%M} - {end:%H:%M}"
    parts = [one_line(entry.summary) or untitled, one_line(entry.location)]
    words = ", ".join(filter(None, parts))
    return f"{when}  {words}{f' [{unanswered}]' if entry.unanswered else ''}"
