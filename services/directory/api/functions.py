"""FunctionService."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import functions_pb2 as pb
from workspace.directory.v1 import functions_pb2_grpc as rpc

from services.directory.api.groups import account_member
from services.directory.api.messages import timestamp
from services.directory.domain.functions import Function
from services.directory.usecases.assign_function import assign_function
from services.directory.usecases.context import Directory
from services.directory.usecases.create_function import create_function
from services.directory.usecases.delete_function import delete_function
from services.directory.usecases.get_function import get_function
from services.directory.usecases.list_functions import list_functions
from services.directory.usecases.seeing_holders import Held, seen
from services.directory.usecases.update_function import update_function


class FunctionServicer(rpc.FunctionServiceServicer):
    """Functions of units."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateFunction(self, request: pb.CreateFunctionRequest, context: Any) -> pb.Function:
        return await self._seen(await create_function(self._directory, _given(request.function)))

    async def GetFunction(self, request: pb.GetFunctionRequest, context: Any) -> pb.Function:
        return _message(await get_function(self._directory, request.id))

    async def ListFunctions(self, request: pb.ListFunctionsRequest, context: Any) -> pb.ListFunctionsResponse:
        page, following = await list_functions(self._directory, request.unit_id, request.page_size, request.page_token)
        return pb.ListFunctionsResponse(functions=map(_message, page), next_page_token=following)

    async def UpdateFunction(self, request: pb.UpdateFunctionRequest, context: Any) -> pb.Function:
        fields = list(request.update_mask.paths)
        return await self._seen(await update_function(self._directory, _given(request.function), fields))

    async def AssignFunction(self, request: pb.AssignFunctionRequest, context: Any) -> pb.Function:
        assigned = await assign_function(self._directory, request.id, request.holder_ids, request.version)
        return await self._seen(assigned)

    async def DeleteFunction(self, request: pb.DeleteFunctionRequest, context: Any) -> Empty:
        await delete_function(self._directory, request.id)
        return Empty()

    async def _seen(self, function: Function) -> pb.Function:
        return _message(await seen(self._directory, function))


def _message(held: Held) -> pb.Function:
    function = held.function
    return pb.Function(
        id=function.id,
        address=function.address,
        title=function.title,
        unit_id=function.unit_id,
        holder_ids=[account.id for account in held.holders],
        holders=[account_member(account) for account in held.holders],
        fallback_id=held.fallback.id if held.fallback is not None else "",
        vacant=not function.holders,
        version=function.version,
        changed_at=timestamp(function.changed_at),
        own_mailbox=function.own_mailbox,
    )


def _given(message: pb.Function) -> Function:
    """What a client may say of a function, as it says it."""
    never = datetime.fromtimestamp(0, UTC)
    return Function(
        id=message.id,
        address=message.address,
        title=message.title,
        unit_id=message.unit_id,
        created_at=never,
        changed_at=never,
        holders=tuple(message.holder_ids),
        fallback_id=message.fallback_id,
        own_mailbox=message.own_mailbox,
    )
