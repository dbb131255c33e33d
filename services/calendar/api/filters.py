"""Filters and shapes of CalDAV as messages, and as the domain has them."""

from workspace.calendar.v1 import filters_pb2 as pb

from chassis.errors import InvalidInput
from services.calendar.domain.objects.filters import (
    COLLATIONS,
    CompFilter,
    ParamFilter,
    PropFilter,
    TextMatch,
    TimeRange,
)
from services.calendar.domain.objects.limit import Selection
from services.calendar.domain.shape import Shape, Window


def filter_given(given: pb.ComponentFilter) -> CompFilter:
    """Raises `InvalidInput`."""
    return CompFilter(
        name=given.name,
        is_not_defined=given.is_not_defined,
        time_range=_range(given.time_range) if given.HasField("time_range") else None,
        props=tuple(_property(each) for each in given.properties),
        comps=tuple(filter_given(each) for each in given.components),
    )


def _property(given: pb.PropertyFilter) -> PropFilter:
    return PropFilter(
        name=given.name,
        is_not_defined=given.is_not_defined,
        time_range=_range(given.time_range) if given.HasField("time_range") else None,
        text_match=_text(given.text_match) if given.HasField("text_match") else None,
        params=tuple(
            ParamFilter(each.name, each.is_not_defined, _text(each.text_match) if each.HasField("text_match") else None)
            for each in given.parameters
        ),
    )


def _text(given: pb.TextMatch) -> TextMatch:
    collation = given.collation or COLLATIONS[0]
    if collation not in COLLATIONS:
        raise InvalidInput("Not a collation", fields={"collation": ", ".join(COLLATIONS)})
    return TextMatch(given.text, collation, given.negate)


def _range(given: pb.TimeRange) -> TimeRange:
    start = given.start if given.HasField("start") else None
    end = given.end if given.HasField("end") else None
    if start is not None and end is not None and start >= end:
        raise InvalidInput("Not a window", fields={"time_range": "ends before it begins"})
    return TimeRange(start, end)


def _window(given: pb.TimeRange) -> Window:
    """Both of its ends are needed."""
    found = _range(given)
    if found.start is None or found.end is None:
        raise InvalidInput("Not a window", fields={"time_range": "needs a start and an end"})
    return found.start, found.end


def shape_given(given: pb.ContentShape) -> Shape:
    """Raises `InvalidInput`."""
    return Shape(
        expand=_window(given.expand) if given.HasField("expand") else None,
        limit_recurrence=_window(given.limit_recurrence) if given.HasField("limit_recurrence") else None,
        limit_free_busy=_window(given.limit_free_busy) if given.HasField("limit_free_busy") else None,
        selection=_selection(given.component) if given.HasField("component") else None,
        without_time_zones=given.without_time_zones,
    )


def _selection(given: pb.ComponentShape) -> Selection:
    return Selection(
        name=given.name,
        all_props=given.all_properties,
        props=tuple(given.properties),
        without_value=tuple(given.without_value),
        all_comps=given.all_components,
        comps=tuple(_selection(each) for each in given.components),
    )
