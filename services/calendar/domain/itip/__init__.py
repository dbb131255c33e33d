"""Scheduling (iTIP, RFC 5546; RFC 6638): what a change asks to be told, and what a message does to it. No I/O."""

from services.calendar.domain.itip.addresses import Address, Resolver, address_of
from services.calendar.domain.itip.answers import Attended, AttendeeChangeRefused, attended, reply_for
from services.calendar.domain.itip.changes import Organised, messages_for, organised
from services.calendar.domain.itip.inbox import (
    Busy,
    FreeBusyRequest,
    InboxEntry,
    ResponsePart,
    freebusy_response,
    inbox_entry,
    read_freebusy_request,
)
from services.calendar.domain.itip.messages import Message
from services.calendar.domain.itip.outcomes import (
    Answered,
    Cancelled,
    Created,
    Foretold,
    Ignored,
    NeedsRefresh,
    Outcome,
    ProposalDeclined,
    Proposed,
    Published,
    Refreshed,
    Refused,
    Sender,
    Updated,
)
from services.calendar.domain.itip.proposals import counter_for, decline_counter
from services.calendar.domain.itip.receive import received
from services.calendar.domain.itip.status import undelivered, with_status
from services.calendar.domain.itip.words import Letter, letter_for

__all__ = [
    "Address",
    "Answered",
    "Attended",
    "AttendeeChangeRefused",
    "Busy",
    "Cancelled",
    "Created",
    "Foretold",
    "FreeBusyRequest",
    "Ignored",
    "InboxEntry",
    "Letter",
    "Message",
    "NeedsRefresh",
    "Organised",
    "Outcome",
    "ProposalDeclined",
    "Proposed",
    "Published",
    "Refreshed",
    "Refused",
    "Resolver",
    "ResponsePart",
    "Sender",
    "Updated",
    "address_of",
    "attended",
    "counter_for",
    "decline_counter",
    "freebusy_response",
    "inbox_entry",
    "letter_for",
    "messages_for",
    "organised",
    "read_freebusy_request",
    "received",
    "reply_for",
    "undelivered",
    "with_status",
]
