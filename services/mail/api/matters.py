"""MatterService."""

from collections.abc import Mapping, Sequence
from typing import Any

from workspace.mail.v1 import matters_pb2 as pb
from workspace.mail.v1 import matters_pb2_grpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from chassis.rpc.moments import moment_or_none
from services.mail.api.accounts import administered_address
from services.mail.api.convert import timestamp
from services.mail.api.pages import page_after, page_size
from services.mail.api.units import Units, administered
from services.mail.domain.matters import Matter
from services.mail.usecases import Mail
from services.mail.usecases.matters import About, change_matter, close_matter, matter_run_by, open_matter, runs

LONGEST_LIST = 100


class MatterApi(matters_pb2_grpc.MatterServiceServicer):
    """Matters of law. What somebody does not run is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def OpenMatter(self, request: pb.OpenMatterRequest, context: Any) -> pb.Matter:
        if bool(request.address) == bool(request.unit_id):
            raise InvalidInput("About one account or one unit", fields={"address": "either this or unit_id"})
        until = moment_or_none(request, "until")
        if request.unit_id:
            about = About("", request.unit_id, await administered(self._units, request.unit_id))
        else:
            account_id, stands = await administered_address(self._mail, request.address)
            about = About(account_id, "", stands)
        auditors = list(request.auditors)
        matter = await open_matter(self._mail, current_identity(), about, request.reason, auditors, until)
        return await _one_told(self._mail, matter)

    async def ListMatters(self, request: pb.ListMattersRequest, context: Any) -> pb.ListMattersResponse:
        actor = current_identity()
        if request.unit_id:
            await administered(self._units, request.unit_id)
        elif not actor.administers(()):
            raise InvalidInput("Matters of which unit?", fields={"unit_id": "must be one that you administer"})
        size = page_size(request.page_size, LONGEST_LIST, LONGEST_LIST)
        found = await self._mail.store.matters.page(request.unit_id, page_after(request.page_token), size + 1)
        shown = [each for each in found[:size] if runs(actor, each)]
        return pb.ListMattersResponse(
            matters=await _all_told(self._mail, shown),
            next_page_token=found[size - 1].id if len(found) > size else "",
        )

    async def GetMatter(self, request: pb.GetMatterRequest, context: Any) -> pb.Matter:
        return await _one_told(self._mail, await matter_run_by(self._mail, current_identity(), request.id))

    async def ChangeMatter(self, request: pb.ChangeMatterRequest, context: Any) -> pb.Matter:
        matter = await change_matter(
            self._mail,
            current_identity(),
            request.id,
            auditors=list(request.auditors.addresses) if request.HasField("auditors") else None,
            until=moment_or_none(request, "until"),
            without_end=request.without_end,
        )
        return await _one_told(self._mail, matter)

    async def CloseMatter(self, request: pb.CloseMatterRequest, context: Any) -> pb.Matter:
        return await _one_told(self._mail, await close_matter(self._mail, current_identity(), request.id))


async def _one_told(mail: Mail, matter: Matter) -> pb.Matter:
    return (await _all_told(mail, [matter]))[0]


async def _all_told(mail: Mail, matters: Sequence[Matter]) -> list[pb.Matter]:
    people = await mail.people.by_ids([who for each in matters for who in (*each.auditors, each.opened_by)])
    names = {each.account_id: each.address for each in people}
    return [_told(each, names, in_force=each.in_force(mail.now())) for each in matters]


def _told(matter: Matter, names: Mapping[str, str], *, in_force: bool) -> pb.Matter:
    return pb.Matter(
        id=matter.id,
        reason=matter.reason,
        account_id=matter.account_id,
        unit_id=matter.unit_id,
        about=matter.name,
        opened_by=names.get(matter.opened_by, ""),
        opened_at=timestamp(matter.opened_at),
        until=timestamp(matter.until),
        closed_at=timestamp(matter.closed_at),
        in_force=in_force,
        auditors=[names[each] for each in matter.auditors if each in names],
    )
