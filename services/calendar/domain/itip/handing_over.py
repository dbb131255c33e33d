"""A meeting as whoever succeeds its organiser invites to it."""

from collections.abc import Iterable

from services.calendar.domain.itip.people import NEEDS_ACTION, organizer_of, with_params
from services.calendar.domain.itip.series import series_of
from services.calendar.domain.objects.addresses import Address, uri_of, who
from services.calendar.domain.objects.lines import Line, made
from services.calendar.domain.objects.reading import CalendarObject

_OF_BEFORE = frozenset({"SEQUENCE", "ORGANIZER"})


def handed_to(thing: CalendarObject, uid: str, address: Address, name: str, own: Iterable[Address]) -> bytes:
    """Under another UID, organised by `address`; everybody else is asked anew. The former organiser attends no more,
    and the successor, who is one of `own`, does."""
    mine = frozenset(own)
    series = series_of(thing)
    series.uid = uid
    for node in series.nodes():
        former = organizer_of(node)
        lines = [
            line for line in node.lines if line.name not in _OF_BEFORE and not line.name.startswith("X-WORKSPACE-")
        ]
        node.lines = [each for line in lines if (each := _asked(line, former, mine)) is not None]
        node.put(made("UID", uid))
        params: dict[str, str | tuple[str, ...]] = {"CN": name} if name else {}
        node.lines += [
            made("ORGANIZER", uri_of(address), params),
            made("ATTENDEE", uri_of(address), {**params, "PARTSTAT": "ACCEPTED"}),
        ]
    return series.octets()


def _asked(line: Line, former: Address, own: frozenset[Address]) -> Line | None:
    if line.name != "ATTENDEE":
        return line
    if who(line) == former or who(line) in own:
        return None
    changes = {"PARTSTAT": NEEDS_ACTION, "RSVP": "TRUE", "SCHEDULE-STATUS": None, "SENT-BY": None}
    return with_params(line, changes)
