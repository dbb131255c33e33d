"""The calendar that is measured: events as clients write them, equally dense however many there are.

In UTC, which is Togo's time: by a VTIMEZONE, Radicale would take ten times as long over each object that it reads.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

A_YEAR = 1_000
# Every fifth recurs, in turn like one of these; each ends within half a year.
RULES = (
    "FREQ=WEEKLY;COUNT=10",
    "FREQ=DAILY;COUNT=5",
    "FREQ=MONTHLY;BYDAY=2TU;COUNT=6",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=24",
)
# Of the latest year's, every fiftieth: standing meetings, of which an agenda has as many however old it is.
STANDING = "FREQ=WEEKLY"
_TEXT = (
    "Ordre du jour : suivi des dossiers en instance\\, point sur le calendrier des missions\\, questions diverses. "
    "Les pièces sont dans l'espace partagé du service."
)


def latest() -> date:
    """The Monday after which the calendar has nothing more but what recurs."""
    today = datetime.now(UTC).date()
    return today - timedelta(days=today.weekday())


def weeks(count: int) -> list[tuple[datetime, datetime]]:
    """So many weeks of the latest half year, each from Monday to Monday: the same events whatever the size."""
    first = latest() - timedelta(weeks=2 + count)
    mondays = [datetime.combine(first + timedelta(weeks=week), datetime.min.time(), UTC) for week in range(count)]
    return [(monday, monday + timedelta(weeks=1)) for monday in mondays]


def names(count: int) -> list[str]:
    return [f"event-{number}.ics" for number in range(count)]


def objects(count: int, mark: str = "", every: int = 1) -> Iterator[tuple[str, bytes]]:
    """Name and octets of so many objects, the latest first. `mark` makes others of the same shape, `every` sparser."""
    for number in range(0, count * every, every):
        yield f"{mark}event-{number}.ics", event(number, mark)


def event(number: int, mark: str = "", summary: str = "Réunion de service") -> bytes:
    """The object of that number; `A_YEAR` of them are a year."""
    before = timedelta(days=365) * number / A_YEAR
    day = latest() - timedelta(days=1) - timedelta(days=before.days)
    start = datetime.combine(day, datetime.min.time()) + timedelta(hours=7 + number % 10, minutes=15 * (number % 4))
    uid = f"{mark}event-{number}@load.example"
    lines = [
        f"UID:{uid}",
        "DTSTAMP:20260105T080000Z",
        f"DTSTART:{utc(start)}",
        f"DTEND:{utc(start + timedelta(hours=1))}",
        f"SUMMARY:{summary} {number}",
        f"LOCATION:Salle {number % 40}",
        f"DESCRIPTION:{_TEXT}",
        f"CATEGORIES:{('RÉUNION', 'MISSION', 'AUDIENCE')[number % 3]}",
    ]
    recurring = number % 5 == 0
    others: list[str] = []
    if recurring:
        standing = number % 50 == 0 and number < A_YEAR
        rule = STANDING if standing else RULES[number // 5 % len(RULES)]
        lines.append(f"RRULE:{rule}")
        if rule == RULES[0]:
            moved = start + timedelta(weeks=2)
            lines.append(f"EXDATE:{utc(start + timedelta(weeks=1))}")
            others = [
                f"UID:{uid}",
                "DTSTAMP:20260105T080000Z",
                f"RECURRENCE-ID:{utc(moved)}",
                f"DTSTART:{utc(moved + timedelta(hours=2))}",
                f"DTEND:{utc(moved + timedelta(hours=3))}",
                f"SUMMARY:{summary} {number} (déplacée)",
            ]
    if number % 2:
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Rappel", "END:VALARM"]
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//load.example//FR"]
    for component in (lines, others):
        if component:
            whole += ["BEGIN:VEVENT", *component, "END:VEVENT"]
    return "".join(f"{folded}\r\n" for line in (*whole, "END:VCALENDAR") for folded in _folded(line)).encode()


def utc(moment: datetime) -> str:
    """As iCalendar and filters by time have it."""
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _folded(line: str) -> Iterator[str]:
    """RFC 5545 section 3.1; by characters, few of which have two octets."""
    yield line[:70]
    for at in range(70, len(line), 69):
        yield " " + line[at : at + 69]
