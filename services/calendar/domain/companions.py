"""What goes along with an event: a video meeting, and documents of drive.

In iCalendar a wish for a meeting is `X-WORKSPACE-CONFERENCE:REQUESTED`; when it can be joined, its id stands there and
its address in CONFERENCE (RFC 7986 §5.11), which other programs show. A document is an ATTACH with its id in
`X-WORKSPACE-DOCUMENT`.
"""

from dataclasses import dataclass, replace

from services.calendar.domain.objects import CalendarObject, read_object
from services.calendar.domain.objects.lines import made
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.writing import with_components

MARK = b"X-WORKSPACE-"
MEETING, DOCUMENT = "X-WORKSPACE-CONFERENCE", "X-WORKSPACE-DOCUMENT"
REQUESTED = "REQUESTED"
MAX_DOCUMENTS = 50
MAX_ID = 100


@dataclass(frozen=True)
class Companions:
    """`conference` is the id of a meeting that can be joined, `url` where."""

    requested: bool = False
    conference: str = ""
    url: str = ""
    documents: tuple[str, ...] = ()


NONE = Companions()


@dataclass(frozen=True)
class Meeting:
    """A video meeting that can be joined."""

    id: str
    url: str
    phone: str = ""
    phone_code: str = ""


def companions_of(content: bytes) -> Companions:
    """Of all components of an object."""
    if MARK not in content.upper():
        return NONE
    nodes = read_object(content, scheduling=True).nodes
    meeting = next((value for node in nodes if (value := node.value(MEETING))), "")[:MAX_ID]
    documents = dict.fromkeys(
        name
        for node in nodes
        for line in node.every("ATTACH")
        if (name := line.param(DOCUMENT).strip()) and len(name) <= MAX_ID
    )
    known = Companions(documents=tuple(documents)[:MAX_DOCUMENTS])
    if meeting.upper() == REQUESTED:
        return replace(known, requested=True)
    if not meeting:
        return known
    return replace(known, conference=meeting, url=next((url for node in nodes if (url := _address(node))), ""))


def _address(node: Node) -> str:
    return next((line.value.strip() for line in node.every("CONFERENCE") if line.param(MEETING)), "")


def joined(given: CalendarObject, meeting: Meeting) -> bytes:
    """The object with its meeting in every component, instead of the wish for one."""
    return with_components(given, [_with(node.copy(), meeting) for node in given.nodes])


def _with(node: Node, meeting: Meeting) -> Node:
    node.lines = [line for line in node.lines if line.name != MEETING and not line.param(MEETING)]
    node.lines.append(made(MEETING, meeting.id))
    shown = {"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"], "LABEL": "Visioconférence", MEETING: meeting.id}
    node.lines.append(made("CONFERENCE", meeting.url, shown))
    if meeting.phone:
        code = f",,{meeting.phone_code}" if meeting.phone_code else ""
        told = {"VALUE": "URI", "FEATURE": ["PHONE"], "LABEL": "Téléphone", MEETING: meeting.id}
        node.lines.append(made("CONFERENCE", f"tel:{meeting.phone.replace(' ', '')}{code}", told))
    return node
