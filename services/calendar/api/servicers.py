"""Every servicer of the api, and what adds it to a server."""

from collections.abc import Callable
from typing import Any

from workspace.calendar.v1 import (
    appointments_pb2_grpc,
    attachments_pb2_grpc,
    availability_pb2_grpc,
    calendars_pb2_grpc,
    handovers_pb2_grpc,
    locks_pb2_grpc,
    objects_pb2_grpc,
    polls_pb2_grpc,
    publications_pb2_grpc,
    reminders_pb2_grpc,
    resources_pb2_grpc,
    schedule_pb2_grpc,
    scheduling_pb2_grpc,
    sharing_pb2_grpc,
    slots_pb2_grpc,
    subscriptions_pb2_grpc,
    tasks_pb2_grpc,
    teams_pb2_grpc,
    transfers_pb2_grpc,
)

from services.calendar.api.appointments import AppointmentApi
from services.calendar.api.attachments import EventAttachmentApi, ManagedAttachmentApi
from services.calendar.api.availability import AvailabilityApi
from services.calendar.api.calendars import CalendarApi
from services.calendar.api.handovers import HandoverApi
from services.calendar.api.locks import LockApi
from services.calendar.api.objects import ObjectApi
from services.calendar.api.polls import PollApi
from services.calendar.api.publications import PublicationApi
from services.calendar.api.reminders import ReminderApi
from services.calendar.api.resources import ResourceApi
from services.calendar.api.schedule import EventApi
from services.calendar.api.scheduling import SchedulingApi
from services.calendar.api.sharing import SharingApi
from services.calendar.api.slots import SlotApi
from services.calendar.api.subscriptions import SubscriptionApi
from services.calendar.api.tasks import TaskApi
from services.calendar.api.teams import TeamApi
from services.calendar.api.transfers import TransferApi
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.manage_resources import Units


def servicers(agenda: Agenda, units: Units) -> list[tuple[Callable[[Any, Any], None], Any]]:
    return [
        (attachments_pb2_grpc.add_ManagedAttachmentServiceServicer_to_server, ManagedAttachmentApi(agenda)),
        (attachments_pb2_grpc.add_EventAttachmentServiceServicer_to_server, EventAttachmentApi(agenda)),
        (availability_pb2_grpc.add_AvailabilityServiceServicer_to_server, AvailabilityApi(agenda)),
        (calendars_pb2_grpc.add_CalendarServiceServicer_to_server, CalendarApi(agenda)),
        (handovers_pb2_grpc.add_HandoverServiceServicer_to_server, HandoverApi(agenda)),
        (locks_pb2_grpc.add_LockServiceServicer_to_server, LockApi(agenda)),
        (objects_pb2_grpc.add_ObjectServiceServicer_to_server, ObjectApi(agenda)),
        (subscriptions_pb2_grpc.add_SubscriptionServiceServicer_to_server, SubscriptionApi(agenda)),
        (appointments_pb2_grpc.add_AppointmentServiceServicer_to_server, AppointmentApi(agenda)),
        (publications_pb2_grpc.add_PublicationServiceServicer_to_server, PublicationApi(agenda)),
        (polls_pb2_grpc.add_PollServiceServicer_to_server, PollApi(agenda)),
        (reminders_pb2_grpc.add_ReminderServiceServicer_to_server, ReminderApi(agenda)),
        (sharing_pb2_grpc.add_CalendarSharingServiceServicer_to_server, SharingApi(agenda)),
        (resources_pb2_grpc.add_ResourceServiceServicer_to_server, ResourceApi(agenda, units)),
        (teams_pb2_grpc.add_TeamServiceServicer_to_server, TeamApi(agenda, units)),
        (slots_pb2_grpc.add_SlotServiceServicer_to_server, SlotApi(agenda, units)),
        (schedule_pb2_grpc.add_EventServiceServicer_to_server, EventApi(agenda)),
        (tasks_pb2_grpc.add_TaskServiceServicer_to_server, TaskApi(agenda)),
        (transfers_pb2_grpc.add_TransferServiceServicer_to_server, TransferApi(agenda)),
        (scheduling_pb2_grpc.add_SchedulingServiceServicer_to_server, SchedulingApi(agenda)),
    ]
