"""LockService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import locks_pb2 as pb
from workspace.calendar.v1 import locks_pb2_grpc as rpc

from chassis.identity import current_identity
from services.calendar.api.messages import lock_message
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.locks import Wanted, refresh_lock, release_lock, take_lock


class LockApi(rpc.LockServiceServicer):
    """Locks of calendars and of what is in them."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def TakeLock(self, request: pb.TakeLockRequest, context: Any) -> pb.Lock:
        wanted = Wanted(
            request.name, request.shared, request.infinite, request.owner, request.seconds, tuple(request.lock_tokens)
        )
        lock = await take_lock(self._agenda, current_identity(), request.calendar_id, wanted)
        return lock_message(lock, self._agenda.now())

    async def RefreshLock(self, request: pb.RefreshLockRequest, context: Any) -> pb.Lock:
        lock = await refresh_lock(self._agenda, current_identity(), request.calendar_id, request.token, request.seconds)
        return lock_message(lock, self._agenda.now())

    async def ReleaseLock(self, request: pb.ReleaseLockRequest, context: Any) -> Empty:
        await release_lock(self._agenda, current_identity(), request.calendar_id, request.token)
        return Empty()
