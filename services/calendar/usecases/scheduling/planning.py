"""What a client's change of a meeting asks to be told to others, and how the meeting is kept then (RFC 6638 §3.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.errors import Forbidden, InvalidInput
from chassis.events import Fact
from chassis.identity import identity_or_none
from chassis.ids import new_id
from services.calendar.domain.calendars import OWN, TEAM
from services.calendar.domain.itip.answers import attended
from services.calendar.domain.itip.changes import organised
from services.calendar.domain.itip.lists import invited_by_members
from services.calendar.domain.itip.messages import Message
from services.calendar.domain.itip.people import LETTER, attendees, organizer_of, replaced, with_params
from services.calendar.domain.itip.senders import resolve_people
from services.calendar.domain.itip.series import object_of, sequence_of, series_of
from services.calendar.domain.itip.status import code_of, with_status
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.objects.addresses import Address, is_mail, uri_of, who
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.stored import Stored
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.discard_object import last_word
from services.calendar.usecases.keep_object import refuse_inbox
from services.calendar.usecases.scheduling.copies import copies_of
from services.calendar.usecases.scheduling.lists import with_members
from services.calendar.usecases.scheduling.on_behalf import owners
from services.calendar.usecases.scheduling.parties import Party, principal_address, speaking_in
from services.calendar.usecases.scheduling.posting import post


@dataclass(frozen=True)
class Planned:
    """The object as it is kept, and what goes out with it, in one write."""

    object: CalendarObject
    schedule_tag: str = ""
    facts: tuple[Fact, ...] = ()


async def plan(
    agenda: Agenda,
    reached: Reached,
    before: Stored | None,
    given: CalendarObject,
    *,
    of: Stored | None = None,
    goes_on: CalendarObject | None = None,
) -> Planned:
    """`of` is the meeting that a new one is a part of, `goes_on` as `organised` has it. Raises `Forbidden` for a change
    that only the organiser makes (RFC 6638 §3.2.4.4), or that the inbox does not take; `fields` has the rule by the
    name of its precondition."""
    refuse_inbox(reached.calendar)
    if not (_has_people(given) or (before is not None and before.schedule_tag)):
        return Planned(given)
    party = await speaking_in(agenda, reached.calendar, before or of)
    if party is None:
        return Planned(given)
    given = _resolved(given)
    if reached.calendar.kind == OWN and of is None and _is_nobodys(before):
        given = await owners(agenda, party, given)
    was = read_object(before.content, scheduling=True) if before is not None else None
    concerned = _concerns(given, party.own) or (was is not None and _concerns(was, party.own))
    if not concerned:
        return Planned(given)
    if reached.calendar.kind == TEAM and not (before is not None and before.schedule_tag):
        if not await _is_teams(agenda, party, given):
            return Planned(given)
        # Of what it was before nobody has been told.
        was = None
    check_master(given, party.own)
    if before is None or before.uid != given.uid:
        await _check_single(agenda, reached, given)
        given = await _later(agenda, reached, party, given)
    given = await with_members(agenda, party, was or goes_on, given)
    kept, messages = _change(was, _signed(party, given), party.own, agenda.now(), goes_on)
    posted = await post(agenda, party, messages, by_members=invited_by_members(was, kept))
    kept = with_status(kept, {**_statuses(was), **posted.statuses}, {**_letters(was), **posted.letters})
    return Planned(kept, new_id().lower() if _concerns(kept, party.own) else "", posted.facts)


async def _later(agenda: Agenda, reached: Reached, party: Party, given: CalendarObject) -> CalendarObject:
    """A meeting whose deletion is taken back is a later word than its end: programs do that under the same UID."""
    series = series_of(given)
    if series.organizer not in party.own:
        return given
    last = await agenda.scheduling.called_off(reached.calendar.owner, given.uid)
    # With its calendar it may be called off only after this.
    going = await agenda.objects.going_with_uid(reached.calendar.owner, given.uid)
    words = [*([last] if last is not None else []), *(last_word(each) for each in going if each.schedule_tag)]
    if not words:
        return given
    for node in series.nodes():
        node.put(made("SEQUENCE", str(max(sequence_of(node), max(words) + 1))))
    return object_of(series)


async def _is_teams(agenda: Agenda, party: Party, given: CalendarObject) -> bool:
    """Whether a team's calendar has the meeting itself: organised by who writes it there, and not a copy of one that
    they have elsewhere."""
    return series_of(given).organizer in party.own and not await copies_of(agenda, party, given.uid)


def check_master(given: CalendarObject, own: frozenset[Address]) -> None:
    """Instances without their series are an attendee's (RFC 4791 §4.1). Raises `InvalidInput`."""
    if given.master_node is None and {organizer_of(node) for node in given.nodes} & own:
        raise InvalidInput("An organiser has the whole series", fields={"calendar": "has no master", "rule": "object"})


async def plan_removal(agenda: Agenda, reached: Reached, before: Stored, *, no_reply: bool) -> tuple[Fact, ...]:
    """What is told when an object is deleted: that the meeting is off, or that its owner does not come."""
    if not before.schedule_tag:
        return ()
    party = await speaking_in(agenda, reached.calendar, before)
    return await removal_of(agenda, party, before, no_reply=no_reply) if party is not None else ()


async def removal_of(agenda: Agenda, party: Party, before: Stored, *, no_reply: bool) -> tuple[Fact, ...]:
    """The same of a meeting of somebody."""
    was, now = read_object(before.content, scheduling=True), agenda.now()
    messages: Sequence[Message]
    if series_of(was).organizer in party.own:
        messages = organised(was, None, party.own, now).messages
    else:
        messages = attended(was, None, party.own, now, schedule_reply=not no_reply).messages
    return (await post(agenda, party, messages, by_members=invited_by_members(was))).facts


def _change(
    was: CalendarObject | None,
    wanted: CalendarObject,
    own: frozenset[Address],
    now: datetime,
    goes_on: CalendarObject | None,
) -> tuple[CalendarObject, list[Message]]:
    """By what it was: an attendee does not become organiser by writing so."""
    had = series_of(was).organizer if was is not None else ""
    organizer = had or series_of(wanted).organizer
    if organizer in own or not organizer:
        change = organised(was, wanted, own, now, goes_on=goes_on)
        return change.stored or wanted, change.messages
    answer = attended(was if had else None, wanted, own, now)
    return answer.stored or wanted, answer.messages


def _is_nobodys(before: Stored | None) -> bool:
    """Whether what is written becomes a meeting by it."""
    return before is None or not any(each.organizer for each in before.facts.components)


def _has_people(thing: CalendarObject) -> bool:
    return any(line.name in ("ORGANIZER", "ATTENDEE") for node in thing.nodes for line in node.lines)


def _concerns(thing: CalendarObject, own: frozenset[Address]) -> bool:
    """A scheduling object resource (RFC 6638 §3.1): organised by its owner for others, or one that the owner is
    invited to."""
    organizers = {organizer_of(node) for node in thing.nodes} - {""}
    people = {who(line) for node in thing.nodes for line in attendees(node)}
    return bool(organizers and people and (organizers & own or people & own))


def _resolved(given: CalendarObject) -> CalendarObject:
    """With addresses where a client named principals by their paths."""
    if all(is_mail(who(line)) for node in given.nodes for line in node.lines if line.name in ("ORGANIZER", "ATTENDEE")):
        return given
    series = series_of(given)
    resolve_people(series, principal_address)
    return object_of(series)


def _signed(party: Party, given: CalendarObject) -> CalendarObject:
    """Whoever works in somebody else's calendar speaks as its owner, and is named (SENT-BY, RFC 5545 §3.2.18)."""
    caller = identity_or_none()
    writer = uri_of(caller.address) if caller is not None and caller.account_id != party.id else None
    series, changed = series_of(given), False
    own_meeting = series.organizer in party.own
    for node in series.nodes():
        for line in node.every("ORGANIZER") if own_meeting else attendees(node):
            if who(line) in party.own and (line.param("SENT-BY") or None) != writer:
                replaced(node, line, with_params(line, {"SENT-BY": writer}))
                changed = True
    return object_of(series) if changed else given


def _statuses(was: CalendarObject | None) -> Mapping[Address, str]:
    """What is known of earlier messages; clients do not have to say it again."""
    return {who(line): code for line in _people(was) if (code := code_of(line))}


def _letters(was: CalendarObject | None) -> Mapping[Address, str]:
    """Likewise which letters were the last."""
    return {who(line): letter for line in _people(was) if (letter := line.param(LETTER))}


def _people(was: CalendarObject | None) -> list[Line]:
    nodes = was.nodes if was is not None else ()
    return [line for node in nodes for line in node.lines if line.name in ("ORGANIZER", "ATTENDEE")]


async def _check_single(agenda: Agenda, reached: Reached, given: CalendarObject) -> None:
    """A meeting is in one of its owner's calendars (RFC 6638 §3.2.4.1). Raises `Forbidden`."""
    for other in await agenda.objects.of_owner_with_uid(reached.calendar.owner, given.uid):
        if other.schedule_tag and other.calendar != reached.calendar.id:
            rule = "unique-scheduling-object-resource"
            raise Forbidden("It is in another calendar already", fields={"rule": rule, "object": other.name})
