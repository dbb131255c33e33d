"""Directory as calendar asks it by gRPC. Not for workers: they do not ask."""

from workspace.directory.v1 import directory_pb2, directory_pb2_grpc

from chassis.rpc import RpcClient


class DirectoryUnits:
    """The organisation, as the identity at hand may know it."""

    def __init__(self, client: RpcClient) -> None:
        self._units = directory_pb2_grpc.UnitServiceStub(client.channel)

    async def path(self, unit_id: str) -> tuple[str, ...]:
        """The ids from the root to a unit. Raises `NotFound`, `Unavailable`."""
        found = await self._units.GetUnit(directory_pb2.GetUnitRequest(id=unit_id))
        return tuple(found.path)
