"""PoolService."""

from typing import Any

from workspace.mail.v1 import pools_pb2 as pb
from workspace.mail.v1 import pools_pb2_grpc

from chassis.errors import Forbidden
from chassis.identity import current_identity
from services.mail.api.units import Units, administered
from services.mail.domain.allotment import Whereabouts
from services.mail.usecases import Mail
from services.mail.usecases.pools import give_pool


class PoolApi(pools_pb2_grpc.PoolServiceServicer):
    """What the accounts of units share. A unit that somebody does not administer is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def GetPool(self, request: pb.GetPoolRequest, context: Any) -> pb.Pool:
        return await self._of(request.unit_id, await administered(self._units, request.unit_id))

    async def SetPool(self, request: pb.SetPoolRequest, context: Any) -> pb.Pool:
        stands = await administered(self._units, request.unit_id)
        if not current_identity().administers(stands.unit_path[:-1]):
            raise Forbidden("Whoever administers the unit above says what a unit shares")
        octets = request.given.octets if request.given.HasField("octets") else None
        await give_pool(self._mail, request.unit_id, stands, octets)
        return await self._of(request.unit_id, stands)

    async def _of(self, unit_id: str, stands: Whereabouts) -> pb.Pool:
        found = await self._mail.store.pools.of(unit_id)
        answer = pb.Pool(unit_id=unit_id, name=stands.name, given=pb.PoolGift())
        if found is not None and found.octets is not None:
            answer.given.octets, answer.octets_taken, answer.counting = found.octets, found.lent, found.counting
            if found.full_since is not None:
                answer.full_since.FromDatetime(found.full_since)
        return answer
