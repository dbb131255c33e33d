"""CalendarSharingService."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import sharing_pb2 as pb
from workspace.calendar.v1 import sharing_pb2_grpc as rpc

from chassis.identity import current_identity
from chassis.people import Person
from services.calendar.api.messages import role_given, role_message, timestamp
from services.calendar.domain.access import Grant
from services.calendar.domain.delegations import Delegation
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delegate import (
    Delegations,
    delegate,
    delegations_of,
    end_delegation,
    set_delegates,
)
from services.calendar.usecases.share_calendar import grants_of, share_calendar, unshare_calendar


class SharingApi(rpc.CalendarSharingServiceServicer):
    """Whom calendars are shared with, and who acts for whom."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListGrants(self, request: pb.ListGrantsRequest, context: Any) -> pb.ListGrantsResponse:
        found = await grants_of(self._agenda, current_identity(), request.calendar_id)
        return pb.ListGrantsResponse(grants=await self._grants(found))

    async def ShareCalendar(self, request: pb.ShareCalendarRequest, context: Any) -> pb.Grant:
        given = request.grant
        made = await share_calendar(
            self._agenda,
            current_identity(),
            request.calendar_id,
            address=given.address,
            unit=given.unit_id,
            role=role_given(given.role),
            sees_private=given.sees_private,
        )
        return (await self._grants([made]))[0]

    async def UnshareCalendar(self, request: pb.UnshareCalendarRequest, context: Any) -> Empty:
        await unshare_calendar(self._agenda, current_identity(), request.calendar_id, request.grantee_id)
        return Empty()

    async def ListDelegations(self, request: pb.ListDelegationsRequest, context: Any) -> pb.ListDelegationsResponse:
        return await self._delegations(await delegations_of(self._agenda, current_identity()))

    async def Delegate(self, request: pb.DelegateRequest, context: Any) -> pb.Delegation:
        made = await delegate(
            self._agenda,
            current_identity(),
            request.address,
            role_given(request.role),
            sees_private=request.sees_private,
        )
        return (await self._delegations(Delegations([made], []))).given[0]

    async def EndDelegation(self, request: pb.EndDelegationRequest, context: Any) -> Empty:
        await end_delegation(self._agenda, current_identity(), request.id)
        return Empty()

    async def SetDelegates(self, request: pb.SetDelegatesRequest, context: Any) -> pb.ListDelegationsResponse:
        found = await set_delegates(self._agenda, current_identity(), role_given(request.role), list(request.addresses))
        return await self._delegations(found)

    async def _grants(self, grants: Sequence[Grant]) -> list[pb.Grant]:
        people = await self._people([each.grantee for each in grants])
        return [_grant(each, people.get(each.grantee)) for each in grants]

    async def _delegations(self, found: Delegations) -> pb.ListDelegationsResponse:
        both = [*found.given, *found.held]
        people = await self._people([account for each in both for account in (each.owner, each.delegate)])
        return pb.ListDelegationsResponse(
            given=[_delegation(each, people) for each in found.given],
            held=[_delegation(each, people) for each in found.held],
        )

    async def _people(self, ids: Sequence[str]) -> dict[str, Person]:
        found = await self._agenda.people.by_ids(sorted(set(ids))) if ids else []
        return {each.account_id: each for each in found}


def _grant(grant: Grant, person: Person | None) -> pb.Grant:
    """Whose id is nobody's is a unit's."""
    return pb.Grant(
        grantee_id=grant.grantee,
        address=person.address if person is not None else "",
        unit_id="" if person is not None else grant.grantee,
        name=person.display_name if person is not None else "",
        role=role_message(grant.role),
        sees_private=grant.sees_private,
    )


def _delegation(delegation: Delegation, people: dict[str, Person]) -> pb.Delegation:
    owner, acting = people.get(delegation.owner), people.get(delegation.delegate)
    return pb.Delegation(
        id=delegation.id,
        owner_id=delegation.owner,
        owner_address=owner.address if owner is not None else "",
        owner_name=owner.display_name if owner is not None else "",
        delegate_id=delegation.delegate,
        delegate_address=acting.address if acting is not None else "",
        delegate_name=acting.display_name if acting is not None else "",
        role=role_message(delegation.role),
        sees_private=delegation.sees_private,
        created_at=timestamp(delegation.created_at),
    )
