"""ADD: more instances of a series that is here already (RFC 5546 §3.2.4)."""

from services.calendar.domain.itip.merging import adopt
from services.calendar.domain.itip.series import (
    Series,
    clock_params,
    recurrence_key,
    sequence_of,
    stamp_of,
    stamped,
    start_key,
    without_exdates,
)
from services.calendar.domain.itip.telling import same_as_series
from services.calendar.domain.objects.addresses import Address
from services.calendar.domain.objects.lines import made
from services.calendar.domain.objects.tree import Node


def added(known: Series, said: Node, own: frozenset[Address]) -> Series:
    """The series with the instance: RDATE, and a component of its own where it says anything that the series does not.
    `known` has a master, and `said` begins."""
    master, start = known.master, said.first("DTSTART")
    if master is None or start is None:
        return known
    params = clock_params(start)
    key = start_key(said)
    if key is not None:
        without_exdates(master, {key})
    master.lines.append(made("RDATE", start.value.strip(), params))
    stamped(master, sequence_of(said), stamp_of(said))
    override = said.copy()
    override.drop("RDATE", "EXDATE")
    override.lines.insert(0, made("RECURRENCE-ID", start.value.strip(), params))
    if not same_as_series(override, master) and (own_key := recurrence_key(override)) is not None:
        known.overrides[own_key] = adopt(override, master, own)
    return known
