"""SCHEDULE-STATUS (RFC 6638 §3.2.9, §7.3): what became of a message, written beside whom it was for."""

import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from services.calendar.domain.itip.people import LETTER, replaced, with_params
from services.calendar.domain.itip.series import object_of, series_of
from services.calendar.domain.objects.addresses import Address, who
from services.calendar.domain.objects.lines import Line
from services.calendar.domain.objects.reading import CalendarObject

SENT, DELIVERED = "1.1", "1.2"
UNKNOWN_USER, NO_PRIVILEGE = "3.7", "3.8"
LATER, NO_WAY = "5.1", "5.2"
# Of whom an answer came: it has what was sent.
_ANSWERED = "2."
_CODE = re.compile(r"[1-5]\.[0-9]{1,2}")


class Delivery(Enum):
    """What a code says of a message (RFC 6638 §3.2.9)."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


_ON_ITS_WAY = frozenset({"1.0", SENT})
# By their class.
_DELIVERIES = {"1": Delivery.DELIVERED, "2": Delivery.DELIVERED, "3": Delivery.FAILED, "5": Delivery.FAILED}


def code_of(line: Line) -> str:
    """The first status code of an attendee or organiser; empty where there is none."""
    code = re.split("[;,]", line.param("SCHEDULE-STATUS"), maxsplit=1)[0]
    return code if _CODE.fullmatch(code) else ""


def delivery_of(line: Line) -> Delivery | None:
    """None where nothing is said of it."""
    code = code_of(line)
    return Delivery.PENDING if code in _ON_ITS_WAY else _DELIVERIES.get(code[:1])


def with_status(
    stored: CalendarObject, statuses: Mapping[Address, str], letters: Mapping[Address, str] = MappingProxyType({})
) -> CalendarObject:
    """`stored` with the codes of those in `statuses`, organiser or attendees, and the letters that tell them. Raises
    `ValueError` for what is no code."""
    for code in statuses.values():
        if not _CODE.fullmatch(code):
            raise ValueError(f"{code!r} is no status code")
    series = series_of(stored)
    for node in series.nodes():
        for line in [each for each in node.lines if each.name in ("ATTENDEE", "ORGANIZER")]:
            said = {"SCHEDULE-STATUS": statuses.get(who(line), ""), LETTER: letters.get(who(line), "")}
            changes = {name: value for name, value in said.items() if value and line.param(name) != value}
            if changes:
                replaced(node, line, with_params(line, changes))
    return object_of(series)


def undelivered(stored: CalendarObject, statuses: Mapping[Address, str], letter: str) -> CalendarObject:
    """`stored` with the codes of those whom a letter did not reach. It is told in any order: the answer of somebody is
    not undone by it, nor what became of a later letter. `letter` is empty for what went by no letter."""
    known = [
        (who(line), line.param("SCHEDULE-STATUS"), line.param(LETTER))
        for node in stored.nodes
        for line in node.lines
        if line.name in ("ATTENDEE", "ORGANIZER")
    ]
    passed = {
        address for address, code, last in known if code.startswith(_ANSWERED) or (letter and last and letter < last)
    }
    return with_status(stored, {each: code for each, code in statuses.items() if each not in passed})
