"""What others see of an event that is private to its owner: that the time is taken (RFC 5545 §3.8.1.3)."""

from dataclasses import replace

from chassis.errors import Forbidden
from services.calendar.domain.access import Access
from services.calendar.domain.objects import ComponentFacts, Facts, read_object, serialise
from services.calendar.domain.objects.lines import made_text
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.writing import by_tzid
from services.calendar.domain.portable import WHEN
from services.calendar.domain.stored import Stored

HIDDEN = "Occupé"
# When it is, and that it is not free: what stays of a component.
_KEPT = WHEN | {"CLASS"}


def is_private(component: ComponentFacts) -> bool:
    return component.classification != "PUBLIC"


def hides(stored: Stored, access: Access) -> bool:
    """Whether something of it, the series or an instance, is private and not shown to who has this access."""
    return not access.sees_private and any(map(is_private, stored.facts.components))


def check_shown(stored: Stored, access: Access) -> None:
    """Who sees a busy time alone would write that over what is there. Raises `Forbidden`."""
    if hides(stored, access):
        raise Forbidden("It is private to its owner", fields={"visibility": "private"})


def private_parts(facts: Facts) -> list[bool]:
    """Which components are private: all where the master is, since an override of a secret is one."""
    return [is_private(each) or is_private(facts.components[0]) for each in facts.components]


def busy_only(stored: Stored) -> Stored:
    """An object whose private components say nothing but when they are."""
    facts = stored.facts
    private = private_parts(facts)
    hidden = replace(
        facts,
        components=tuple(
            bare_facts(each) if secret else each for each, secret in zip(facts.components, private, strict=True)
        ),
        alarms=(),
        terms=() if any(private) else facts.terms,
    )
    return replace(stored, facts=hidden, content=_hidden(stored.content, private), schedule_tag="")


def bare_facts(component: ComponentFacts) -> ComponentFacts:
    """The same of what an index has of a component."""
    return ComponentFacts(
        summary=HIDDEN,
        status=component.status,
        transparent=component.transparent,
        busy=component.busy,
        classification=component.classification,
        sequence=component.sequence,
        stamp=component.stamp,
        all_day=component.all_day,
        floating=component.floating,
        time_zone=component.time_zone,
        recurrence=component.recurrence,
        onward=component.onward,
    )


def _hidden(content: bytes, private: list[bool]) -> bytes:
    if not content:
        return content
    given = read_object(content, scheduling=True)
    nodes = [_bare(node) if secret else node for node, secret in zip(given.nodes, private, strict=True)]
    # Nothing that stood around them: programs may keep there what an event is about.
    return serialise(*nodes, zones=by_tzid(given.zone_nodes))


def _bare(node: Node) -> Node:
    kept = [line for line in node.lines if line.name in _KEPT]
    return Node(node.name, [*kept, made_text("SUMMARY", HIDDEN)], [])
