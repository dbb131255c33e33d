"""DomainService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import domains_pb2 as pb
from workspace.directory.v1 import domains_pb2_grpc as rpc

from services.directory.api.groups import account_member
from services.directory.api.messages import timestamp
from services.directory.domain.accounts import Account
from services.directory.domain.mail_domains import ACTIVE, CLOSING
from services.directory.usecases.context import Directory
from services.directory.usecases.create_domain import create_domain
from services.directory.usecases.delete_domain import delete_domain
from services.directory.usecases.give_addresses import close_address, open_address
from services.directory.usecases.list_domains import SeenDomain, get_domain, list_domains, seen_domain
from services.directory.usecases.update_domain import DomainChanges, update_domain

_STATES = {ACTIVE: pb.DOMAIN_STATE_ACTIVE, CLOSING: pb.DOMAIN_STATE_CLOSING}
_STATE_NAMES = {number: name for name, number in _STATES.items()}


class DomainServicer(rpc.DomainServiceServicer):
    """Mail domains of units."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateDomain(self, request: pb.CreateDomainRequest, context: Any) -> pb.MailDomain:
        wanted = request.domain
        made = await create_domain(self._directory, wanted.name, wanted.unit_id, wanted.administrator_ids)
        return _message(await seen_domain(self._directory, made))

    async def GetDomain(self, request: pb.GetDomainRequest, context: Any) -> pb.MailDomain:
        return _message(await get_domain(self._directory, request.name))

    async def ListDomains(self, request: pb.ListDomainsRequest, context: Any) -> pb.ListDomainsResponse:
        page, following = await list_domains(self._directory, request.unit_id, request.page_size, request.page_token)
        return pb.ListDomainsResponse(domains=map(_message, page), next_page_token=following)

    async def UpdateDomain(self, request: pb.UpdateDomainRequest, context: Any) -> pb.MailDomain:
        given = request.domain
        wanted = DomainChanges(
            list(request.update_mask.paths),
            given.unit_id,
            tuple(given.administrator_ids),
            _STATE_NAMES.get(given.state, ""),
        )
        changed = await update_domain(self._directory, given.name, wanted, request.version)
        return _message(await seen_domain(self._directory, changed))

    async def DeleteDomain(self, request: pb.DeleteDomainRequest, context: Any) -> Empty:
        await delete_domain(self._directory, request.name, request.version)
        return Empty()

    async def OpenAddress(self, request: pb.OpenAddressRequest, context: Any) -> pb.DomainAddresses:
        return _addresses(await open_address(self._directory, request.name, request.account_id, request.address))

    async def CloseAddress(self, request: pb.CloseAddressRequest, context: Any) -> pb.DomainAddresses:
        closed = await close_address(
            self._directory, request.name, request.account_id, request.address, request.forward_days
        )
        return _addresses(closed)


def _message(seen: SeenDomain) -> pb.MailDomain:
    domain = seen.domain
    return pb.MailDomain(
        name=domain.name,
        unit_id=domain.unit_id,
        state=_STATES[domain.state],
        administrator_ids=[account.id for account in seen.administrators],
        administrators=map(account_member, seen.administrators),
        version=domain.version,
        created_at=timestamp(domain.created_at),
        changed_at=timestamp(domain.changed_at),
    )


def _addresses(account: Account) -> pb.DomainAddresses:
    return pb.DomainAddresses(
        account_id=account.id,
        address=account.address,
        aliases=account.aliases,
        retired_addresses=[
            directory_pb2.RetiredAddress(address=each.address, until=timestamp(each.until)) for each in account.retired
        ],
    )
