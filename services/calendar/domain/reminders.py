"""When somebody is to be reminded of what is in their calendar (RFC 5545 §3.6.6)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from services.calendar.domain.objects import AlarmFacts, Facts, Occurrence
from services.calendar.domain.packed import Occurrences
from services.calendar.domain.stored import Stored

# What is later than that is of no use to anybody.
LATE = 24 * 3600
# After it was due, a device can still ask for it for so long.
KEPT = 7 * 24 * 3600
EMAIL = "EMAIL"
MAX_DEVICE = 100
# Of the devices of one person.
MAX_DEVICES = 20


@dataclass(frozen=True)
class Reminder:
    """`id` is the same however often it is made. Times are seconds since 1970 in UTC."""

    id: str
    owner: str
    event: str
    calendar: str
    uid: str
    summary: str
    location: str
    start: int
    end: int
    all_day: bool
    due_at: int
    by_mail: bool = False
    # Which alarm it is of, for it to be acknowledged.
    component: int = 0
    # Devices that have shown it.
    shown_on: tuple[str, ...] = ()
    dismissed: bool = False


def next_due(facts: Facts, after: int) -> int | None:
    """The first moment, later than `after`, at which an alarm is due."""
    return min((moment for moment, _, _ in _ahead(facts, after)), default=None)


def due(stored: Stored, since: int, until: int) -> list[Reminder]:
    """What is due from a moment on, `until` included. Alarms of one instance at one moment, such as one to be shown and
    one to be mailed, are one reminder."""
    found: dict[tuple[int, int, int], Reminder] = {}
    for moment, alarm, occurrence in _all(stored.facts, since, until):
        if moment <= until - LATE:
            continue
        each = _reminder(stored, alarm, occurrence, moment)
        first = found.setdefault((moment, occurrence.start, occurrence.recurrence), each)
        if each.by_mail and not first.by_mail:
            found[moment, occurrence.start, occurrence.recurrence] = replace(first, by_mail=True)
    return list(found.values())


def _ahead(facts: Facts, after: int) -> Iterator[tuple[int, AlarmFacts, Occurrence]]:
    """For each alarm its next moment, found without looking at all instances."""
    for alarm in _living(facts):
        for moment, occurrence in _moments(facts, alarm, after + 1):
            if moment > after:
                yield moment, alarm, occurrence
                # Instances after it come later, unless they are long and it is their end that counts.
                if not alarm.from_end and not alarm.repeat:
                    break


def _all(facts: Facts, since: int, until: int) -> Iterator[tuple[int, AlarmFacts, Occurrence]]:
    for alarm in _living(facts):
        for moment, occurrence in _moments(facts, alarm, since):
            if since <= moment <= until:
                yield moment, alarm, occurrence
            elif moment > until and not alarm.from_end and not alarm.repeat:
                break


def _living(facts: Facts) -> list[AlarmFacts]:
    """Those of components that take place."""
    off = [each.status == "CANCELLED" or each.completed is not None for each in facts.components]
    return [alarm for alarm in facts.alarms if not off[alarm.component]]


def _moments(facts: Facts, alarm: AlarmFacts, since: int) -> Iterator[tuple[int, Occurrence]]:
    """Its moments in the order of instances, from about `since` on; acknowledged ones are over (RFC 9074 §6.1)."""
    occurrences = Occurrences.of(facts.occurrences)
    own = alarm.component
    for at in range(0 if alarm.at is not None else _first(occurrences, alarm, since), len(occurrences)):
        occurrence = occurrences[at]
        if occurrence.component != own:
            continue
        for moment in alarm.due(occurrence):
            if moment > alarm.acknowledged:
                yield moment, occurrence
        if alarm.at is not None:
            return


def _first(occurrences: Occurrences, alarm: AlarmFacts, since: int) -> int:
    reach = alarm.repeat * alarm.every
    if alarm.from_end:
        return 0
    return occurrences.first_from(since - alarm.offset - reach)


def _reminder(stored: Stored, alarm: AlarmFacts, occurrence: Occurrence, moment: int) -> Reminder:
    component = stored.facts.components[alarm.component]
    told = f"{stored.key}\0{occurrence.recurrence}\0{alarm.uid}\0{alarm.offset}\0{alarm.from_end}\0{moment}"
    return Reminder(
        id=f"{stored.owner}.{hashlib.sha256(told.encode()).hexdigest()[:26]}",
        owner=stored.owner,
        event=stored.key,
        calendar=stored.calendar,
        uid=stored.uid,
        summary=component.summary,
        location=component.location,
        start=occurrence.start,
        end=occurrence.end,
        all_day=component.all_day,
        due_at=moment,
        by_mail=alarm.action == EMAIL,
        component=alarm.component,
    )


def snoozed(reminder: Reminder, until: datetime) -> Reminder:
    return replace(reminder, due_at=int(until.timestamp()), shown_on=(), dismissed=False)
