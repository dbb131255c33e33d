"""Scheduling (iTIP, RFC 5546; RFC 6638): what a change asks to be told, and what a message does to it. No I/O."""

from services.calendar.domain.itip.addresses import Address, Resolver, address_of
from services.calendar.domain.itip.answers import Attended, AttendeeChangeRefused, attended, reply_for
from services.calendar.domain.itip.changes import Organised, messages_for, organised
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
from services.calendar.domain.itip.status import with_status

__all__ = [
    "Address",
    "Answered",
    "Attended",
    "AttendeeChangeRefused",
    "Cancelled",
    "Created",
    "Foretold",
    "Ignored",
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
    "Sender",
    "Updated",
    "address_of",
    "attended",
    "counter_for",
    "decline_counter",
    "messages_for",
    "organised",
    "received",
    "reply_for",
    "with_status",
]
