"""Calendar objects (RFC 5545, RFC 4791 §4.1): read, checked, expanded, told as facts, changed and written. No I/O."""

from services.calendar.domain.objects.alarms import AlarmFacts
from services.calendar.domain.objects.buckets import window_buckets
from services.calendar.domain.objects.facts import Attendee, ComponentFacts, Facts, facts_of, folded_words
from services.calendar.domain.objects.occurrences import Occurrence, occurrences_between
from services.calendar.domain.objects.reading import CalendarObject, read_object
from services.calendar.domain.objects.writing import serialise

__all__ = [
    "AlarmFacts",
    "Attendee",
    "CalendarObject",
    "ComponentFacts",
    "Facts",
    "Occurrence",
    "facts_of",
    "folded_words",
    "occurrences_between",
    "read_object",
    "serialise",
    "window_buckets",
]
