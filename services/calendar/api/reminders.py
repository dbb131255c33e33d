"""ReminderService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.calendar.v1 import reminders_pb2 as pb
from workspace.calendar.v1 import reminders_pb2_grpc as rpc

from chassis.identity import current_identity
from chassis.rpc.moments import moment_given
from services.calendar.domain.reminders import Reminder
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.reminders import (
    acknowledge_reminders,
    dismiss_reminder,
    list_reminders,
    snooze_reminder,
)


class ReminderApi(rpc.ReminderServiceServicer):
    """The caller's own reminders."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListReminders(self, request: pb.ListRemindersRequest, context: Any) -> pb.ListRemindersResponse:
        found = await list_reminders(self._agenda, current_identity(), request.device_id)
        return pb.ListRemindersResponse(reminders=map(_reminder, found))

    async def AcknowledgeReminders(self, request: pb.AcknowledgeRemindersRequest, context: Any) -> Empty:
        await acknowledge_reminders(self._agenda, current_identity(), request.device_id, list(request.ids))
        return Empty()

    async def DismissReminder(self, request: pb.DismissReminderRequest, context: Any) -> Empty:
        await dismiss_reminder(self._agenda, current_identity(), request.id)
        return Empty()

    async def SnoozeReminder(self, request: pb.SnoozeReminderRequest, context: Any) -> pb.Reminder:
        until = moment_given(request, "until")
        return _reminder(await snooze_reminder(self._agenda, current_identity(), request.id, until))


def _reminder(reminder: Reminder) -> pb.Reminder:
    return pb.Reminder(
        id=reminder.id,
        event_id=reminder.event,
        calendar_id=reminder.calendar,
        summary=reminder.summary,
        location=reminder.location,
        start=Timestamp(seconds=reminder.start),
        end=Timestamp(seconds=reminder.end),
        all_day=reminder.all_day,
        due_at=Timestamp(seconds=reminder.due_at),
    )
