"""What a message does to a stored object, as values: whoever stores and tells decides by their kind."""

from dataclasses import dataclass, field

from services.calendar.domain.itip.messages import Message
from services.calendar.domain.objects.addresses import Address
from services.calendar.domain.objects.reading import CalendarObject


@dataclass(frozen=True)
class Sender:
    """Who a message comes from, as far as its way here proves it.

    Inside: the account's addresses, with those it may speak for, and nothing else is asked. From outside: the address
    in From, which counts only where DMARC passed (`dmarc`) or its domain is proven (`proven_domains`)."""

    addresses: frozenset[Address]
    inside: bool = False
    proven_domains: frozenset[str] = frozenset()
    dmarc: bool = False


@dataclass(frozen=True)
class Created:
    """Somebody is invited to something new. `sent_by` wrote it for the organiser (SENT-BY); empty: it did itself."""

    object: CalendarObject
    sent_by: Address = ""


@dataclass(frozen=True)
class Updated:
    """The copy is another now. `rescheduled`: what the recipient had said does not count any more."""

    object: CalendarObject
    rescheduled: bool
    was: CalendarObject = field(repr=False)


@dataclass(frozen=True)
class Cancelled:
    """All of it, or the instances of `recurrence_ids`, is off. The copy stays and says so (STATUS:CANCELLED)."""

    object: CalendarObject
    recurrence_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Foretold:
    """A cancellation of what is not here: its invitation may be on its way. Kept where nobody sees it, such as the
    scheduling inbox, as what is `stored` when that comes; the invitation is then ignored as stale."""

    object: CalendarObject


@dataclass(frozen=True)
class Answered:
    """An attendee said whether it comes. `crasher`: nobody had invited it. `delegates` have been added for it."""

    object: CalendarObject
    attendee: Address
    participation: str
    recurrence_ids: tuple[str, ...] = ()
    comment: str = ""
    crasher: bool = False
    delegates: tuple[Address, ...] = ()
    sent_by: Address = ""


@dataclass(frozen=True)
class Proposed:
    """An attendee would rather have it otherwise (COUNTER). Nothing is changed: the organiser looks at it. Times are as
    iCalendar writes them, with the zone's name beside; empty where the proposal does not say."""

    attendee: Address
    start: str
    end: str
    zone: str
    recurrence_id: str
    comment: str
    proposal: CalendarObject = field(repr=False)


@dataclass(frozen=True)
class ProposalDeclined:
    """The organiser does not take up a proposal: it stays as it was (DECLINECOUNTER)."""

    comment: str
    recurrence_id: str = ""


@dataclass(frozen=True)
class Refreshed:
    """An attendee asked for how it stands: the messages to send it."""

    messages: tuple[Message, ...]


@dataclass(frozen=True)
class NeedsRefresh:
    """The message is about what is not here: ask the organiser for the whole by these messages."""

    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Published:
    """Somebody makes something known (PUBLISH): it goes into nobody's calendar unless that one asks for it."""

    object: CalendarObject


@dataclass(frozen=True)
class Ignored:
    """There is nothing to do: `stale`, `repeated`, `unknown`, `no_such_instance`, `cancelled`."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """It may not do that: `spoofed`, `not_the_organizer`, `another_organizer`, `no_organizer`, `not_invited`,
    `no_attendee`, `participation`, `no_start`, `method`, `component`, `uid`, `principal`."""

    reason: str


Outcome = (
    Created
    | Updated
    | Cancelled
    | Foretold
    | Answered
    | Proposed
    | ProposalDeclined
    | Refreshed
    | NeedsRefresh
    | Published
    | Ignored
    | Refused
)
