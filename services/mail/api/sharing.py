"""SharingService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.mail.v1 import sharing_pb2, sharing_pb2_grpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.mail.api.convert import mailbox
from services.mail.api.ids import meant, sender_of
from services.mail.domain.rights import letters
from services.mail.domain.sharing import Capacity, Shared
from services.mail.usecases import Mail
from services.mail.usecases.retention import retention_of
from services.mail.usecases.share_mailbox import Grant, end_grant, list_grants, share_mailbox
from services.mail.usecases.shared_mailboxes import shared_mailboxes
from services.mail.usecases.write_as import let_write_as, let_write_no_more, list_delegates, may_write_as

_CAPACITIES = {each: sharing_pb2.Capacity.Value(f"CAPACITY_{each.name}") for each in Capacity}


class SharingApi(sharing_pb2_grpc.SharingServiceServicer):
    """Mailboxes that several accounts work in."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListSharedMailboxes(
        self, request: sharing_pb2.ListSharedMailboxesRequest, context: Any
    ) -> sharing_pb2.ListSharedMailboxesResponse:
        found = await shared_mailboxes(self._mail, current_identity().account_id)
        return sharing_pb2.ListSharedMailboxesResponse(mailboxes=[await self._shared(each) for each in found])

    async def ListGrants(self, request: sharing_pb2.ListGrantsRequest, context: Any) -> sharing_pb2.ListGrantsResponse:
        grants = await list_grants(self._mail, current_identity().account_id, *meant(request.mailbox_id))
        return sharing_pb2.ListGrantsResponse(grants=map(_grant, grants))

    async def PutGrant(self, request: sharing_pb2.PutGrantRequest, context: Any) -> sharing_pb2.Grant:
        given = request.grant
        if not given.rights or given.rights[0] in "+-":
            raise InvalidInput("No rights", fields={"grant.rights": "must be letters of RFC 4314"})
        where = current_identity().account_id, *meant(request.mailbox_id)
        return _grant(await share_mailbox(self._mail, *where, given.address, given.rights))

    async def DeleteGrant(self, request: sharing_pb2.DeleteGrantRequest, context: Any) -> Empty:
        await end_grant(self._mail, current_identity().account_id, *meant(request.mailbox_id), request.address)
        return Empty()

    async def _shared(self, found: Shared) -> sharing_pb2.SharedMailbox:
        return sharing_pb2.SharedMailbox(
            mailbox=mailbox(found.box, await retention_of(self._mail, found.box.owner)),
            owner_address=found.address,
            of_function=found.of_function,
            rights=letters(found.rights),
            subscribed=found.box.subscribed,
        )


class DelegationApi(sharing_pb2_grpc.DelegationServiceServicer):
    """Who writes in whose name."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListNames(self, request: sharing_pb2.ListNamesRequest, context: Any) -> sharing_pb2.ListNamesResponse:
        found = await may_write_as(self._mail, current_identity().account_id)
        names = (
            sharing_pb2.Name(address=each.address, capacity=_CAPACITIES[each.capacity], of_function=each.of_function)
            for each in found
        )
        return sharing_pb2.ListNamesResponse(names=names)

    async def ListDelegates(
        self, request: sharing_pb2.ListDelegatesRequest, context: Any
    ) -> sharing_pb2.ListDelegatesResponse:
        found = await list_delegates(self._mail, sender_of(current_identity()), request.name)
        delegates = (sharing_pb2.Delegate(address=who, capacity=_CAPACITIES[how]) for who, how in found)
        return sharing_pb2.ListDelegatesResponse(delegates=delegates)

    async def PutDelegate(self, request: sharing_pb2.PutDelegateRequest, context: Any) -> sharing_pb2.Delegate:
        given = request.delegate
        capacity = next((each for each, number in _CAPACITIES.items() if number == given.capacity), None)
        if capacity is None:
            raise InvalidInput("How?", fields={"delegate.capacity": "is not said"})
        await let_write_as(self._mail, sender_of(current_identity()), request.name, given.address, capacity)
        return sharing_pb2.Delegate(address=given.address.strip().lower(), capacity=given.capacity)

    async def DeleteDelegate(self, request: sharing_pb2.DeleteDelegateRequest, context: Any) -> Empty:
        await let_write_no_more(self._mail, sender_of(current_identity()), request.name, request.address)
        return Empty()


def _grant(grant: Grant) -> sharing_pb2.Grant:
    return sharing_pb2.Grant(address=grant.address, rights=letters(grant.rights))
