"""An organiser's word and an attendee's copy of it, merged: the later word about each component, the attendee's own.

Each instance has its own version (RFC 5546 §2.1.5). A series speaks for all instances that nothing else is said of, so
that messages may come in any order, and several times, and the copy is the same in the end. What is cancelled stays in
the copy with STATUS:CANCELLED and its version, or an invitation that comes late would bring it back.
"""

from collections.abc import Iterable

from services.calendar.domain.itip.answers import OWN_EXDATE
from services.calendar.domain.itip.people import NEEDS_ACTION, lines_for, participation, replaced, with_params
from services.calendar.domain.itip.series import (
    Key,
    Series,
    cancelled,
    exdates,
    sequence_of,
    stamp_of,
    stamped,
    version_of,
    without_exdates,
)
from services.calendar.domain.itip.telling import is_personal, rescheduled
from services.calendar.domain.objects.addresses import Address
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.tree import Node


def merge(stored: Series | None, said: Series, own: frozenset[Address]) -> tuple[Series, bool]:
    """The copy with what an organiser says, and whether anything of it was news. `own` are the attendee's addresses."""
    if stored is None:
        made_of = said.copy()
        for node in made_of.nodes():
            adopt(node, None, own)
        return made_of, True
    made_of, changed = stored.copy(), False
    made_of.zones = [*said.zones, *(z for z in stored.zones if z.value("TZID") not in _names(said.zones))]
    if said.master is not None and (stored.master is None or version_of(said.master) > version_of(stored.master)):
        _take_series(made_of, stored, said.master, own)
        changed = True
    with_series = changed
    for key, node in said.overrides.items():
        # A series that is news brings its own instances along, whatever their versions.
        if (with_series and key not in made_of.overrides) or _is_news(made_of, key, node):
            old = stored.overrides.get(key) or stored.master
            made_of.overrides[key] = adopt(node.copy(), old, own)
            changed = True
    _live_again(made_of)
    return made_of, changed


def _names(zones: Iterable[Node]) -> set[str]:
    return {zone.value("TZID") for zone in zones}


def _take_series(made_of: Series, stored: Series, master: Node, own: frozenset[Address]) -> None:
    made_of.master = adopt(master.copy(), stored.master, own)
    made_of.overrides = {key: node for key, node in stored.overrides.items() if version_of(node) >= version_of(master)}
    if stored.master is not None and not rescheduled(stored.master, master):
        made_of.master.lines += [line for line in stored.master.every("EXDATE") if line.param(OWN_EXDATE)]


def _is_news(copy: Series, key: Key, node: Node) -> bool:
    known = copy.overrides.get(key)
    if known is not None:
        return version_of(node) > version_of(known)
    # Of two that are as new the one that is about this instance counts.
    return copy.master is None or version_of(node) >= version_of(copy.master)


def _live_again(copy: Series) -> None:
    """An instance that has its own component is not taken out of its series as well."""
    if copy.master is not None:
        alive = {key for key, node in copy.overrides.items() if not cancelled(node)}
        if alive & exdates(copy.master):
            without_exdates(copy.master, alive)


def adopt(node: Node, old: Node | None, own: frozenset[Address]) -> Node:
    """A component of an organiser's message as the attendee keeps it: with its alarms, marks and notes from before, and
    with its answer where that is still an answer to this. Nobody else's alarms or marks are taken over."""
    node.nodes = [each.copy() for each in old.nodes if each.name == "VALARM"] if old is not None else []
    node.lines = [line for line in node.lines if not is_personal(line)]
    if old is not None:
        node.lines += [line for line in old.lines if is_personal(line)]
        kept = old.first("TRANSP")
        if kept is not None:
            node.put(kept)
    said = lines_for(old, own) if old is not None and not cancelled(old) and not rescheduled(old, node) else []
    for line in lines_for(node, own):
        if said:
            changes: dict[str, str | tuple[str, ...] | None] = {
                "PARTSTAT": participation(said[0]),
                "RSVP": said[0].param("RSVP") or None,
            }
            to = said[0].params.get("DELEGATED-TO")
            changes |= {"DELEGATED-TO": to} if to else {}
        else:
            changes = {"PARTSTAT": NEEDS_ACTION}
        replaced(node, line, with_params(line, changes))
    return node


def call_off(stored: Series | None, said: Series) -> Series:
    """A CANCEL as the word that a series or an instance is cancelled, with as much of it as is known."""
    made_of = Series(said.uid, said.component, zones=said.zones)
    if said.master is not None:
        known = stored.master if stored is not None else None
        made_of.master = _off(known if known is not None else said.master, said.master)
    for key, node in said.overrides.items():
        known = stored.at(key) if stored is not None else None
        line = node.first("RECURRENCE-ID")
        if known is None and stored is not None and stored.master is not None and line is not None:
            known = stored.instance(key, line)
        made_of.overrides[key] = _off(known if known is not None else node, node)
    return made_of


def _off(known: Node, said: Node) -> Node:
    node = Node(known.name, list(known.lines), [each.copy() for each in known.nodes])
    node.put(made("STATUS", "CANCELLED"))
    comment: Line | None = said.first("COMMENT")
    if comment is not None:
        node.put(comment)
    if node.first("DTSTART") is None and (start := node.first("RECURRENCE-ID")) is not None:
        params = {name: value for name, value in start.params.items() if name != "RANGE"}
        node.lines.append(made("DTSTART", start.value, params))
    return stamped(node, sequence_of(said), stamp_of(said))
