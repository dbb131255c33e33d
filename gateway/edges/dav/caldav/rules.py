"""What CalDAV says of calendars and what is in them: types, limits, the conditions that a refusal names."""

from collections.abc import Sequence

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, TooLarge, WorkspaceError
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.names import caldav
from gateway.edges.dav.writing import Live, element

SEGMENT = "calendars"
INBOX, OUTBOX = "inbox", "outbox"
ICALENDAR = "text/calendar; charset=utf-8"
# As clients of all ages name it; some name nothing.
TAKEN = frozenset({"", "text/calendar", "application/octet-stream", "text/x-vcalendar"})
# As the service has them (`services/calendar/domain/objects/reading.py`).
LARGEST = 1024 * 1024
MOST_ATTENDEES = 1_000
MOST_INSTANCES = 10_000
MOST_OCTETS_ATTACHED = 25 * 1024 * 1024
MOST_ATTACHED = 20
FIRST_DATE, LAST_DATE = "00020101T000000Z", "99981231T235959Z"
COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
CALENDAR = caldav("calendar")
CALENDAR_DATA = caldav("calendar-data")
SIZE_CONDITION = caldav("max-resource-size")
COLLATIONS = ("i;ascii-casemap", "i;octet", "i;unicode-casemap")
# The service's word for a rule that an object broke, and the element of RFC 4791 §5.3.2.1 or RFC 6638 §3.2.4.
CONDITIONS = {
    "data": "valid-calendar-data",
    "object": "valid-calendar-object-resource",
    "component": "supported-calendar-component",
    "recurrence": "valid-calendar-data",
    "attendees": "max-attendees-per-instance",
    "instances": "max-instances",
    "size": "max-resource-size",
}


def supported() -> dict[str, Live]:
    """Of any calendar (RFC 4791 §5.2)."""
    return {
        caldav("supported-calendar-data"): lambda: [
            element(CALENDAR_DATA, **{"content-type": "text/calendar", "version": "2.0"})
        ],
        caldav("max-resource-size"): str(LARGEST),
        caldav("min-date-time"): FIRST_DATE,
        caldav("max-date-time"): LAST_DATE,
        caldav("max-instances"): str(MOST_INSTANCES),
        caldav("max-attendees-per-instance"): str(MOST_ATTENDEES),
        caldav("supported-collation-set"): lambda: [
            element(caldav("supported-collation"), each) for each in COLLATIONS
        ],
    }


def attached() -> dict[str, Live]:
    """Of calendars whose objects carry files (RFC 8607 §6.2, §6.3)."""
    return {
        caldav("max-attachment-size"): str(MOST_OCTETS_ATTACHED),
        caldav("max-attachments-per-resource"): str(MOST_ATTACHED),
    }


def component_set(components: Sequence[str]) -> list[Element]:
    return [element(caldav("comp"), name=each) for each in components]


def refused_object(error: WorkspaceError, href_of_holder: str = "") -> WorkspaceError:
    """A refusal to keep an object, by the rule that it broke."""
    rule = error.fields.get("rule", "")
    if isinstance(error, AlreadyExists) and "uid" in error.fields:
        return DavError(403, error.detail, condition=caldav("no-uid-conflict"), hrefs=(href_of_holder,))
    if isinstance(error, TooLarge):
        return DavError(403, error.detail, condition=SIZE_CONDITION)
    if isinstance(error, InvalidInput | Forbidden) and rule and rule != "role":
        return DavError(403, error.detail, condition=caldav(CONDITIONS.get(rule, rule)))
    return error


def check_type(media_type: str) -> None:
    """Raises `DavError`."""
    if media_type not in TAKEN:
        raise DavError(403, "iCalendar is taken", condition=caldav("supported-calendar-data"))


def check_asked(asked: Element) -> None:
    """What CALDAV:calendar-data asks to be given as. Raises `DavError` (RFC 4791 §9.6)."""
    if asked.get("content-type", "text/calendar").lower() != "text/calendar" or asked.get("version", "2.0") != "2.0":
        raise DavError(403, "Only iCalendar 2.0 is given", condition=caldav("supported-calendar-data"))
