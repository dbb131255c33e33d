"""An object as a calendar keeps it: the octets under a name, and beside them what was computed of them once."""

from dataclasses import dataclass, field
from datetime import datetime

from services.calendar.domain.objects import ComponentFacts, Facts, Occurrence
from services.calendar.domain.packed import Occurrences


@dataclass(frozen=True)
class Stored:
    """`content` is empty where it was not read. `etag` is of the octets; `schedule_tag` changes only with what a
    scheduling client has to see (RFC 6638 §3.2.10), and is empty for what is nobody's meeting."""

    owner: str
    id: str
    # The whole id of the calendar that it is in.
    calendar: str
    name: str
    modseq: int
    updated_at: datetime
    etag: str
    octets: int
    facts: Facts
    content: bytes = field(default=b"", repr=False)
    schedule_tag: str = ""
    # Seconds of its longest instance.
    longest: int = 0
    # Ids of the files that it carries: not all that it names (`usecases/attachments/vouching.py`).
    attached: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """By which REST names it."""
        return f"{self.owner}.{self.id}"

    @property
    def is_off(self) -> bool:
        """Whether all of it is called off."""
        return all(each.status == "CANCELLED" for each in self.facts.components)

    @property
    def uid(self) -> str:
        return self.facts.uid

    def occurrences_between(self, start: int, end: int) -> list[Occurrence]:
        """Instances that touch a window, as far as they are known (`facts.until`)."""
        occurrences = Occurrences.of(self.facts.occurrences)
        longest = self.longest or max((each.end - each.start for each in occurrences), default=0)
        return occurrences.between(start, end, longest)

    def known_until(self, end: int) -> bool:
        """Whether all instances before a moment are known."""
        return self.facts.until is None or self.facts.until >= end


def takes_time(component: ComponentFacts, kind: str) -> bool:
    """RFC 5545 §3.8.2.7: what is opaque and is not off."""
    return kind == "VEVENT" and not component.transparent and component.status != "CANCELLED"
