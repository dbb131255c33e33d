"""CALDAV:calendar-data: the shape in which a client wants objects (RFC 4791 §9.6), which the service gives them."""

from workspace.calendar.v1 import filters_pb2 as pb

from gateway.edges.dav.caldav.rules import check_asked
from gateway.edges.dav.caldav.times import range_of
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import Malformed
from gateway.edges.dav.names import caldav
from gateway.edges.dav.request import DavRequest

MOST_PARTS = 500


def shape_of(asked: Element | None, *, without_time_zones: bool = False) -> pb.ContentShape:
    """`without_time_zones`: the client knows the tz database (RFC 7809 §3.1.1). Raises `Malformed`, `DavError`."""
    shape = pb.ContentShape(without_time_zones=without_time_zones)
    if asked is None:
        return shape
    check_asked(asked)
    expand, limited = asked.find(caldav("expand")), asked.find(caldav("limit-recurrence-set"))
    if expand is not None and limited is not None:
        raise Malformed("expand and limit-recurrence-set exclude each other")
    for field, given in (
        ("expand", expand),
        ("limit_recurrence", limited),
        ("limit_free_busy", asked.find(caldav("limit-freebusy-set"))),
    ):
        window = range_of(given, both=True)
        if window is not None:
            getattr(shape, field).CopyFrom(window)
    component = asked.find(caldav("comp"))
    if component is not None:
        if component.get("name", "").upper() != "VCALENDAR":
            raise Malformed("The outermost component is VCALENDAR")
        if sum(1 for _ in component.iterfind(".//*")) > MOST_PARTS:
            raise Malformed(f"calendar-data names at most {MOST_PARTS} components and properties")
        shape.component.CopyFrom(_component(component))
    return shape


def _component(given: Element) -> pb.ComponentShape:
    properties = list(given.iterfind(caldav("prop")))
    return pb.ComponentShape(
        name=_name(given),
        all_properties=given.find(caldav("allprop")) is not None,
        properties=[_name(each) for each in properties],
        without_value=[_name(each) for each in properties if each.get("novalue", "no") == "yes"],
        all_components=given.find(caldav("allcomp")) is not None,
        components=[_component(each) for each in given.iterfind(caldav("comp"))],
    )


def _name(given: Element) -> str:
    name = given.get("name", "").upper()
    if not 0 < len(name) <= 100 or not name.isascii() or not name.isprintable():
        raise Malformed("calendar-data names components and properties")
    return name


def by_reference(request: DavRequest) -> bool:
    """RFC 7809 §7.1: "F" asks for objects without the VTIMEZONEs that everybody has. Raises `Malformed`."""
    given = request.headers.get("caldav-timezones", "").strip().upper()
    if given not in {"", "T", "F"}:
        raise Malformed("CalDAV-Timezones is T or F")
    return given == "F"
