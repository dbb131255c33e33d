"""ScheduledService."""

from typing import Any

from workspace.mail.v1 import scheduled_pb2, scheduled_pb2_grpc

from chassis.identity import current_identity
from chassis.rpc.moments import moment_or_none
from services.mail.store.awaiting import Awaiting
from services.mail.store.held import Held
from services.mail.usecases import Mail
from services.mail.usecases.await_approval import list_own_awaiting
from services.mail.usecases.hold import cancel_held, list_held, reschedule_held


class ScheduledApi(scheduled_pb2_grpc.ScheduledServiceServicer):
    """What the caller has sent and is held."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListScheduled(
        self, request: scheduled_pb2.ListScheduledRequest, context: Any
    ) -> scheduled_pb2.ListScheduledResponse:
        owner = current_identity().account_id
        held = map(_message, await list_held(self._mail, owner))
        awaiting = map(_awaiting, await list_own_awaiting(self._mail, owner))
        return scheduled_pb2.ListScheduledResponse(messages=[*held, *awaiting])

    async def CancelScheduled(
        self, request: scheduled_pb2.CancelScheduledRequest, context: Any
    ) -> scheduled_pb2.CancelScheduledResponse:
        draft = await cancel_held(self._mail, current_identity().account_id, request.id)
        return scheduled_pb2.CancelScheduledResponse(message_id=draft)

    async def RescheduleScheduled(
        self, request: scheduled_pb2.RescheduleScheduledRequest, context: Any
    ) -> scheduled_pb2.ScheduledMessage:
        at = moment_or_none(request, "send_at")
        return _message(await reschedule_held(self._mail, current_identity().account_id, request.id, at))


def _message(held: Held) -> scheduled_pb2.ScheduledMessage:
    accepted = held.accepted
    message = scheduled_pb2.ScheduledMessage(
        id=held.id,
        recipients=[*(each.address for each in accepted.local), *accepted.foreign],
        subject=held.subject,
        size=held.size,
    )
    message.send_at.FromDatetime(held.release_at)
    message.submitted_at.FromDatetime(accepted.at)
    return message


def _awaiting(letter: Awaiting) -> scheduled_pb2.ScheduledMessage:
    message = _message(letter.held)
    message.approval_until.FromDatetime(letter.expires)
    return message
