"""Take a scheduling message in for one of those it is for: into the calendar, the inbox, and what was heard of it.

Everything that a message does is one transaction, and none does it twice: what is told again is known by its id, what
comes late by its version. So nobody is invited twice, whoever dies meanwhile, and an old invitation brings nothing back
that was called off or deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import structlog

from chassis.errors import Conflict
from chassis.ids import new_id
from services.calendar.domain.calendars import DEFAULT_NAME, INBOX, OWN, Calendar
from services.calendar.domain.itip.going_on import sibling_of
from services.calendar.domain.itip.outcomes import Cancelled, Created, Foretold, Ignored, Outcome, Sender, Updated
from services.calendar.domain.itip.people import UNINVITED, attendees
from services.calendar.domain.itip.receive import received
from services.calendar.domain.itip.series import series_of, version_of
from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.stored import Stored
from services.calendar.store.scheduling import Heard, Instance, Version
from services.calendar.usecases.attachments.carrying import carried_still
from services.calendar.usecases.attachments.vouching import vouched_by
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.keep_object import computed, keep
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.scheduling.copies import copies_of
from services.calendar.usecases.scheduling.effects import Effect, effect_of
from services.calendar.usecases.scheduling.inbox import bound_inbox, put_into_inbox
from services.calendar.usecases.scheduling.parties import Party, party_of, principal_address

log = structlog.get_logger(__name__)
# Others change the same meeting: each attempt reads it again.
ATTEMPTS = 20
REMEMBERED = timedelta(days=180)
# Of those whom nobody invited, and who answered all the same.
MOST_UNINVITED = 50


@dataclass(frozen=True)
class Letter:
    """`id` is the same whenever the message comes again; `owner` is who wrote it, where it came from here."""

    id: str
    sender: Sender
    content: bytes = field(repr=False)
    owner: str = ""


@dataclass(frozen=True)
class _Home:
    """The calendars of who receives, and what is in them of the message's UID."""

    party: Party
    calendars: Sequence[Calendar]
    inbox: Calendar
    copies: Sequence[Stored]
    heard: Heard

    @property
    def stored(self) -> Stored | None:
        """The meeting itself before an object that only has its UID."""
        own = {each.id for each in self.calendars if each.kind == OWN}
        copies = sorted(self.copies, key=lambda each: (not each.schedule_tag, each.calendar not in own, each.key))
        return copies[0] if copies else None

    def target(self, component: str) -> Calendar:
        """Where it is, or where what is new goes."""
        stored = self.stored
        if stored is not None:
            return next(each for each in self.calendars if each.id == stored.calendar)
        own = [each for each in self.calendars if each.kind == OWN and component in each.components]
        return next((each for each in own if each.name == DEFAULT_NAME), own[0] if own else self.calendars[0])


async def take_in(agenda: Agenda, letter: Letter, owner: str) -> Outcome:
    """What became of it. Raises `Conflict`, to be tried again; `InvalidInput` and `TooLarge` for what is no message,
    `PreconditionFailed` where the calendar is full."""
    message = read_object(letter.content, scheduling=True)
    for _ in range(ATTEMPTS):
        home = await _home(agenda, owner, message.uid)
        if home is None:
            return Ignored("unknown")
        if letter.id in home.heard.messages:
            return Ignored("repeated")
        outcome = _judged(agenda, letter, message, home, await _sibling(agenda, letter, message, home))
        effect = await effect_of(agenda, home.party, home.stored, outcome)
        if effect is None:
            log.info("scheduling_message_passed_over", owner=owner, method=message.method, outcome=repr(outcome)[:200])
            return outcome
        if await _write(agenda, letter, message, home, effect):
            if effect.seen:
                await bound_inbox(agenda, home.inbox)
            return outcome
    raise Conflict("Others change it all the time")


async def forget_messages(agenda: Agenda) -> None:
    """What was heard so long ago that nobody tells it again."""
    while await agenda.scheduling.forget_before(agenda.now() - REMEMBERED):
        pass


async def _home(agenda: Agenda, owner: str, uid: str) -> _Home | None:
    """None for who is gone."""
    party = await party_of(agenda, owner)
    if party is None:
        return None
    heard = await agenda.scheduling.find(owner, uid)
    copies = await copies_of(agenda, party, uid)
    calendars = await own_calendars(agenda, owner)
    inbox = next((each for each in calendars if each.kind == INBOX), None)
    known = {each.id for each in calendars if each.kind != INBOX}
    if inbox is None or not known:
        return None
    teams = await agenda.calendars.those([each.calendar for each in copies if each.owner != owner])
    calendars, known = [*calendars, *teams], known | {each.id for each in teams}
    return _Home(party, calendars, inbox, [each for each in copies if each.calendar in known], heard)


async def _sibling(agenda: Agenda, letter: Letter, message: CalendarObject, home: _Home) -> CalendarObject | None:
    """What the recipient has of the series that a new one goes on from. Of messages of calendars here alone: those say
    of answers what was answered."""
    uid = sibling_of(series_of(message))
    if not letter.owner or not uid or home.stored is not None or message.method != "REQUEST":
        return None
    own = {each.id for each in home.calendars if each.kind == OWN}
    copies = await agenda.objects.of_owner_with_uid(home.party.id, uid)
    found = next((each for each in copies if each.schedule_tag and each.calendar in own), None)
    return read_object(found.content, scheduling=True) if found is not None else None


def _judged(
    agenda: Agenda, letter: Letter, message: CalendarObject, home: _Home, sibling: CalendarObject | None
) -> Outcome:
    stored = home.stored
    heard = _of_organizer(home.heard, message)
    known = stored.content if stored is not None else heard.foretold
    if stored is None and message.method in ("REQUEST", "CANCEL") and _is_old(heard, message):
        # The copy was deleted, or never came to be.
        return Ignored("stale")
    copy = read_object(known, scheduling=True) if known else None
    outcome = received(
        copy,
        message,
        letter.sender,
        home.party.own,
        agenda.now(),
        resolve=principal_address,
        crashers=_uninvited(copy) < MOST_UNINVITED,
        sibling=sibling,
    )
    if stored is None and isinstance(outcome, Updated):
        # Instances of it were called off before it came.
        return Created(outcome.object)
    if stored is None and isinstance(outcome, Cancelled):
        return Foretold(outcome.object)
    return outcome


def _of_organizer(heard: Heard, message: CalendarObject) -> Heard:
    """What one organiser says of a UID is nothing to a meeting of another's."""
    organizer = series_of(message).organizer
    return heard if heard.organizer == organizer else Heard(organizer, heard.messages)


def _uninvited(copy: CalendarObject | None) -> int:
    return sum(bool(line.param(UNINVITED)) for node in (copy.nodes if copy else ()) for line in attendees(node))


def _is_old(heard: Heard, message: CalendarObject) -> bool:
    said = _versions(message)
    return bool(said) and all(heard.versions.get(key, (-1, 0)) >= version for key, version in said.items())


def _versions(message: CalendarObject) -> dict[Instance, Version]:
    series = series_of(message)
    found: dict[Instance, Version] = {key: version_of(node) for key, node in series.overrides.items()}
    if series.master is not None:
        found[None] = version_of(series.master)
    return found


def _heard(heard: Heard, message: CalendarObject, effect: Effect) -> Heard:
    if not effect.by_organizer:
        return heard
    heard = _of_organizer(heard, message)
    versions = dict(heard.versions)
    for key, version in _versions(message).items():
        versions[key] = max(version, versions.get(key, version))
    whole = versions.get(None, (-1, 0))
    versions = {key: version for key, version in versions.items() if key is None or version >= whole}
    return replace(heard, versions=versions, foretold=effect.foretold)


async def _write(agenda: Agenda, letter: Letter, message: CalendarObject, home: _Home, effect: Effect) -> bool:
    """False when something was changed since it was read."""
    stored, owner = home.stored, home.party.id
    target = home.inbox
    kept: Stored | None = None
    if effect.object is not None:
        target = home.target(effect.object.component)
        name = stored.name if stored is not None else f"{new_id().lower()}.ics"
        tag = (stored.schedule_tag if stored is not None and effect.same_tag else "") or new_id().lower()
        fresh = await vouched_by(agenda, letter.owner, effect.object)
        carried = carried_still(effect.object, stored, fresh)
        kept = computed(agenda, target, name, effect.object, stored, tag, carried)
    heard = _heard(home.heard, message, effect)

    async def act(calendar: Calendar, inbox: Calendar, session: Any) -> bool:
        if await agenda.scheduling.find(owner, message.uid, session) != home.heard:
            return False
        copies = await copies_of(agenda, home.party, message.uid, session)
        if {each.key: each.etag for each in copies} != {each.key: each.etag for each in home.copies}:
            return False
        if kept is not None:
            await keep(agenda, calendar, kept, stored, session)
        if effect.seen:
            await put_into_inbox(agenda, inbox, letter.id, message, session)
        await agenda.scheduling.note(owner, message.uid, heard, letter.id, agenda.now(), session, *effect.facts)
        return True

    return await agenda.calendars.changing_both((target.id, home.inbox.id), act)
