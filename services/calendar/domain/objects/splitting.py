"""A series cut in two at one of its instances: rule, dates, exceptions and overrides go to the part they belong to."""

from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, read_moment, write_moment


def like(line: Line, name: str, local: int) -> Line:
    """A moment in the form of another: a date, a time of its zone, in UTC or floating."""
    moment = read_moment(line.value, line.param("TZID"))
    if moment is not None and moment.date:
        return made(name, write_moment(local, is_date=True), {"VALUE": "DATE"})
    utc = moment is not None and moment.utc
    tzid = line.param("TZID")
    return made(name, write_moment(local, utc=utc), {"TZID": tzid} if tzid and not utc else {})


def split(series: Series, thing: CalendarObject, recurrence: int, uid: str) -> tuple[list[Node], list[Node]] | None:
    """The components before and those from the instance on, masters first; None where nothing is before it."""
    master, span = thing.master_node, series.span
    start = master.first("DTSTART") if master is not None else None
    if master is None or span is None or start is None or recurrence <= span.begin or not series.recurring:
        return None
    local = span.zone.local(recurrence)
    before, after = master.copy(), master.copy()
    for node, early in ((before, True), (after, False)):
        lines = [new for line in node.lines if (new := _part(line, series, recurrence, early=early)) is not None]
        node.lines = lines
    counted = series.count_before(recurrence)
    # A rule that has come to its end before the cut stays as it is there, and is none after it.
    living = {line for line in master.every("RRULE") if series.goes_on(line.value, recurrence)}
    before.lines = [_ended(line, start, local, recurrence) if line in living else line for line in before.lines]
    after.lines = [
        _less(line, counted) if line.name == "RRULE" else line
        for line in after.lines
        if line.name != "RRULE" or line in living
    ]
    _begin_at(after, series, start, local, recurrence)
    after.put(made("UID", uid))
    after.drop("SEQUENCE")
    after.lines.append(made("RELATED-TO", master.value("UID"), {"RELTYPE": "SIBLING"}))
    early_ones, late_ones = [before], [after]
    for override in thing.override_nodes:
        at = series.recurrence_of(override)
        if at is not None and at >= recurrence:
            copy = override.copy()
            copy.put(made("UID", uid))
            late_ones.append(copy)
        else:
            early_ones.append(override)
    return early_ones, late_ones


def _part(line: Line, series: Series, recurrence: int, *, early: bool) -> Line | None:
    """Of RDATE and EXDATE, what lies before the cut, or from it on."""
    if line.name not in ("RDATE", "EXDATE"):
        return line
    texts = [
        text
        for text in line.value.split(",")
        if any((begin < recurrence) is early for begin, _ in series.spans_listed(line, text))
    ]
    if not texts:
        return None
    value = ",".join(texts)
    return Line(line.name, line.head, value, f"{line.name}{line.head}:{value}")


def _ended(line: Line, start: Line, local: int, recurrence: int) -> Line:
    """UNTIL just before the cut, of the type of DTSTART: a date, UTC, or local where that is floating."""
    parts = [
        part for part in line.value.strip(";").split(";") if part.upper().partition("=")[0] not in ("UNTIL", "COUNT")
    ]
    moment = read_moment(start.value, start.param("TZID"))
    if moment is not None and moment.date:
        until = write_moment(local - DAY, is_date=True)
    elif moment is not None and moment.floating:
        until = write_moment(local - 1)
    else:
        until = write_moment(recurrence - 1, utc=True)
    return made("RRULE", ";".join([*parts, f"UNTIL={until}"]))


def _less(line: Line, counted: int) -> Line:
    """COUNT without the instances that are before the cut."""
    parts = []
    for part in line.value.strip(";").split(";"):
        name, _, value = part.partition("=")
        left = max(int(value) - counted, 1) if name.upper() == "COUNT" and value.isdigit() else None
        parts.append(part if left is None else f"COUNT={left}")
    return made("RRULE", ";".join(parts))


def _begin_at(node: Node, series: Series, start: Line, local: int, recurrence: int) -> None:
    """DTSTART at the cut, and the end as far from it as it was."""
    span = series.span
    if span is None:
        return
    node.put(like(start, "DTSTART", local))
    for name in ("DTEND", "DUE"):
        end = node.first(name)
        if end is not None:
            length = span.end - span.begin
            moment = read_moment(end.value)
            if moment is not None and moment.date:
                node.put(like(end, name, local + moment.local - span.local))
            else:
                node.put(like(end, name, series.clock(end).local(recurrence + length)))
