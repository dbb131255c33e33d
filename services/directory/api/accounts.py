"""AccountService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import directory_pb2_grpc as rpc

from chassis.rpc import calling_service
from services.directory.api.messages import account_given, account_message, wishes_given
from services.directory.api.remote import remote_address
from services.directory.domain.functions import Function
from services.directory.usecases.announce_accounts import Announce, announce_accounts
from services.directory.usecases.context import Directory
from services.directory.usecases.create_account import create_account
from services.directory.usecases.create_first_administrator import create_first_administrator
from services.directory.usecases.get_account import get_account
from services.directory.usecases.list_accounts import find_account, list_accounts
from services.directory.usecases.resolve_address import resolve_address
from services.directory.usecases.restore_account import restore_account
from services.directory.usecases.set_password import set_password
from services.directory.usecases.suspend_account import suspend_account
from services.directory.usecases.update_account import update_account


class AccountServicer(rpc.AccountServiceServicer):
    """The agents' accounts."""

    def __init__(self, directory: Directory, announce: Announce) -> None:
        self._directory = directory
        self._announce = announce

    async def CreateFirstAdministrator(self, request: pb.CreateFirstAdministratorRequest, context: Any) -> pb.Account:
        return account_message(
            await create_first_administrator(
                self._directory, request.secret, request.address, request.password, request.display_name
            )
        )

    async def CreateAccount(self, request: pb.CreateAccountRequest, context: Any) -> pb.Account:
        wanted = request.account
        return account_message(
            await create_account(
                self._directory,
                account_given(wanted),
                wanted.unit_id,
                wishes_given(wanted),
                request.password,
                password_hash=request.password_hash,
                validate_only=request.validate_only,
            )
        )

    async def GetAccount(self, request: pb.GetAccountRequest, context: Any) -> pb.Account:
        return account_message(await get_account(self._directory, request.id))

    async def GetOwnAccount(self, request: pb.GetOwnAccountRequest, context: Any) -> pb.Account:
        return account_message(await get_account(self._directory, ""))

    async def ListAccounts(self, request: pb.ListAccountsRequest, context: Any) -> pb.ListAccountsResponse:
        if request.address:
            found = await find_account(self._directory, request.address, request.unit_id)
            return pb.ListAccountsResponse(accounts=map(account_message, found))
        page, following = await list_accounts(self._directory, request.unit_id, request.page_size, request.page_token)
        return pb.ListAccountsResponse(accounts=map(account_message, page), next_page_token=following)

    async def UpdateAccount(self, request: pb.UpdateAccountRequest, context: Any) -> pb.Account:
        wanted = request.account
        return account_message(
            await update_account(
                self._directory,
                account_given(wanted),
                wanted.unit_id,
                wishes_given(wanted),
                list(request.update_mask.paths),
            )
        )

    async def SetPassword(self, request: pb.SetPasswordRequest, context: Any) -> Empty:
        await set_password(
            self._directory, request.id, request.current_password, request.new_password, remote_address(context)
        )
        return Empty()

    async def SuspendAccount(self, request: pb.SuspendAccountRequest, context: Any) -> pb.Account:
        return account_message(await suspend_account(self._directory, request.id))

    async def RestoreAccount(self, request: pb.RestoreAccountRequest, context: Any) -> pb.Account:
        return account_message(await restore_account(self._directory, request.id))

    async def ResolveAddress(self, request: pb.ResolveAddressRequest, context: Any) -> pb.ResolveAddressResponse:
        account, others = await resolve_address(self._directory, request.address)
        if isinstance(account, Function):
            return pb.ResolveAddressResponse(account_id=account.id, address=account.address, display_name=account.title)
        return pb.ResolveAddressResponse(
            account_id=account.id,
            address=account.address,
            aliases=account.other_addresses,
            display_name=account.display_name,
            suspended=account.suspended,
            other_account_ids=[other.id for other in others],
        )

    async def AnnounceAccounts(self, request: pb.AnnounceAccountsRequest, context: Any) -> pb.AnnounceAccountsResponse:
        count = await announce_accounts(self._directory, self._announce, request.queue, calling_service())
        return pb.AnnounceAccountsResponse(accounts=count)
