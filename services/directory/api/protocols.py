"""ProtocolService."""

from typing import Any

from workspace.directory.v1 import protocols_pb2 as pb
from workspace.directory.v1 import protocols_pb2_grpc as rpc

from chassis.errors import Forbidden
from chassis.rpc import calling_service
from services.directory.usecases.context import Directory
from services.directory.usecases.create_protocol_token import create_protocol_token


class ProtocolServicer(rpc.ProtocolServiceServicer):
    """For the gateway's edges alone: other services verify passwords and need no token."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateProtocolToken(self, request: pb.CreateProtocolTokenRequest, context: Any) -> pb.ProtocolToken:
        if calling_service() != "gateway":
            raise Forbidden("For the gateway only")
        tokens = await create_protocol_token(
            self._directory, request.address, request.password, request.protocol, request.remote_address[:64]
        )
        return pb.ProtocolToken(access_token=tokens.access_token, expires_in=tokens.expires_in)
