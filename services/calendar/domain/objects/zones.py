"""Time zones: what a TZID names, and the moment that a local time of a zone is.

Names of the tz database win over definitions that come with an object, as RFC 7809 lets a server do: what clients send
along is often of another year. A TZID that nobody knows is read by its own VTIMEZONE.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from services.calendar.domain.objects.recurrence import Steps, locals_of
from services.calendar.domain.objects.rules import read_rule
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import DAY, EPOCH_DAY, read_moment, read_offset

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_FIXED = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)?", re.I | re.ASCII)
_UTC_NAMES = frozenset(
    {"UTC", "GMT", "Z", "ETC/UTC", "ETC/GMT", "ZULU", "UCT", "UNIVERSAL", "COORDINATED UNIVERSAL TIME"}
)
# What a machine that has the tz database may keep beside it.
_NO_ZONES = frozenset({"localtime", "posixrules", "factory", "posix", "right"})
# One definition's onsets that are kept, and up to which year they are made.
MAX_ONSETS, LAST_YEAR = 1_000, 2200
_KEPT_DAYS = 20_000
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


class Zone:
    """A clock: `moment(local)` is in seconds UTC. In a gap the offset before it holds, of two the first is meant
    (RFC 5545 §3.3.5). Offsets are kept by day: most days have one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._days: dict[int, int | None] = {}

    def moment(self, local: int) -> int:
        day = local // DAY
        try:
            offset = self._days[day]
        except KeyError:
            offset = self._learn(day)
        return local - (self._offset(local) if offset is None else offset)

    def _learn(self, day: int) -> int | None:
        if len(self._days) > _KEPT_DAYS:
            self._days.clear()
        around = {self._offset(day * DAY + at) for at in range(-10_800, DAY + 10_801, 5_400)}
        offset = self._days[day] = around.pop() if len(around) == 1 else None
        return offset

    def local(self, moment: int) -> int:
        """What the clock shows at a moment."""
        guess = moment + self._offset(moment)
        for _ in range(2):
            guess = moment + self._offset(guess)
        return guess

    def _offset(self, local: int) -> int:
        """Seconds that the clock is ahead of UTC at a local time."""
        raise NotImplementedError


class KnownZone(Zone):
    """A zone of the tz database."""

    def __init__(self, info: ZoneInfo) -> None:
        super().__init__(info.key)
        self.info = info

    def _offset(self, local: int) -> int:
        try:
            offset = self.info.utcoffset(_EPOCH + timedelta(seconds=local))
        except OverflowError:
            return 0
        return int(offset.total_seconds()) if offset is not None else 0

    def local(self, moment: int) -> int:
        try:
            shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)).astimezone(self.info)
        except OverflowError:
            return moment
        return (shown.toordinal() - EPOCH_DAY) * DAY + shown.hour * 3600 + shown.minute * 60 + shown.second


class FixedZone(Zone):
    def __init__(self, name: str, offset: int) -> None:
        super().__init__(name)
        self.offset = offset

    def moment(self, local: int) -> int:
        return local - self.offset

    def _offset(self, local: int) -> int:  # noqa: ARG002
        return self.offset


class DefinedZone(Zone):
    """A zone as a VTIMEZONE defines it (RFC 5545 §3.6.5): onsets in local time, each with the offsets around it."""

    def __init__(self, name: str, onsets: Sequence[tuple[int, int, int]]) -> None:
        super().__init__(name)
        self._onsets = sorted(onsets)
        self._starts = [onset for onset, _, _ in self._onsets]

    def _offset(self, local: int) -> int:
        at = bisect_right(self._starts, local) - 1
        if at < 0:
            return self._onsets[0][1]
        onset, before, after = self._onsets[at]
        return before if local - onset < after - before else after


UTC_ZONE = FixedZone("UTC", 0)


@lru_cache(maxsize=1024)
def known_zone(name: str) -> Zone | None:
    """A zone of the tz database by its name, by a name of Windows, or by the end of a path of names."""
    plain = name.strip().strip('"')
    if plain.upper() in _UTC_NAMES:
        return UTC_ZONE
    found = _by_key(plain) or _by_key(WINDOWS_TO_OLSON.get(plain, ""))
    if found is not None:
        return found
    fixed = _FIXED.fullmatch(plain)
    if fixed is not None and int(fixed[2]) < 15:
        offset = int(fixed[2]) * 3600 + int(fixed[3] or 0) * 60
        return FixedZone(plain, -offset if fixed[1] == "-" else offset)
    # "/freeassociation.sourceforge.net/Africa/Lome", "/mozilla.org/20050126_1/America/Indiana/Knox".
    parts = plain.split("/")
    tails = ("/".join(parts[-count:]) for count in (3, 2, 1) if 0 < count < len(parts))
    return next((zone for tail in tails if (zone := _by_key(tail)) is not None), None)


def _by_key(name: str) -> Zone | None:
    if len(name) > 64 or not _KEY.fullmatch(name) or name.split("/")[0].lower() in _NO_ZONES:
        return None
    try:
        return KnownZone(ZoneInfo(name))
    except (ValueError, OSError, LookupError):
        return None


def zone_of(name: str) -> Zone:
    """A calendar's or a person's zone; UTC where it is not known."""
    return known_zone(name) or UTC_ZONE


class Zones:
    """The clocks that one object speaks of. `floating` is that of who looks at it."""

    def __init__(self, defined: Sequence[Node], floating: Zone) -> None:
        self._defined = {node.value("TZID"): node for node in defined}
        self.floating = floating
        self._found: dict[str, Zone] = {}

    def of(self, tzid: str) -> Zone:
        """An unknown TZID without a definition is read as floating time."""
        if not tzid:
            return self.floating
        found = self._found.get(tzid)
        if found is None:
            found = self._found[tzid] = self._find(tzid)
        return found

    def _find(self, tzid: str) -> Zone:
        known = known_zone(tzid)
        if known is not None:
            return known
        node = self._defined.get(tzid)
        if node is None:
            return self.floating
        located = node.value("X-LIC-LOCATION")
        by_location = known_zone(located) if located else None
        return by_location or _defined_zone(tzid, _observances(node)) or self.floating


_Observance = tuple[str, str, str, tuple[str, ...], tuple[str, ...]]


def _observances(node: Node) -> tuple[_Observance, ...]:
    """What defines the zone, as something that a cache can hold."""
    return tuple(
        (
            each.value("DTSTART"),
            each.value("TZOFFSETFROM"),
            each.value("TZOFFSETTO"),
            tuple(line.value.strip() for line in each.every("RRULE")[:2]),
            tuple(line.value.strip() for line in each.every("RDATE")[:200]),
        )
        for each in node.nodes[:200]
        if each.name in ("STANDARD", "DAYLIGHT")
    )


@lru_cache(maxsize=256)
def _defined_zone(name: str, observances: tuple[_Observance, ...]) -> Zone | None:
    onsets: list[tuple[int, int, int]] = []
    steps = Steps(20_000)
    for start, before, after, rules, dates in observances:
        first, offset_before, offset_after = read_moment(start), read_offset(before), read_offset(after)
        if first is None or offset_after is None:
            continue
        offset_before = offset_after if offset_before is None else offset_before
        found = {first.local}
        for text in dates:
            found |= {moment.local for each in text.split(",")[:500] if (moment := read_moment(each)) is not None}
        for text in rules:
            found.update(_onsets_of(text, first.local, offset_before, steps))
        onsets += [(onset, offset_before, offset_after) for onset in found]
    return DefinedZone(name, onsets) if onsets else None


def _onsets_of(text: str, first: int, offset_before: int, steps: Steps) -> list[int]:
    rule = read_rule(text)
    if isinstance(rule, str):
        return []
    last = (datetime(LAST_YEAR, 1, 1).toordinal() - EPOCH_DAY) * DAY  # noqa: DTZ001
    if rule.until is not None:
        last = min(last, rule.until.local + (offset_before if rule.until.utc else 0))
    found: list[int] = []
    for local in locals_of(rule, first, steps):
        if local > last or len(found) >= MAX_ONSETS:
            break
        found.append(local)
    return found
