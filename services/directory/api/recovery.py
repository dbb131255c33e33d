"""RecoveryService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import recovery_pb2 as pb
from workspace.directory.v1 import recovery_pb2_grpc as rpc

from services.directory.api.remote import remote_address
from services.directory.api.second import second_of
from services.directory.usecases.context import Directory
from services.directory.usecases.one_time_codes import confirm_reset
from services.directory.usecases.recovery_address import (
    confirm_recovery_address,
    remove_recovery_address,
    set_recovery_address,
)
from services.directory.usecases.start_reset import start_reset


class RecoveryServicer(rpc.RecoveryServiceServicer):
    """How a lost password is replaced without the help desk."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def SetRecoveryAddress(self, request: pb.SetRecoveryAddressRequest, context: Any) -> Empty:
        await set_recovery_address(self._directory, request.address)
        return Empty()

    async def ConfirmRecoveryAddress(self, request: pb.ConfirmRecoveryAddressRequest, context: Any) -> Empty:
        await confirm_recovery_address(self._directory, request.code, remote_address(context))
        return Empty()

    async def RemoveRecoveryAddress(self, request: pb.RemoveRecoveryAddressRequest, context: Any) -> Empty:
        await remove_recovery_address(self._directory)
        return Empty()

    async def StartReset(self, request: pb.StartResetRequest, context: Any) -> Empty:
        await start_reset(self._directory, request.address)
        return Empty()

    async def ConfirmReset(self, request: pb.ConfirmResetRequest, context: Any) -> Empty:
        await confirm_reset(self._directory, request.challenge, second_of(request), remote_address(context))
        return Empty()
