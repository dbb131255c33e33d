"""Properties of calendars that clients set: as the service has them, and as XML has them."""

import re
from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

from workspace.calendar.v1 import calendars_pb2 as pb

from chassis.errors import InvalidInput, WorkspaceError
from gateway.edges.dav.caldav.rules import COMPONENTS, attached, component_set, supported
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import PropertyRefused
from gateway.edges.dav.kinds import Described
from gateway.edges.dav.names import apple, caldav, dav
from gateway.edges.dav.paths import Path
from gateway.edges.dav.reading import text_of
from gateway.edges.dav.writing import Live, as_kept, element, href

NAME = dav("displayname")
DESCRIPTION = caldav("calendar-description")
TIME_ZONE = caldav("calendar-timezone")
TIME_ZONE_ID = caldav("calendar-timezone-id")
TRANSPARENCY = caldav("schedule-calendar-transp")
COLOR, ORDER = apple("calendar-color"), apple("calendar-order")
COMPONENT_SET = caldav("supported-calendar-component-set")
AVAILABILITY = caldav("calendar-availability")
# Where everybody's first calendar is, into which invitations come.
DEFAULT = "agenda"
SETTABLE = frozenset({NAME, DESCRIPTION, TIME_ZONE, TIME_ZONE_ID, TRANSPARENCY, COLOR, ORDER})
SETTABLE_OF_INBOX = frozenset({NAME, AVAILABILITY})
# The service's field that was wrong, and the property that it was given in.
_PROPERTIES = {
    "title": NAME, "description": DESCRIPTION, "color": COLOR, "order": ORDER, "time_zone": TIME_ZONE_ID,
    "time_zone_definition": TIME_ZONE, "transparent": TRANSPARENCY, "components": COMPONENT_SET,
}  # fmt: skip
# What every calendar says of itself, whoever makes it.
_SAID = frozenset({*supported(), *attached()})
_FOLD = re.compile(r"\r?\n[ \t]")
_TZID = re.compile(r"^TZID(?:;[^:\r\n]*)?:([^\r\n]{1,200})\r?$", re.MULTILINE | re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,12}", re.ASCII)


def of(calendar: pb.Calendar) -> dict[str, Live]:
    """What a calendar says of itself."""
    said: dict[str, Live] = {
        COMPONENT_SET: lambda: component_set(calendar.components),
        TIME_ZONE_ID: calendar.time_zone,
        TRANSPARENCY: lambda: [element(caldav("transparent" if calendar.transparent else "opaque"))],
        COLOR: calendar.color,
        ORDER: str(calendar.order),
    }
    if calendar.description:
        said[DESCRIPTION] = calendar.description
    if calendar.time_zone_definition:
        said[TIME_ZONE] = calendar.time_zone_definition
    return said


def of_inbox(home: Path) -> dict[str, Live]:
    return {
        COMPONENT_SET: lambda: component_set(COMPONENTS),
        caldav("schedule-default-calendar-URL"): lambda: [href(home.below(DEFAULT).href)],
    }


def into_patch(wanted: Described, request: pb.PatchCalendarRequest) -> None:
    """Raises `PropertyRefused`."""
    for name, given in wanted.properties.items():
        if name in SETTABLE:
            _say(name, given, request)
        else:
            request.properties[name] = as_kept(given)
    for name in wanted.removed:
        if name in _EMPTY:
            field, value = _EMPTY[name]
            setattr(request, field, value)
        elif name in SETTABLE:
            raise PropertyRefused(name, "It has always some value", condition=dav("cannot-modify-protected-property"))
        else:
            request.removed_properties.append(name)


_EMPTY: Mapping[str, tuple[str, object]] = {
    DESCRIPTION: ("description", ""), TIME_ZONE: ("time_zone_definition", ""), TRANSPARENCY: ("transparent", False),
    ORDER: ("order", 0),
}  # fmt: skip


def into_calendar(wanted: Described, name: str) -> pb.CreateCalendarRequest:
    """A new calendar as a client describes it. Raises `PropertyRefused`."""
    patch = pb.PatchCalendarRequest()
    others = {key: given for key, given in wanted.properties.items() if key != COMPONENT_SET}
    for key in others:
        if key in _SAID:
            raise PropertyRefused(key, "It is protected", condition=dav("cannot-modify-protected-property"))
    into_patch(Described(others), patch)
    calendar = pb.Calendar(
        name=name,
        title=patch.title or name,
        description=patch.description,
        color=patch.color,
        order=patch.order,
        time_zone=patch.time_zone,
        time_zone_definition=patch.time_zone_definition,
        transparent=patch.transparent,
        components=_components(wanted.properties.get(COMPONENT_SET)),
    )
    return pb.CreateCalendarRequest(calendar=calendar, properties=dict(patch.properties))


def refused(error: WorkspaceError) -> WorkspaceError:
    """A property that the service does not take, by its name."""
    if isinstance(error, InvalidInput):
        for field, why in error.fields.items():
            if field in _PROPERTIES:
                condition = caldav("valid-calendar-data") if field.startswith("time_zone") else ""
                return PropertyRefused(_PROPERTIES[field], why, status=403 if condition else 409, condition=condition)
    return error


def _say(name: str, given: Element, request: pb.PatchCalendarRequest) -> None:
    text = text_of(given)
    if name == NAME:
        request.title = text
    elif name == DESCRIPTION:
        request.description = "".join(map(str, given.itertext()))
    elif name == COLOR:
        request.color = text
    elif name == ORDER:
        if not _NUMBER.fullmatch(text):
            raise PropertyRefused(name, "A number is needed", status=409)
        request.order = max(0, min(int(text), 2**31 - 1))
    elif name == TRANSPARENCY:
        request.transparent = given.find(caldav("transparent")) is not None
    elif name == TIME_ZONE_ID:
        request.time_zone = text
    else:
        definition = "".join(map(str, given.itertext()))
        request.time_zone_definition = definition
        if known := zone_of(definition):
            request.time_zone = known


def zone_of(definition: str) -> str:
    """The name of the tz database that a VTIMEZONE means; empty where it is one that nobody else knows.

    Raises `PropertyRefused` for what is not an iCalendar object with one VTIMEZONE (RFC 4791 §5.2.2).
    """
    plain = _FOLD.sub("", definition).strip()
    found = _TZID.findall(plain)
    begins = plain.upper().count("BEGIN:VTIMEZONE")
    if not plain.upper().startswith("BEGIN:VCALENDAR") or begins != 1 or len(found) != 1:
        raise PropertyRefused(TIME_ZONE, "One VTIMEZONE is needed", condition=caldav("valid-calendar-data"))
    parts = found[0].strip().split("/")
    # Some programs put a path of their own before the name.
    return next((name for at in range(len(parts)) if (name := "/".join(parts[at:])) in _zones()), "")


@cache
def _zones() -> frozenset[str]:
    """Read from the disk once."""
    return frozenset(available_timezones())


def _components(given: Element | None) -> list[str]:
    if given is None:
        return []
    asked = [each.get("name", "").upper() for each in given.iterfind(caldav("comp"))]
    if not asked or set(asked) - set(COMPONENTS):
        raise PropertyRefused(
            COMPONENT_SET, "Not what a calendar keeps", condition=caldav("supported-calendar-component")
        )
    return asked
