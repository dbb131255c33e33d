"""CALDAV:filter as the service takes it (RFC 4791 §9.7): a reading without a judgement of any object."""

from workspace.calendar.v1 import filters_pb2 as pb

from gateway.edges.dav.caldav.rules import COLLATIONS
from gateway.edges.dav.caldav.times import range_of
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.names import caldav

LONGEST_NAME = 100
LONGEST_TEXT = 1_000
# Of one filter: components, properties and parameters.
MOST_PARTS = 100


def filter_of(root: Element) -> pb.ComponentFilter:
    """Raises `Malformed`, and `DavError` naming the rule of RFC 4791 §7.8 that it breaks."""
    given = root.find(caldav("filter"))
    outermost = given.findall(caldav("comp-filter")) if given is not None else []
    if len(outermost) != 1 or outermost[0].get("name", "").upper() != "VCALENDAR":
        raise _invalid("CALDAV:filter has one comp-filter, of VCALENDAR")
    parts = sum(1 for name in ("comp-filter", "prop-filter", "param-filter") for _ in _all(outermost[0], name))
    if parts > MOST_PARTS:
        raise _invalid(f"A filter has at most {MOST_PARTS} parts")
    return _component(outermost[0])


def _all(given: Element, name: str) -> list[Element]:
    return given.findall(f".//{caldav(name)}")


def _component(given: Element) -> pb.ComponentFilter:
    name, absent = _name(given), _absent(given)
    window = range_of(given.find(caldav("time-range")))
    if window is not None and name in {"VCALENDAR", "VTIMEZONE"}:
        raise _invalid(f"{name} has no time")
    if absent:
        _check_alone(given)
    return pb.ComponentFilter(
        name=name,
        is_not_defined=absent,
        time_range=window,
        properties=[_property(each) for each in given.iterfind(caldav("prop-filter"))],
        components=[_component(each) for each in given.iterfind(caldav("comp-filter"))],
    )


def _property(given: Element) -> pb.PropertyFilter:
    absent = _absent(given)
    if absent:
        _check_alone(given)
    return pb.PropertyFilter(
        name=_name(given),
        is_not_defined=absent,
        time_range=range_of(given.find(caldav("time-range"))),
        text_match=_text(given),
        parameters=[_parameter(each) for each in given.iterfind(caldav("param-filter"))],
    )


def _parameter(given: Element) -> pb.ParameterFilter:
    absent = _absent(given)
    if absent:
        _check_alone(given)
    return pb.ParameterFilter(name=_name(given), is_not_defined=absent, text_match=_text(given))


def _text(given: Element) -> pb.TextMatch | None:
    match = given.find(caldav("text-match"))
    if match is None:
        return None
    collation, negated = match.get("collation", "i;ascii-casemap"), match.get("negate-condition", "no")
    if collation == "default":
        collation = "i;ascii-casemap"
    if collation not in COLLATIONS:
        raise DavError(403, "Not a collation of ours", condition=caldav("supported-collation"))
    if negated not in {"yes", "no"}:
        raise Malformed("negate-condition is yes or no")
    text = "".join(str(piece) for piece in match.itertext())
    if len(text) > LONGEST_TEXT:
        raise _invalid(f"A text has at most {LONGEST_TEXT} characters")
    return pb.TextMatch(text=text, collation=collation, negate=negated == "yes")


def _name(given: Element) -> str:
    name = given.get("name", "").upper()
    if not 0 < len(name) <= LONGEST_NAME or not name.isascii() or not name.isprintable():
        raise _invalid("A filter names a component, a property or a parameter")
    return name


def _absent(given: Element) -> bool:
    return given.find(caldav("is-not-defined")) is not None


def _check_alone(given: Element) -> None:
    if len(given) > 1:
        raise _invalid("is-not-defined stands alone")


def _invalid(detail: str) -> DavError:
    return DavError(403, detail, condition=caldav("valid-filter"))
