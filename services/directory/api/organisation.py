"""OrganisationService."""

from typing import Any

from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import organisation_pb2 as pb
from workspace.directory.v1 import organisation_pb2_grpc as rpc

from services.directory.api.messages import account_message, kind_given, timestamp
from services.directory.domain.reorganisation import Reorganisation
from services.directory.usecases.change_address import change_address
from services.directory.usecases.context import Directory
from services.directory.usecases.get_reorganisation import get_reorganisation, list_reorganisations
from services.directory.usecases.merge_units import dissolve_unit, merge_units
from services.directory.usecases.move_unit import move_unit
from services.directory.usecases.reorganising import Readdressing


class OrganisationServicer(rpc.OrganisationServiceServicer):
    """Reorganisations by decree."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def MoveUnit(self, request: pb.MoveUnitRequest, context: Any) -> pb.Reorganisation:
        addressing = Readdressing(request.new_domain, request.forward_days)
        kind = kind_given(request.kind)
        return _message(await move_unit(self._directory, request.id, request.parent_id, kind, addressing))

    async def MergeUnits(self, request: pb.MergeUnitsRequest, context: Any) -> pb.Reorganisation:
        addressing = Readdressing(request.new_domain, request.forward_days)
        begun = await merge_units(
            self._directory, request.id, request.into_id, addressing, hands_roles=request.hand_roles
        )
        return _message(begun)

    async def DissolveUnit(self, request: pb.DissolveUnitRequest, context: Any) -> pb.Reorganisation:
        addressing = Readdressing(request.new_domain, request.forward_days)
        begun = await dissolve_unit(
            self._directory, request.id, request.successor_id, addressing, hands_roles=request.hand_roles
        )
        return _message(begun)

    async def GetReorganisation(self, request: pb.GetReorganisationRequest, context: Any) -> pb.Reorganisation:
        return _message(await get_reorganisation(self._directory, request.id))

    async def ListReorganisations(
        self, request: pb.ListReorganisationsRequest, context: Any
    ) -> pb.ListReorganisationsResponse:
        return pb.ListReorganisationsResponse(
            reorganisations=map(_message, await list_reorganisations(self._directory))
        )

    async def ChangeAddress(self, request: pb.ChangeAddressRequest, context: Any) -> directory_pb2.Account:
        return account_message(await change_address(self._directory, request.id, request.address, request.forward_days))


def _message(reorganisation: Reorganisation) -> pb.Reorganisation:
    return pb.Reorganisation(
        id=reorganisation.id,
        kind=reorganisation.kind,
        unit_id=reorganisation.unit_id,
        target_id=reorganisation.target_id,
        done=not reorganisation.open,
        accounts=reorganisation.accounts,
        addresses_changed=reorganisation.renamed,
        addresses_kept=reorganisation.kept,
        groups_by_rule=reorganisation.widened,
        began_at=timestamp(reorganisation.began_at),
        ended_at=timestamp(reorganisation.ended_at) if reorganisation.ended_at is not None else None,
    )
