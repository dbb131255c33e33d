"""What an incoming message does to a recipient's stored object (RFC 5546 §3.2, RFC 6638 §4.3).

Nothing is stored here and nothing sent: the outcome says what is to be. Every message may come twice, late, out of
order and from anybody.
"""

from dataclasses import replace
from datetime import datetime

from services.calendar.domain.itip.adding import added
from services.calendar.domain.itip.going_on import answer_as_before
from services.calendar.domain.itip.merging import call_off, merge
from services.calendar.domain.itip.outcomes import (
    Cancelled,
    Created,
    Foretold,
    Ignored,
    NeedsRefresh,
    Outcome,
    ProposalDeclined,
    Published,
    Refused,
    Sender,
    Updated,
)
from services.calendar.domain.itip.people import lines_for, organizer_of, own_participation
from services.calendar.domain.itip.proposals import refresh_for
from services.calendar.domain.itip.replies import countered, refreshed, replied
from services.calendar.domain.itip.senders import resolve_people, speaks_for
from services.calendar.domain.itip.series import (
    Series,
    cancelled,
    cut_before,
    is_range,
    object_of,
    occurring,
    occurs,
    recurrence_key,
    sequence_of,
    series_of,
    stamp_of,
    stamped,
    start_key,
    version_of,
)
from services.calendar.domain.itip.telling import rescheduled, take_out
from services.calendar.domain.objects.addresses import Address, Resolver, is_mail
from services.calendar.domain.objects.lines import made
from services.calendar.domain.objects.reading import CalendarObject
from services.calendar.domain.objects.tree import Node

_BY_ORGANIZER = frozenset({"REQUEST", "CANCEL", "ADD", "DECLINECOUNTER"})
_BY_ATTENDEE = frozenset({"REPLY", "COUNTER", "REFRESH"})
_COMPONENTS = frozenset({"VEVENT", "VTODO", "VJOURNAL"})


def received(
    stored: CalendarObject | None,
    message: CalendarObject,
    sender: Sender,
    recipient: frozenset[Address],
    now: datetime,
    *,
    resolve: Resolver | None = None,
    crashers: bool = False,
    sibling: CalendarObject | None = None,
) -> Outcome:
    """`stored` is what the recipient has of that UID, whatever wrote it there; `message` is `read_object(octets,
    scheduling=True)`; `recipient` are all addresses of the recipient. `resolve` finds the mail address of a principal.
    `crashers` says whether who was not invited may add itself to an organiser's list by answering. `sibling` is what
    the recipient has of the series that a new one goes on from, where its sender is known to say only what was
    answered."""
    said = series_of(message)
    if said.component not in _COMPONENTS:
        return Refused("component")
    if stored is not None and stored.uid != said.uid:
        return Refused("uid")
    if message.method == "PUBLISH":
        return Published(message)
    if message.method not in _BY_ORGANIZER | _BY_ATTENDEE:
        return Refused("method")
    if not resolve_people(said, resolve):
        return Refused("principal")
    known = series_of(stored) if stored is not None else None
    if known is not None:
        resolve_people(known, resolve)
    if len({organizer_of(node) for node in said.nodes()} - {""}) > 1:
        return Refused("another_organizer")
    if message.method in _BY_ATTENDEE:
        return _from_attendee(message.method, known, said, sender, recipient, now, crashers=crashers)
    outcome = _from_organizer(message.method, stored, known, said, sender, recipient, now)
    if sibling is not None and isinstance(outcome, Created):
        copy = series_of(outcome.object)
        answer_as_before(copy, said, series_of(sibling), recipient)
        return replace(outcome, object=object_of(copy))
    return outcome


def _from_attendee(
    method: str,
    known: Series | None,
    said: Series,
    sender: Sender,
    recipient: frozenset[Address],
    now: datetime,
    *,
    crashers: bool,
) -> Outcome:
    """Outlook leaves ORGANIZER out of its REPLY: it is who is written to, and who organises what is stored."""
    if known is None:
        return Ignored("unknown")
    if known.organizer not in recipient:
        return Refused("not_the_organizer")
    if said.organizer and said.organizer not in recipient:
        return Refused("another_organizer")
    if method == "REPLY":
        return replied(known, said, sender, crashers=crashers)
    if method == "COUNTER":
        return countered(known, said, sender)
    return refreshed(known, said, sender, recipient, now)


def _from_organizer(
    method: str,
    stored: CalendarObject | None,
    known: Series | None,
    said: Series,
    sender: Sender,
    recipient: frozenset[Address],
    now: datetime,
) -> Outcome:
    if not is_mail(said.organizer):
        return Refused("no_organizer")
    if any(not organizer_of(node) for node in said.nodes()):
        return Refused("no_organizer")
    if known is not None and known.organizer != said.organizer:
        return Refused("another_organizer")
    line = next(line for node in said.nodes() for line in node.every("ORGANIZER"))
    before = next((each for node in known.nodes() for each in node.every("ORGANIZER")), None) if known else None
    allowed, by = speaks_for(sender, line, before, colleagues=known is None)
    if not allowed:
        return Refused("spoofed")
    if said.organizer in recipient:
        # What one sends comes back, from a list for instance: one's own object is not changed by it.
        return Refused("not_invited")
    if method == "DECLINECOUNTER":
        return _proposal_declined(known, said)
    if method == "CANCEL":
        return _cancelled(stored, known, said, recipient)
    if method == "ADD":
        return _added(stored, known, said, recipient, now)
    return _requested(stored, known, said, recipient, now, by)


def _requested(
    stored: CalendarObject | None,
    known: Series | None,
    said: Series,
    recipient: frozenset[Address],
    now: datetime,
    by: Address,
) -> Outcome:
    mine = _only_for(said, recipient)
    if mine is None:
        return Refused("not_invited")
    if any(node.first("DTSTART") is None and node.name == "VEVENT" for node in mine.nodes()):
        return Refused("no_start")
    if known is None or stored is None:
        merged, _ = merge(None, mine, recipient)
        return Created(object_of(merged), by)
    if mine.master is None and not _fits(known, mine):
        return NeedsRefresh(refresh_for(mine, recipient, now))
    merged, changed = merge(known, mine, recipient)
    if not changed:
        return Ignored("repeated" if _same_version(known, mine) else "stale")
    return Updated(object_of(merged), _is_other_time(known, merged, recipient), stored)


def _only_for(said: Series, recipient: frozenset[Address]) -> Series | None:
    """What of a REQUEST invites the recipient; somebody who is in none of it is not invited, whoever passed it on. Not
    every program of others tells each what is for them alone: instances without the recipient are none of its series,
    and a series without the recipient is none."""
    kept = said.copy()
    kept.overrides = {key: node for key, node in kept.overrides.items() if lines_for(node, recipient)}
    if kept.master is not None and not lines_for(kept.master, recipient):
        kept.master = None
    if kept.master is not None:
        take_out(kept.master, {key: node for key, node in said.overrides.items() if key not in kept.overrides})
    return kept if kept.master is not None or kept.overrides else None


def _fits(known: Series, said: Series) -> bool:
    """Whether the instances are of the series that is here; older ones are looked at no further."""
    master = known.master
    if master is None or cancelled(master):
        return True
    asked = {
        key
        for key, node in said.overrides.items()
        if key not in known.overrides and version_of(node) >= version_of(master)
    }
    return asked == occurring(master, asked)


def _same_version(known: Series, said: Series) -> bool:
    pairs = [(known.at(key), node) for key, node in said.parts()]
    return all(old is not None and version_of(old) == version_of(node) for old, node in pairs)


def _is_other_time(before: Series, after: Series, own: frozenset[Address]) -> bool:
    for key, node in after.parts():
        if cancelled(node) or not own_participation(node, own):
            continue
        old = before.at(key) or before.master
        if old is None or cancelled(old) or rescheduled(old, node):
            return True
    return False


def _cancelled(
    stored: CalendarObject | None, known: Series | None, said: Series, recipient: frozenset[Address]
) -> Outcome:
    ids = tuple(node.value("RECURRENCE-ID") for node in said.overrides.values()) if said.master is None else ()
    if known is None or stored is None:
        off = call_off(None, said)
        if any(node.first("DTSTART") is None for node in off.nodes()):
            return Ignored("unknown")
        return Foretold(object_of(off))
    ranged = next((node for node in said.overrides.values() if is_range(node)), None)
    if ranged is not None and said.master is None:
        return _cut(known, ranged, ids)
    # An instance that is not of the series here may be of one that is on its way: it is noted as cancelled as well.
    off = call_off(known, said)
    if said.master is not None and off.master is not None and off.master.first("DTSTART") is None:
        return Ignored("unknown")
    merged, changed = merge(known, off, recipient)
    if not changed:
        return Ignored("repeated" if _same_version(known, off) else "stale")
    return Cancelled(object_of(merged), ids)


def _cut(known: Series, ranged: Node, ids: tuple[str, ...]) -> Outcome:
    """An instance and all after it are off (RANGE=THISANDFUTURE): the series ends before."""
    key, master = recurrence_key(ranged), known.master
    if key is None or master is None or version_of(ranged) <= version_of(master):
        return Ignored("stale" if master is not None else "unknown")
    if not occurs(master, key):
        return Ignored("no_such_instance")
    if key == start_key(master):
        master.put(made("STATUS", "CANCELLED"))
    else:
        cut_before(master, key)
    stamped(master, sequence_of(ranged), stamp_of(ranged))
    known.overrides = {each: node for each, node in known.overrides.items() if each[0] != key[0] or each[1] < key[1]}
    return Cancelled(object_of(known), ids)


def _added(
    stored: CalendarObject | None, known: Series | None, said: Series, recipient: frozenset[Address], now: datetime
) -> Outcome:
    if said.master is None or said.master.first("DTSTART") is None:
        return Refused("no_start")
    if not lines_for(said.master, recipient):
        return Refused("not_invited")
    if known is None or stored is None or known.master is None or said.master.first("RRULE") is not None:
        return NeedsRefresh(refresh_for(said, recipient, now))
    if cancelled(known.master):
        return Ignored("cancelled")
    if version_of(said.master) <= version_of(known.master):
        return Ignored("stale")
    return Updated(object_of(added(known, said.master, recipient)), rescheduled=True, was=stored)


def _proposal_declined(known: Series | None, said: Series) -> Outcome:
    if known is None:
        return Ignored("unknown")
    node = next(said.nodes())
    return ProposalDeclined(node.text("COMMENT"), node.value("RECURRENCE-ID"))
