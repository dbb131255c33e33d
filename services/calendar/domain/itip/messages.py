"""A scheduling message that we send (RFC 5546 §3.2): to whom, and what the letter beside it speaks of."""

from dataclasses import dataclass, field

from services.calendar.domain.itip.series import Series, stamped
from services.calendar.domain.objects.addresses import Address, who
from services.calendar.domain.objects.lines import made
from services.calendar.domain.objects.tree import Node

MAX_RECIPIENTS = 1_000


@dataclass(frozen=True)
class Message:
    """`content` is the iCalendar object. `series` is the same read, `was` what its recipients had been told before, for
    the words of a letter. `recurrence_ids` are those of single instances; empty where it is about the whole."""

    method: str
    recipients: tuple[Address, ...]
    content: bytes = field(repr=False)
    uid: str
    summary: str
    sequence: int
    series: Series = field(repr=False)
    recurrence_ids: tuple[str, ...] = ()
    was: Series | None = field(default=None, repr=False)
    comment: str = ""


def message(
    method: str, recipients: list[Address], series: Series, *, was: Series | None = None, comment: str = ""
) -> list[Message]:
    """One for each 1,000 recipients."""
    content = series.octets(method)
    ids = () if series.master is not None else tuple(node.value("RECURRENCE-ID") for node in series.overrides.values())
    groups = [tuple(recipients[at : at + MAX_RECIPIENTS]) for at in range(0, len(recipients), MAX_RECIPIENTS)]
    return [
        Message(method, group, content, series.uid, series.summary, series.sequence, series, ids, was, comment)
        for group in groups
    ]


_IN_CANCEL = frozenset(
    {
        "UID", "RECURRENCE-ID", "DTSTART", "DTEND", "DUE", "DURATION", "ORGANIZER", "SUMMARY", "LOCATION", "COMMENT",
        "SEQUENCE", "DTSTAMP", "RRULE", "RDATE",
    }
)  # fmt: skip


def cancel_of(node: Node, recipients: list[Address], sequence: int, stamp: int, *, whole: bool) -> Node:
    """RFC 5546 §3.2.5: it names whom it is for; STATUS says that there is nothing left for anybody."""
    wanted = frozenset(recipients)
    lines = [ln for ln in node.lines if ln.name in _IN_CANCEL or (ln.name == "ATTENDEE" and who(ln) in wanted)]
    made_of = Node(node.name, lines, [])
    if whole:
        made_of.put(made("STATUS", "CANCELLED"))
    return stamped(made_of, sequence, stamp)
