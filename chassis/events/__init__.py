"""Facts between services: outbox, dispatcher, consumers, timers, live notifications, and the embedded broker."""

from workspace.events.v1.envelope_pb2 import Envelope

from chassis.events.announcing import Announcer
from chassis.events.dispatcher import Dispatcher
from chassis.events.envelopes import fact_as, fact_in, parse_envelope
from chassis.events.failures import INDEXES, DeadLetter, DeadLetters
from chassis.events.listening import Listener, Page, announces, every, hears
from chassis.events.notifications import Notifications
from chassis.events.outbox import Fact, document_with_facts, fact, outbox_index, with_facts
from chassis.events.projections import apply_version
from chassis.events.publishing import EVERYBODY
from chassis.events.worker import WorkerPart

__all__ = [
    "EVERYBODY",
    "INDEXES",
    "Announcer",
    "DeadLetter",
    "DeadLetters",
    "Dispatcher",
    "Envelope",
    "Fact",
    "Listener",
    "Notifications",
    "Page",
    "WorkerPart",
    "announces",
    "apply_version",
    "document_with_facts",
    "every",
    "fact",
    "fact_as",
    "fact_in",
    "hears",
    "outbox_index",
    "parse_envelope",
    "with_facts",
]
