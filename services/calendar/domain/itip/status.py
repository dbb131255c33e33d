"""SCHEDULE-STATUS (RFC 6638 §3.2.9, §7.3): what became of a message, written beside whom it was for."""

import re
from collections.abc import Mapping

from services.calendar.domain.itip.addresses import Address
from services.calendar.domain.itip.people import replaced, who, with_params
from services.calendar.domain.itip.series import object_of, series_of
from services.calendar.domain.objects.reading import CalendarObject

PENDING, SENT, DELIVERED, SUCCESS = "1.0", "1.1", "1.2", "2.0"
UNKNOWN_USER, NO_PRIVILEGE = "3.7", "3.8"
LATER, NO_WAY, REJECTED = "5.1", "5.2", "5.3"
_CODE = re.compile(r"[1-5]\.[0-9]{1,2}")


def with_status(stored: CalendarObject, statuses: Mapping[Address, str]) -> CalendarObject:
    """`stored` with the codes of those in `statuses`, organiser or attendees. Raises `ValueError` for what is no code.

    The answer of somebody (2.0 and so on) is not undone by what is known of an earlier letter's delivery."""
    for code in statuses.values():
        if not _CODE.fullmatch(code):
            raise ValueError(f"{code!r} is no status code")
    series = series_of(stored)
    for node in series.nodes():
        for line in [each for each in node.lines if each.name in ("ATTENDEE", "ORGANIZER")]:
            code = statuses.get(who(line), "")
            if code and line.param("SCHEDULE-STATUS") != code:
                replaced(node, line, with_params(line, {"SCHEDULE-STATUS": code}))
    return object_of(series)
