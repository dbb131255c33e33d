"""A calendar object as a document: its octets, what windows find it by, and what was computed of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bson.binary import Binary

from services.calendar.domain.objects import AlarmFacts, Attendee, ComponentFacts, Facts
from services.calendar.domain.objects.buckets import OPEN
from services.calendar.domain.packed import Occurrences
from services.calendar.domain.stored import Stored, takes_time
from services.calendar.domain.tasks import standing_of

# Of what is not known even for a year ahead; what is `open` has its instances computed again in time (`roll_horizon`),
# so that windows of the coming year need not ask for it.
T = TypeVar("T")
EARLY = "early"
NEAR = timedelta(days=366)


def document_of(stored: Stored, *, counts: bool) -> dict[str, Any]:
    """Whole, without an outbox; `counts` says whether its calendar takes its owner's time."""
    facts = stored.facts
    occurrences = Occurrences.of(facts.occurrences)
    return {
        "_id": stored.key,
        "owner": stored.owner,
        "calendar": stored.calendar,
        "name": stored.name,
        "modseq": stored.modseq,
        "updated_at": stored.updated_at,
        "etag": stored.etag,
        "schedule_tag": stored.schedule_tag,
        "octets": stored.octets,
        "content": Binary(stored.content),
        "uid": facts.uid,
        "component": facts.component,
        "recurring": facts.recurring,
        "components": [_bare(each) for each in facts.components],
        "alarms": [_bare(each) for each in facts.alarms],
        "occurrences": Binary(occurrences.packed()),
        "longest": max((each.end - each.start for each in occurrences), default=0),
        "until": facts.until,
        "roll_at": _roll_at(stored),
        "first": facts.first,
        "last": facts.last,
        "buckets": list(facts.buckets),
        "terms": terms_of(stored.owner, facts.terms),
        "slots": slots_of([stored.calendar], _standing(stored)),
        "busy": busy_of(stored, counts=counts),
        "attached": list(stored.attached),
        **_as_task(stored),
    }


def _as_task(stored: Stored) -> dict[str, Any]:
    """What lists of tasks find one by."""
    if stored.facts.component != "VTODO":
        return {}
    standing, at = standing_of(stored.facts)
    return {"task": task_mark(stored.calendar, standing), "task_at": at}


def task_mark(calendar: str, standing: str) -> str:
    return f"{calendar}|{standing}"


# What becomes another with time alone.
ROLLED = ("recurring", "occurrences", "longest", "until", "roll_at", "first", "last", "buckets", "slots", "busy")


# By what questions find an object, beside its names.
FOUND_BY = ("terms", "slots", "busy", "buckets")
# What an object is read from, where neither its octets are wanted nor by what it is found.
READ = (
    "_id", "owner", "calendar", "name", "modseq", "updated_at", "etag", "schedule_tag", "octets", "uid", "component",
    "recurring", "components", "alarms", "occurrences", "longest", "until", "first", "last", "attached",
)  # fmt: skip


def _roll_at(stored: Stored) -> datetime | None:
    """When its instances are computed again: two years before the known ones end, and not at once again where a bound
    ends them."""
    if stored.facts.until is None:
        return None
    ends = datetime.fromtimestamp(stored.facts.until, UTC)
    return max(ends - 2 * NEAR, stored.updated_at + timedelta(days=30))


def busy_of(stored: Stored, *, counts: bool) -> list[str]:
    """Where it takes its owner's time; nowhere, where it takes none."""
    takes = counts and any(takes_time(each, stored.facts.component) for each in stored.facts.components)
    return slots_of([stored.owner], _standing(stored)) if takes else []


def slots_of(holders: Sequence[str], buckets: Iterable[str]) -> list[str]:
    """A holder (a calendar, or an owner) and a bucket in one value, so that one index of single values finds both."""
    known = list(buckets)
    return [f"{holder}|{bucket}" for holder in holders for bucket in known]


def terms_of(owner: str, words: Iterable[str]) -> list[str]:
    return [f"{owner}|{word}" for word in words]


def _standing(stored: Stored) -> list[str]:
    until = stored.facts.until
    near = until is None or datetime.fromtimestamp(until, UTC) < stored.updated_at + NEAR
    return [EARLY if bucket == OPEN and near else bucket for bucket in stored.facts.buckets]


def asked(buckets: Sequence[str], end: int, now: datetime) -> list[str]:
    """The buckets that a window has to ask for."""
    whole = [bucket for bucket in buckets if bucket != OPEN]
    far = end > (now + NEAR).timestamp()
    return [*whole, EARLY, OPEN] if far else [*whole, EARLY]


def stored_of(document: Mapping[str, Any]) -> Stored:
    """Its content, buckets and terms are empty where they were not read."""
    facts = Facts(
        uid=document["uid"],
        component=document["component"],
        recurring=document["recurring"],
        components=tuple(_component(each) for each in document["components"]),
        occurrences=Occurrences.unpacked(document["occurrences"]),
        until=document["until"],
        first=document["first"],
        last=document["last"],
        buckets=tuple(document.get("buckets", ())),
        alarms=tuple(map(_alarm, document["alarms"])),
        terms=tuple(term.partition("|")[2] for term in document.get("terms", ())),
    )
    return Stored(
        owner=document["owner"],
        id=document["_id"].partition(".")[2],
        calendar=document["calendar"],
        name=document["name"],
        modseq=document["modseq"],
        updated_at=document["updated_at"],
        etag=document["etag"],
        octets=document["octets"],
        facts=facts,
        content=bytes(document.get("content", b"")),
        schedule_tag=document["schedule_tag"],
        longest=document["longest"],
        attached=tuple(document.get("attached", ())),
    )


def _bare(thing: Any) -> dict[str, Any]:
    """A dataclass without what is as usual."""
    usual = _usual(thing)
    said = {name: value for name, value in asdict(thing).items() if name not in usual or usual[name] != value}
    return {name: _listed(value) for name, value in said.items()}


def _listed(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_pruned(each) if isinstance(each, dict) else each for each in value]
    return _pruned(value) if isinstance(value, dict) else value


def _pruned(attendee: dict[str, Any]) -> dict[str, Any]:
    usual = {each.name: each.default for each in fields(Attendee)}
    said = {name: value for name, value in attendee.items() if usual.get(name, MISSING) != value}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}


def _usual(kind: Any) -> dict[str, Any]:
    return {each.name: each.default for each in fields(kind) if each.default is not MISSING}


_ALARM, _COMPONENT, _ATTENDEE = _usual(AlarmFacts), _usual(ComponentFacts), _usual(Attendee)


def _made(kind: type[T], usual: Mapping[str, Any], said: Mapping[str, Any]) -> T:
    """A frozen dataclass without a call for each field: a window reads thousands of them."""
    made = object.__new__(kind)
    vars(made).update(usual)
    vars(made).update(said)
    return made


def _alarm(document: Mapping[str, Any]) -> AlarmFacts:
    return _made(AlarmFacts, _ALARM, document)


def _component(document: Mapping[str, Any]) -> ComponentFacts:
    said = dict(document)
    if "organizer" in said:
        said["organizer"] = _attendee(said["organizer"])
    if "attendees" in said:
        said["attendees"] = tuple(map(_attendee, said["attendees"]))
    if "categories" in said:
        said["categories"] = tuple(said["categories"])
    return _made(ComponentFacts, _COMPONENT, said)


def _attendee(document: Mapping[str, Any]) -> Attendee:
    made = _made(Attendee, _ATTENDEE, document)
    for name in ("delegated_to", "delegated_from"):
        if name in document:
            vars(made)[name] = tuple(document[name])
    return made
