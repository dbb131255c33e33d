"""A series that is cut in two: what ends goes on as another of a UID of its own, which says whence it comes
(RELATED-TO with RELTYPE=SIBLING, RFC 5545 §3.2.15). Who had answered the first has answered the second where that only
says other words: another time, another rule asks anew (RFC 5546 §2.1.4, §3.2.2; RFC 6638 §3.2.8).
"""

from services.calendar.domain.itip.people import lines_for, participation, replaced, with_params
from services.calendar.domain.itip.series import Series, cancelled
from services.calendar.domain.objects.addresses import Address

SIBLING = "SIBLING"


def sibling_of(series: Series) -> str:
    """The UID of the series that it goes on from; empty for none."""
    lines = series.master.every("RELATED-TO") if series.master is not None else []
    return next((line.text for line in lines if line.param("RELTYPE").upper() == SIBLING), "")


def answer_as_before(copy: Series, said: Series, sibling: Series, own: frozenset[Address]) -> None:
    """What an attendee had answered to `sibling` counts in its new copy where the organiser says the same of it in
    `said`; its own alarms go on too."""
    if sibling.organizer != said.organizer or sibling.master is None:
        return
    for key, node in copy.parts():
        asked, old = said.at(key), sibling.at(key) or sibling.master
        if asked is None or cancelled(old):
            continue
        node.nodes += [each.copy() for each in old.nodes if each.name == "VALARM"]
        answers = {participation(line) for line in lines_for(old, own)}
        kept = {participation(line) for line in lines_for(asked, own)} & answers
        for line in lines_for(node, own):
            if len(kept) == 1:
                replaced(node, line, with_params(line, {"PARTSTAT": next(iter(kept))}))
