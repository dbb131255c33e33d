"""A series that is moved to another time, zone or kind of time: what names its instances moves along."""

from dataclasses import dataclass

from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.occurrences import Series
from services.calendar.domain.objects.rules import DAY_NAMES
from services.calendar.domain.objects.spans import clock_of
from services.calendar.domain.objects.splitting import like
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, Moment, datetime_of, read_moment, write_duration, write_moment


@dataclass(frozen=True)
class Move:
    """From the series as it was to a DTSTART as it is now; `shift` is in seconds on the clock."""

    series: Series
    old: Moment
    new: Moment
    start: Line

    @property
    def shift(self) -> int:
        return self.new.local - self.old.local

    def local(self, moment: int) -> int:
        """Where an instance that was at a moment is now, on the clock that the series goes by now."""
        zone = clock_of(self.old, self.series.zones)
        return zone.local(moment) + self.shift

    def line(self, name: str, moment: int) -> Line:
        return like(self.start, name, self.local(moment))

    def dates(self, line: Line) -> Line:
        """RDATE or EXDATE; a PERIOD keeps its length."""
        texts = []
        form = self.line(line.name, self.series.span.begin if self.series.span is not None else 0)
        periods = False
        for text in line.value.split(","):
            for begin, end in self.series.spans_listed(line, text):
                moved = self.line(line.name, begin).value
                periods = periods or end is not None
                texts.append(moved if end is None else f"{moved}/{write_duration(end - begin)}")
        params = dict(form.params) | ({"VALUE": ("PERIOD",)} if periods else {})
        return made(line.name, ",".join(texts), params)


def move_of(series: Series, before: Node, after: Node) -> Move | None:
    """How a series was moved; None where it stays."""
    was, start = before.first("DTSTART"), after.first("DTSTART")
    if was is None or start is None:
        return None
    old, new = read_moment(was.value, was.param("TZID")), read_moment(start.value, start.param("TZID"))
    return None if old is None or new is None or old == new else Move(series, old, new, start)


def moved_rule(rule: str, move: Move) -> str:
    """A rule that names the day on which the series began, naming the one on which it begins now. Rules that name
    several days keep their distances within a week; others stay. UNTIL goes along."""
    parts = dict(part.split("=", 1) for part in rule.upper().strip(";").split(";") if "=" in part)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], move)
    days = move.new.local // DAY - move.old.local // DAY
    first, now = datetime_of(move.old.local), datetime_of(move.new.local)
    if days and parts.get("FREQ") == "WEEKLY" and "BYDAY" in parts:
        names = [name for name in parts["BYDAY"].split(",") if name in DAY_NAMES]
        parts["BYDAY"] = ",".join(DAY_NAMES[(DAY_NAMES.index(name) + days) % 7] for name in names)
    elif days and parts.get("FREQ") in ("MONTHLY", "YEARLY"):
        if parts.get("BYMONTHDAY") == str(first.day):
            parts["BYMONTHDAY"] = str(now.day)
        nth, weekday = parts.get("BYDAY", "")[:-2], parts.get("BYDAY", "")[-2:]
        if nth in ("1", "2", "3", "4", "-1") and weekday in DAY_NAMES:
            from_end = now.day > 28 or (nth == "-1" and now.day > 24)
            parts["BYDAY"] = f"{-1 if from_end else (now.day - 1) // 7 + 1}{DAY_NAMES[now.weekday()]}"
        if parts.get("BYMONTH") == str(first.month):
            parts["BYMONTH"] = str(now.month)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _until(text: str, move: Move) -> str:
    """Of the type of DTSTART: a date; UTC; or local where DTSTART floats."""
    until = read_moment(text)
    if until is None:
        return text
    local = move.local(until.local) if until.utc else until.local + move.shift
    if move.new.date:
        return write_moment(local, is_date=True)
    if until.date:
        local = local // DAY * DAY + DAY - 1
    if move.new.floating:
        return write_moment(local)
    return write_moment(clock_of(move.new, move.series.zones).moment(local), utc=True)
