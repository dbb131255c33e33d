"""FunctionMailboxService."""

from typing import Any

from workspace.mail.v1 import functions_pb2 as pb
from workspace.mail.v1 import functions_pb2_grpc

from chassis.identity import current_identity
from services.mail.api.units import Units, administered
from services.mail.usecases import Mail
from services.mail.usecases.ended_functions import Ended, hand_over_ended, list_ended


class FunctionMailboxApi(functions_pb2_grpc.FunctionMailboxServiceServicer):
    """What ended functions keep. A unit that somebody does not administer is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def ListEndedFunctions(
        self, request: pb.ListEndedFunctionsRequest, context: Any
    ) -> pb.ListEndedFunctionsResponse:
        await administered(self._units, request.unit_id)
        found, after = await list_ended(self._mail, request.unit_id, request.page_token)
        return pb.ListEndedFunctionsResponse(functions=map(_told, found), next_page_token=after)

    async def HandOverFunctionMailbox(
        self, request: pb.HandOverFunctionMailboxRequest, context: Any
    ) -> pb.EndedFunction:
        return _told(await hand_over_ended(self._mail, current_identity(), request.function_id, request.successor))


def _told(ended: Ended) -> pb.EndedFunction:
    return pb.EndedFunction(
        function_id=ended.function.id,
        address=ended.function.former_address,
        messages=ended.usage.messages,
        octets=ended.usage.octets,
        successor_id=ended.successor_id,
    )
