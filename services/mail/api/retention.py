"""RetentionService."""

from typing import Any

from workspace.mail.v1 import retention_pb2 as pb
from workspace.mail.v1 import retention_pb2_grpc

from chassis.identity import current_identity
from services.mail.api.accounts import administered_account
from services.mail.api.given import named_fields, origins
from services.mail.api.units import Units, administered
from services.mail.domain.allotment import Holder, Whereabouts
from services.mail.domain.retention import Retention
from services.mail.usecases import Mail
from services.mail.usecases.retention import give_retention, given_to, retention_at, retention_of


class RetentionApi(retention_pb2_grpc.RetentionServiceServicer):
    """How long mail is kept. What somebody does not administer is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def GetOwnRetention(self, request: pb.GetOwnRetentionRequest, context: Any) -> pb.OwnRetention:
        return pb.OwnRetention(holds=_held(await retention_of(self._mail, current_identity().account_id)))

    async def GetAccountRetention(self, request: pb.GetAccountRetentionRequest, context: Any) -> pb.AccountRetention:
        return await self._of_account(request.account_id, await administered_account(self._mail, request.account_id))

    async def SetAccountRetention(self, request: pb.SetAccountRetentionRequest, context: Any) -> pb.AccountRetention:
        stands = await administered_account(self._mail, request.account_id)
        await give_retention(self._mail, Holder.ACCOUNT, request.account_id, stands, named_fields(request.given))
        return await self._of_account(request.account_id, stands)

    async def GetUnitRetention(self, request: pb.GetUnitRetentionRequest, context: Any) -> pb.UnitRetention:
        return await self._of_unit(request.unit_id, await administered(self._units, request.unit_id))

    async def SetUnitRetention(self, request: pb.SetUnitRetentionRequest, context: Any) -> pb.UnitRetention:
        stands = await administered(self._units, request.unit_id)
        await give_retention(self._mail, Holder.UNIT, request.unit_id, stands, named_fields(request.given))
        return await self._of_unit(request.unit_id, stands)

    async def _of_account(self, account_id: str, stands: Whereabouts) -> pb.AccountRetention:
        given = await given_to(self._mail, Holder.ACCOUNT, account_id)
        holds = await retention_at(self._mail, account_id, stands.unit_path)
        return pb.AccountRetention(
            account_id=account_id,
            address=stands.name,
            given=pb.Retention(**given.fields),
            holds=_held(holds),
            origins=origins(pb.RetentionOrigin, holds.origins),
        )

    async def _of_unit(self, unit_id: str, stands: Whereabouts) -> pb.UnitRetention:
        given = await given_to(self._mail, Holder.UNIT, unit_id)
        holds = await retention_at(self._mail, "", stands.unit_path)
        return pb.UnitRetention(
            unit_id=unit_id,
            name=stands.name,
            given=pb.Retention(**given.fields),
            holds=_held(holds),
            origins=origins(pb.RetentionOrigin, holds.origins),
        )


def _held(holds: Retention) -> pb.Retention:
    return pb.Retention(**holds.fields)
