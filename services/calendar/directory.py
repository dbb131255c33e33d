"""Directory as calendar asks it by gRPC. Not for workers: they do not ask."""

from collections.abc import Sequence

from workspace.directory.v1 import directory_pb2, directory_pb2_grpc, groups_pb2, groups_pb2_grpc

from chassis.rpc import RpcClient


class DirectoryUnits:
    """The organisation, as the identity at hand may know it."""

    def __init__(self, client: RpcClient) -> None:
        self._units = directory_pb2_grpc.UnitServiceStub(client.channel)

    async def path(self, unit_id: str) -> tuple[str, ...]:
        """The ids from the root to a unit. Raises `NotFound`, `Unavailable`."""
        found = await self._units.GetUnit(directory_pb2.GetUnitRequest(id=unit_id))
        return tuple(found.path)


class DirectoryLists:
    """Distribution lists, as who writes to them may know them."""

    def __init__(self, client: RpcClient) -> None:
        self._groups = groups_pb2_grpc.GroupServiceStub(client.channel)

    async def members(self, address: str, writer: str, most: int) -> Sequence[str]:
        """As `usecases.context.Lists` has it."""
        asked = groups_pb2.ExpandListRequest(address=address, account_id=writer, most=most)
        found = await self._groups.ExpandList(asked)
        return list(found.account_ids) if found.whole else []
