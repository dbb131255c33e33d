"""DepartureService."""

from typing import Any

from workspace.directory.v1 import life_pb2 as pb
from workspace.directory.v1 import life_pb2_grpc as rpc

from chassis.errors import NotFound
from services.directory.api.messages import timestamp
from services.directory.domain.accounts import Account
from services.directory.usecases.authority import NO_ACCOUNT
from services.directory.usecases.context import Directory
from services.directory.usecases.depart_account import depart_account, get_departing


class DepartureServicer(rpc.DepartureServiceServicer):
    """Agents who leave."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def DepartAccount(self, request: pb.DepartAccountRequest, context: Any) -> pb.Departure:
        return departure_message(await depart_account(self._directory, request.id, request.successor_id))

    async def GetDeparture(self, request: pb.GetDepartureRequest, context: Any) -> pb.Departure:
        return departure_message(await get_departing(self._directory, request.id))


def departure_message(account: Account) -> pb.Departure:
    if account.departure is None:
        raise NotFound(NO_ACCOUNT)
    return pb.Departure(
        account_id=account.id,
        departed_at=timestamp(account.departure.at),
        delete_at=timestamp(account.departure.delete_at),
        successor_id=account.departure.successor_id,
    )
