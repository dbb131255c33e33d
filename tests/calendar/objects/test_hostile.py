"""Objects at every limit at once cost what an object may cost."""

import time
from datetime import UTC, datetime

import pytest

from services.calendar.domain.objects import facts_of, read_object
from services.calendar.domain.objects.edits import Edit, change_all
from services.calendar.domain.objects.filters import CompFilter, TimeRange, matches
from services.calendar.domain.objects.limit import MAX_OCTETS, expand
from services.calendar.domain.objects.lines import made_text
from tests.calendar.objects.made import HORIZON, event, override

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = [f"{year}{month:02d}{day:02d}" for year in (2026, 2027, 2028) for month in range(1, 13) for day in range(1, 29)]
_HOURS = ",".join(map(str, range(24)))
_OWN = "BEGIN:STANDARD\nDTSTART:00010101T000000\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=MO,TU\nEND:STANDARD\n" * 199
_ONWARD = tuple(
    override(f"RECURRENCE-ID;RANGE=THISANDFUTURE:{day}T090000Z", f"DTSTART:{day}T100000Z") for day in _DAYS[:300]
)

HOSTILE = {
    "hundreds of ranges": event("RRULE:FREQ=DAILY", overrides=_ONWARD),
    "thousands of dates": event("RRULE:FREQ=DAILY", "RDATE:" + ",".join(f"{day}T120000Z" for day in _DAYS * 4)),
    "thousands of exceptions": event("RRULE:FREQ=DAILY", "EXDATE:" + ",".join(f"{day}T090000Z" for day in _DAYS * 4)),
    "a list that ends in a backslash": event("CATEGORIES:" + "a" * 250_000 + "\\"),
    "a parameter again and again": event("ATTENDEE;" + 'A="x";' * 40_000 + "B=1:mailto:x"),
    "a parameter of commas": event("ATTENDEE;A=" + "," * 250_000 + ":mailto:x"),
    "instances that last for centuries": event("RRULE:FREQ=DAILY", "DURATION:P140000D", start="DTSTART:00030101"),
    "five dense rules": event(*[f"RRULE:FREQ=DAILY;BYHOUR={_HOURS};BYMINUTE={at},{at + 30}" for at in range(5)]),
    "a rule that excludes all": event("RRULE:FREQ=DAILY", "EXRULE:FREQ=DAILY"),
    "a thousand attendees": event(
        "RRULE:FREQ=DAILY", *(f"ATTENDEE;CN=a{at}:mailto:a{at}@gouv.tg" for at in range(1_000))
    ),
    "a zone of dense rules": event(start="DTSTART;TZID=Own:20260101T000000").replace(
        b"BEGIN:VEVENT", f"BEGIN:VTIMEZONE\nTZID:Own\n{_OWN}END:VTIMEZONE\nBEGIN:VEVENT".encode()
    ),
}


@pytest.mark.parametrize("octets", HOSTILE.values(), ids=HOSTILE)
def test_hostile_objects_cost_no_more_than_large_ones(octets: bytes) -> None:
    began = time.process_time()
    thing = read_object(octets)
    assert len(facts_of(thing, "Africa/Lome", HORIZON).occurrences) <= 2_000
    start = int(NOW.timestamp())
    inner = CompFilter("VEVENT", time_range=TimeRange(start, start + 604_800))
    matches(thing, CompFilter("VCALENDAR", comps=(inner,)), "UTC")
    assert len(expand(thing, "UTC", start, start + 366 * 86_400)) < 2 * MAX_OCTETS
    change_all(thing, Edit((made_text("SUMMARY", "x"),)), "UTC", NOW)
    # A tenth of it at most where nobody else is busy; quadratic work took many seconds.
    assert time.process_time() - began < 10
