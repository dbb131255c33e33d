"""QuotaService."""

from typing import Any

from workspace.mail.v1 import quotas_pb2 as pb
from workspace.mail.v1 import quotas_pb2_grpc

from chassis.identity import current_identity
from services.mail.api.accounts import administered_account
from services.mail.api.given import named_fields, origins
from services.mail.api.units import Units, administered
from services.mail.domain.allotment import Holder, Whereabouts
from services.mail.domain.pool import Pool
from services.mail.usecases import Mail
from services.mail.usecases.limit_sending import lift_limit, tally_of
from services.mail.usecases.limits import Giving, allot, allotment_of, limits_in, limits_of
from services.mail.usecases.quota import recount, usage_of


class QuotaApi(quotas_pb2_grpc.QuotaServiceServicer):
    """What accounts and units are given. What somebody does not administer is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def GetOwnUsage(self, request: pb.GetOwnUsageRequest, context: Any) -> pb.Usage:
        return await self._usage(current_identity().account_id)

    async def GetAccountAllotment(self, request: pb.GetAccountAllotmentRequest, context: Any) -> pb.AccountAllotment:
        return await self._of_account(request.account_id, await administered_account(self._mail, request.account_id))

    async def SetAccountAllotment(self, request: pb.SetAccountAllotmentRequest, context: Any) -> pb.AccountAllotment:
        found = await administered_account(self._mail, request.account_id)
        await allot(self._mail, self._giving(Holder.ACCOUNT, request.account_id, found), named_fields(request.given))
        return await self._of_account(request.account_id, found)

    async def RecountUsage(self, request: pb.RecountUsageRequest, context: Any) -> pb.Usage:
        await administered_account(self._mail, request.account_id)
        await recount(self._mail, request.account_id)
        return await self._usage(request.account_id)

    async def LiftSendingLimit(self, request: pb.LiftSendingLimitRequest, context: Any) -> pb.AccountAllotment:
        found = await administered_account(self._mail, request.account_id)
        await lift_limit(self._mail, request.account_id, found)
        return await self._of_account(request.account_id, found)

    async def GetUnitAllotment(self, request: pb.GetUnitAllotmentRequest, context: Any) -> pb.UnitAllotment:
        return await self._of_unit(request.unit_id, await administered(self._units, request.unit_id))

    async def SetUnitAllotment(self, request: pb.SetUnitAllotmentRequest, context: Any) -> pb.UnitAllotment:
        found = await administered(self._units, request.unit_id)
        await allot(self._mail, self._giving(Holder.UNIT, request.unit_id, found), named_fields(request.given))
        return await self._of_unit(request.unit_id, found)

    def _giving(self, holder: Holder, holder_id: str, found: Whereabouts) -> Giving:
        return Giving(holder, holder_id, found, unlimited=current_identity().administers(()))

    async def _of_account(self, account_id: str, found: Whereabouts) -> pb.AccountAllotment:
        given = await allotment_of(self._mail, Holder.ACCOUNT, account_id)
        holds = await limits_of(self._mail, account_id)
        tally = await tally_of(self._mail, account_id)
        return pb.AccountAllotment(
            account_id=account_id,
            address=found.name,
            given=pb.Allotment(**given.fields),
            holds=pb.Allotment(**holds.fields),
            origins=origins(pb.AllotmentOrigin, holds.origins),
            usage=await self._usage(account_id),
            foreign_recipients_this_hour=tally.foreign_hour,
            foreign_recipients_today=tally.foreign_day,
            recipients_this_hour=tally.all_hour,
        )

    async def _of_unit(self, unit_id: str, found: Whereabouts) -> pb.UnitAllotment:
        given = await allotment_of(self._mail, Holder.UNIT, unit_id)
        holds = await limits_in(self._mail, found.unit_path)
        return pb.UnitAllotment(
            unit_id=unit_id,
            name=found.name,
            given=pb.Allotment(**given.fields),
            holds=pb.Allotment(**holds.fields),
            origins=origins(pb.AllotmentOrigin, holds.origins),
        )

    async def _usage(self, account_id: str) -> pb.Usage:
        counted, holds = await usage_of(self._mail, account_id), await limits_of(self._mail, account_id)
        quota = holds.quota
        answer = pb.Usage(
            octets=counted.usage.octets,
            messages=counted.usage.messages,
            octets_allowed=quota.octets,
            messages_allowed=quota.messages,
            shared=[_shared(each) for each in holds.pools],
        )
        if counted.full_since is not None and not counted.usage.within(quota.roomy):
            answer.full_since.FromDatetime(counted.full_since)
        return answer


def _shared(pool: Pool) -> pb.SharedRoom:
    return pb.SharedRoom(
        unit_id=pool.unit_id, unit_name=pool.name, octets_taken=pool.lent, octets_allowed=pool.octets or 0
    )
