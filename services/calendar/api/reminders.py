"""ReminderService."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import reminders_pb2 as pb
from workspace.calendar.v1 import reminders_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.calendar.api.messages import timestamp
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
        if not request.HasField("until"):
            raise InvalidInput("Not a time ahead", fields={"until": "is needed"})
        until = request.until.ToDatetime(UTC)
        return _reminder(await snooze_reminder(self._agenda, current_identity(), request.id, until))


def _reminder(reminder: Reminder) -> pb.Reminder:
    return pb.Reminder(
        id=reminder.id,
        event_id=reminder.event,
        calendar_id=reminder.calendar,
        summary=reminder.summary,
        location=reminder.location,
        start=_moment(reminder.start),
        end=_moment(reminder.end),
        all_day=reminder.all_day,
        due_at=_moment(reminder.due_at),
    )


def _moment(seconds: int) -> Any:
    return timestamp(datetime.fromtimestamp(seconds, UTC))
