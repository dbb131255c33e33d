"""UnitService."""

from typing import Any

from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import directory_pb2_grpc as rpc

from services.directory.api.messages import kind_given, unit_message
from services.directory.usecases.context import Directory
from services.directory.usecases.create_unit import create_unit
from services.directory.usecases.get_unit import get_unit
from services.directory.usecases.list_units import list_units
from services.directory.usecases.update_unit import update_unit


class UnitServicer(rpc.UnitServiceServicer):
    """The tree of ministries, directorates and offices."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateUnit(self, request: pb.CreateUnitRequest, context: Any) -> pb.Unit:
        wanted = request.unit
        return unit_message(await create_unit(self._directory, wanted.name, kind_given(wanted.kind), wanted.parent_id))

    async def GetUnit(self, request: pb.GetUnitRequest, context: Any) -> pb.Unit:
        return unit_message(await get_unit(self._directory, request.id))

    async def ListUnits(self, request: pb.ListUnitsRequest, context: Any) -> pb.ListUnitsResponse:
        page, following = await list_units(self._directory, request.parent_id, request.page_size, request.page_token)
        return pb.ListUnitsResponse(units=map(unit_message, page), next_page_token=following)

    async def UpdateUnit(self, request: pb.UpdateUnitRequest, context: Any) -> pb.Unit:
        wanted, mask = request.unit, list(request.update_mask.paths)
        return unit_message(await update_unit(self._directory, wanted.id, wanted.name, mask, hidden=wanted.hidden))
