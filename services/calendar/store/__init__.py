"""Calendar's documents: the only place that knows MongoDB."""

from chassis.blobs import blob_indexes
from chassis.events import outbox_index
from services.calendar.store.appointments import AppointmentStore
from services.calendar.store.attachments import AttachmentStore
from services.calendar.store.calendars import CalendarStore
from services.calendar.store.delegations import DelegationStore
from services.calendar.store.departures import DepartureStore
from services.calendar.store.emptying import EmptyingStore
from services.calendar.store.handovers import HandoverStore
from services.calendar.store.hours import HoursStore
from services.calendar.store.objects import ObjectStore
from services.calendar.store.polls import PollStore
from services.calendar.store.preferences import PreferenceStore
from services.calendar.store.publications import PublicationStore
from services.calendar.store.reminders import ReminderStore
from services.calendar.store.resources import ResourceStore
from services.calendar.store.scheduling import SchedulingStore
from services.calendar.store.subscriptions import SubscriptionStore

__all__ = [
    "INDEXES",
    "WITH_FACTS",
    "AppointmentStore",
    "AttachmentStore",
    "CalendarStore",
    "DelegationStore",
    "DepartureStore",
    "EmptyingStore",
    "HandoverStore",
    "HoursStore",
    "ObjectStore",
    "PollStore",
    "PreferenceStore",
    "PublicationStore",
    "ReminderStore",
    "ResourceStore",
    "SchedulingStore",
    "SubscriptionStore",
]

INDEXES = (
    *CalendarStore.indexes,
    *EmptyingStore.indexes,
    *ObjectStore.indexes,
    *PollStore.indexes,
    *PreferenceStore.indexes,
    *DelegationStore.indexes,
    *PublicationStore.indexes,
    *AppointmentStore.indexes,
    *DepartureStore.indexes,
    *HandoverStore.indexes,
    *SubscriptionStore.indexes,
    *ReminderStore.indexes,
    *ResourceStore.indexes,
    *SchedulingStore.indexes,
    *AttachmentStore.indexes,
    *blob_indexes(),
)
WITH_FACTS = tuple(index.collection for index in INDEXES if index == outbox_index(index.collection))
