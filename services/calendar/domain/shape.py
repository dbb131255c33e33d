"""The shape in which a client asks for calendar data (RFC 4791 §9.6)."""

from dataclasses import dataclass, replace

from services.calendar.domain.objects import read_object
from services.calendar.domain.objects.limit import (
    Selection,
    expand,
    limit_freebusy_set,
    limit_recurrence_set,
    select,
    without_time_zones,
)
from services.calendar.domain.stored import Stored

Window = tuple[int, int]


@dataclass(frozen=True)
class Shape:
    """Windows in seconds since 1970; what is None changes nothing."""

    expand: Window | None = None
    limit_recurrence: Window | None = None
    limit_free_busy: Window | None = None
    selection: Selection | None = None
    without_time_zones: bool = False

    @property
    def whole(self) -> bool:
        return self == WHOLE


WHOLE = Shape()


def shaped(stored: Stored, shape: Shape, zone: str) -> Stored:
    """`zone` is that of floating times. Raises nothing for what a calendar keeps."""
    if shape.whole:
        return stored
    octets = stored.content
    if shape.expand is not None:
        octets = expand(read_object(octets, scheduling=True), zone, *shape.expand)
    elif shape.limit_recurrence is not None:
        octets = limit_recurrence_set(read_object(octets, scheduling=True), zone, *shape.limit_recurrence)
    if shape.limit_free_busy is not None:
        octets = limit_freebusy_set(read_object(octets, scheduling=True), *shape.limit_free_busy)
    if shape.without_time_zones:
        octets = without_time_zones(read_object(octets, scheduling=True))
    if shape.selection is not None:
        octets = select(read_object(octets, scheduling=True), shape.selection)
    return replace(stored, content=octets)
