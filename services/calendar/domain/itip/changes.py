"""What an organiser's change asks to be told (RFC 6638 §3.2.1, RFC 5546 §3.2.2 and §3.2.5).

Only those are told whom it touches. A letter says one thing where it can: the whole as it is now; or one instance; or
that one instance is off. Who is invited to some instances alone learns of no other.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chassis.errors import Forbidden, TooLarge
from services.calendar.domain.itip.messages import Message, cancel_of, message
from services.calendar.domain.itip.people import attendees, organizer_of
from services.calendar.domain.itip.sequence import as_organised, next_stamp
from services.calendar.domain.itip.series import (
    Key,
    Series,
    cancelled,
    excluded,
    exdates,
    object_of,
    seconds_of,
    sequence_of,
    series_of,
    stamped,
)
from services.calendar.domain.itip.telling import invited, news, projection, same_as_series, takes_place_otherwise, told
from services.calendar.domain.objects.addresses import Address, who
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.tree import Node

# Of what one change tells: who is invited to instances of their own is told by an object of their own.
MOST_OCTETS = 8 * 1024 * 1024
# Of an attendee: for each component that invites it, with which ROLE.
_Place = frozenset[tuple[Key | None, str]]


@dataclass(frozen=True)
class Organised:
    """`stored` is what to keep instead of what a client wrote; None after a deletion."""

    stored: CalendarObject | None
    messages: list[Message]


def organised(
    before: CalendarObject | None,
    after: CalendarObject | None,
    organizer: frozenset[Address],
    now: datetime,
    *,
    goes_on: CalendarObject | None = None,
) -> Organised:
    """`before` is as it was stored, None for a creation; `after` as a client wrote it, None for a deletion; `organizer`
    are the addresses of the calendar's owner. Where the owner is not the organiser nothing is to be told. `goes_on`: of
    a series that was cut in two the second part as it was before anything else of it was changed, whose answers count.

    Raises `Forbidden`, field `rule`: `same-organizer-in-all-components` or `allowed-organizer-scheduling-object-change`
    (RFC 6638 §3.2.4), and `TooLarge` for what is too much to tell."""
    old = series_of(before) if before is not None else None
    new = series_of(after) if after is not None else None
    old = old if old is not None and old.organizer in organizer else None
    if new is not None:
        check_organizers(new)
        if old is not None and new.organizer and new.organizer not in organizer:
            raise refused_change("another organiser")
        if old is not None and _unaddressed(new):
            raise refused_change("an organiser who is no address")
        # Without ORGANIZER it is nobody's meeting any more: those who were invited are told so (§3.2.3.1).
        new = new if new.organizer in organizer else None
    if old is None and new is None:
        return Organised(after, [])
    stamp = next_stamp(old, seconds_of(now))
    answered = series_of(goes_on) if goes_on is not None else None
    kept = as_organised(old, new, organizer, stamp, answered) if new is not None else None
    forced = _forced(new) if new is not None else frozenset()
    found = _Telling(old, kept, organizer, stamp, forced).messages()
    return Organised(object_of(kept) if kept is not None else after, found)


def request_to(series: Series, attendee: Address, organizer: frozenset[Address], now: datetime) -> list[Message]:
    """How it stands, for an attendee who asks (RFC 5546 §3.2.6): a REQUEST of the version that it is of."""
    return _Telling(None, series, organizer, series.stamp or seconds_of(now), frozenset()).to(attendee)


def check_organizers(series: Series) -> None:
    """RFC 6638 §3.2.4.2. Raises `Forbidden`."""
    if len({found for node in series.nodes() if (found := organizer_of(node))}) > 1:
        raise Forbidden("Its components have several organisers", fields={"rule": "same-organizer-in-all-components"})


def _unaddressed(series: Series) -> bool:
    """Whether an ORGANIZER is said that nobody can be by it, such as `javascript:x` (RFC 5545 §3.3.3)."""
    return any(not who(line) for node in series.nodes() for line in node.every("ORGANIZER"))


def refused_change(why: str) -> Forbidden:
    return Forbidden(
        "An organiser may not change that", fields={"rule": "allowed-organizer-scheduling-object-change", "why": why}
    )


def _forced(series: Series) -> frozenset[Address]:
    """Whom a client wants to be told whatever changed (RFC 6638 §7.2)."""
    return frozenset(
        who(line)
        for node in series.nodes()
        for line in attendees(node)
        if line.param("SCHEDULE-FORCE-SEND").upper() == "REQUEST"
    )


class _Telling:
    """One change, and who was in it before and after. People in the same place are told the same."""

    def __init__(
        self,
        old: Series | None,
        new: Series | None,
        organizer: Iterable[Address],
        stamp: int,
        forced: frozenset[Address],
    ) -> None:
        self.old, self.new, self.organizer = old, new, frozenset(organizer)
        self.stamp, self.forced = stamp, forced
        self.raised = old.sequence + 1 if old is not None else 0

    def messages(self) -> list[Message]:
        had, have = self._places(self.old), self._places(self.new)
        groups: dict[tuple[_Place, _Place, bool], list[Address]] = defaultdict(list)
        for address in dict.fromkeys([*had, *have]):
            place = had.get(address, frozenset()), have.get(address, frozenset()), address in self.forced
            groups[place].append(address)
        found: list[Message] = []
        room = MOST_OCTETS
        for (before, after, forced), people in groups.items():
            told_these = self._for(before, after, people, forced=forced)
            room -= sum(len(each.content) for each in told_these)
            if room < 0:
                raise TooLarge("It is too large to be told to so many", fields={"rule": "max-resource-size"})
            found += told_these
        return found

    def to(self, attendee: Address) -> list[Message]:
        place = self._places(self.new).get(attendee, frozenset())
        return self._request(frozenset(key for key, _ in place), [attendee], None)

    def _places(self, series: Series | None) -> dict[Address, _Place]:
        if series is None or (series.master is not None and cancelled(series.master)):
            return {}
        found: dict[Address, set[tuple[Key | None, str]]] = defaultdict(set)
        for key, node in series.parts():
            for address, line in invited(node, self.organizer).items():
                found[address].add((key, line.param("ROLE").upper() or "REQ-PARTICIPANT"))
        return {address: frozenset(place) for address, place in found.items()}

    def _for(self, before: _Place, after: _Place, people: list[Address], *, forced: bool) -> list[Message]:
        had, have = frozenset(key for key, _ in before), frozenset(key for key, _ in after)
        was = projection(self.old, had) if self.old is not None and had else None
        if not have:
            return self._cancel(had, people) if had else []
        if not had or forced or self.old is None:
            return self._request(have, people, was)
        if None in had and None not in have:
            return [*self._cancel(frozenset({None}), people), *self._request(have, people, None)]
        if None in have and (None not in had or self._series_changed(before, after)):
            return self._request(have, people, was)
        gone, said = self._instances(had, have, before, after)
        if None in have and len(gone) + len(said) > 1:
            return self._request(have, people, was)
        told_of = self._request(said, people, was) if said else []
        return [*told_of, *(self._cancel(gone, people) if gone else [])]

    def _series_changed(self, before: _Place, after: _Place) -> bool:
        old, new = (self.old.master if self.old else None), (self.new.master if self.new else None)
        if old is None or new is None or self.old is None or self.new is None:
            return True
        out = exdates(new)
        if takes_place_otherwise(old, new) or news(old) != news(new) or exdates(old) - out:
            return True
        if {role for key, role in before if key is None} != {role for key, role in after if key is None}:
            return True
        # An instance that is as its series says again is told with the series.
        return any(key not in self.new.overrides and key not in out for key in self.old.overrides)

    def _instances(
        self, had: frozenset[Key | None], have: frozenset[Key | None], before: _Place, after: _Place
    ) -> tuple[frozenset[Key | None], frozenset[Key | None]]:
        """Which instances are off for somebody, and of which there is something to say."""
        if self.old is None or self.new is None:
            return frozenset(), frozenset()
        said: set[Key | None] = set()
        for key, node in self.new.overrides.items():
            if key in have and self._is_news(
                key, node, had, {p for p in before if p[0] == key} == {p for p in after if p[0] == key}
            ):
                said.add(key)
        if None not in have:
            return frozenset(had - have), frozenset(said)
        old_out, out = self._outside(self.old, had), self._outside(self.new, have)
        return frozenset(out - old_out), frozenset(said)

    def _outside(self, series: Series, keys: frozenset[Key | None]) -> set[Key | None]:
        left: set[Key | None] = {key for key in series.overrides if key not in keys}
        return left.union(exdates(series.master)) if series.master is not None else left

    def _is_news(self, key: Key, node: Node, had: frozenset[Key | None], same_place: bool) -> bool:
        old = self.old.overrides.get(key) if self.old is not None else None
        if old is not None:
            return key not in had or not same_place or takes_place_otherwise(old, node) or news(old) != news(node)
        master = self.old.master if self.old is not None else None
        return None not in had or master is None or not same_as_series(node, master)

    def _request(self, keys: frozenset[Key | None], people: list[Address], was: Series | None) -> list[Message]:
        """The whole for who has the series, else the instances of these keys."""
        series = projection(self.new, keys) if self.new is not None else None
        if series is None:
            return []
        for node in series.nodes():
            stamped(node, sequence_of(node), self.stamp)
        return message("REQUEST", people, series, was=was)

    def _cancel(self, keys: frozenset[Key | None], people: list[Address]) -> list[Message]:
        """Of everything where the series is among the keys, else of these instances."""
        old = self.old
        if old is None:
            return []
        whole = None in keys
        wanted: list[Key | None] = [None] if whole else [*sorted(key for key in keys if key is not None)]
        made_of = Series(old.uid, old.component, zones=old.zones)
        for key in wanted:
            node = old.at(key) or (self._instance_of(key) if key is not None else None)
            if node is None:
                continue
            sequence, off = self._cancelled_at(key)
            built = cancel_of(told(node), people, sequence, self.stamp, whole=off)
            made_of.put(key, built)
        return message("CANCEL", people, made_of, was=None)

    def _cancelled_at(self, key: Key | None) -> tuple[int, bool]:
        """With which SEQUENCE, and whether it is off for everybody."""
        node = self.new.at(key) if self.new is not None else None
        master = self.new.master if self.new is not None else None
        floor = sequence_of(master) if master is not None else 0
        if node is None:
            return max(self.raised, floor), True
        return max(sequence_of(node), floor), cancelled(node)

    def _instance_of(self, key: Key) -> Node | None:
        """An instance of the series as it was, called by what EXDATE says of it."""
        line = excluded(self.new.master).get(key) if self.new is not None and self.new.master is not None else None
        override = self.new.overrides.get(key) if self.new is not None else None
        line = override.first("RECURRENCE-ID") if override is not None else line
        if self.old is None or self.old.master is None or line is None:
            return None
        return self.old.instance(key, line)
