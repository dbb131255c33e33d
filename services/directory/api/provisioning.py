"""ProvisioningService."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import groups_pb2 as groups_pb
from workspace.directory.v1 import provisioning_pb2 as pb
from workspace.directory.v1 import provisioning_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.rpc.moments import moment_given
from services.directory.api.groups import group_given, group_message
from services.directory.api.messages import account_given, account_message, timestamp
from services.directory.domain.accounts import Account
from services.directory.domain.conditions import DEEPEST, Comparison, Condition, Either, Entry, Every, Not, Present
from services.directory.domain.provisioning import Email, shown
from services.directory.usecases.context import Directory
from services.directory.usecases.direct_groups import direct_groups
from services.directory.usecases.get_provisioned import get_provisioned
from services.directory.usecases.provision_account import Wanted, provision_account
from services.directory.usecases.provision_group import provision_group, replace_group
from services.directory.usecases.replace_account import replace_account
from services.directory.usecases.search_accounts import Search, search_accounts
from services.directory.usecases.unit_names import UnitNames
from services.directory.usecases.withdraw_account import withdraw_account


class ProvisioningServicer(rpc.ProvisioningServiceServicer):
    """Accounts as provisioners see them."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def SearchAccounts(self, request: pb.SearchAccountsRequest, context: Any) -> pb.SearchAccountsResponse:
        condition = condition_given(request.condition) if request.HasField("condition") else None
        search = Search(condition, request.order_by, request.descending, request.offset, request.count)
        found = await search_accounts(self._directory, search)
        shown = await self._messages(found.accounts, with_groups=request.with_groups)
        return pb.SearchAccountsResponse(accounts=shown, total=found.total)

    async def GetProvisioned(self, request: pb.GetProvisionedRequest, context: Any) -> pb.ProvisionedAccount:
        account = await get_provisioned(self._directory, request.id)
        return await self._message(account, with_groups=request.with_groups)

    async def ProvisionAccount(self, request: pb.ProvisionAccountRequest, context: Any) -> pb.ProvisionedAccount:
        wanted = _wanted(request.wanted, request.password)
        return await self._message(await provision_account(self._directory, wanted))

    async def ReplaceAccount(self, request: pb.ReplaceAccountRequest, context: Any) -> pb.ProvisionedAccount:
        wanted = _wanted(request.wanted, request.password)
        return await self._message(await replace_account(self._directory, wanted, request.version))

    async def WithdrawAccount(self, request: pb.WithdrawAccountRequest, context: Any) -> Empty:
        await withdraw_account(self._directory, request.id, request.version)
        return Empty()

    async def ProvisionGroup(self, request: pb.ProvisionGroupRequest, context: Any) -> groups_pb.Group:
        return group_message(await provision_group(self._directory, group_given(request.group), request.member_ids))

    async def ReplaceGroup(self, request: pb.ReplaceGroupRequest, context: Any) -> groups_pb.Group:
        given = group_given(request.group)
        unit_id = request.unit_id if request.HasField("unit_id") else None
        group = await replace_group(self._directory, given, request.member_ids, request.version, unit_id)
        return group_message(group)

    async def _message(self, account: Account, *, with_groups: bool = True) -> pb.ProvisionedAccount:
        return (await self._messages([account], with_groups=with_groups))[0]

    async def _messages(self, accounts: Sequence[Account], *, with_groups: bool) -> list[pb.ProvisionedAccount]:
        names = UnitNames(self._directory)
        shown = [_message(account, await names.of(account.unit_path)) for account in accounts]
        if with_groups:
            found = await (await direct_groups(self._directory)).of_all(accounts)
            for groups, message in zip(found, shown, strict=True):
                message.groups.extend(pb.GroupName(id=group.id, name=group.name) for group in groups)
        return shown


def _message(account: Account, unit_names: Sequence[str]) -> pb.ProvisionedAccount:
    emails = shown(account.address, account.aliases, account.provisioning.emails)
    return pb.ProvisionedAccount(
        account=account_message(account),
        external_id=account.provisioning.external_id,
        emails=[pb.LabelledAddress(address=email.value, type=email.type, primary=email.primary) for email in emails],
        changed_at=timestamp(account.changed_at or account.created_at),
        unit_names=unit_names,
    )


def _wanted(message: pb.ProvisionedAccount, password: str) -> Wanted:
    return Wanted(
        account=replace(account_given(message.account), suspended=message.account.suspended),
        unit_id=message.account.unit_id,
        external_id=message.external_id,
        emails=[
            Email(each.address, each.type, each.primary if each.HasField("primary") else None)
            for each in message.emails
        ],
        password=password,
    )


def condition_given(message: pb.Condition, depth: int = 1) -> Condition:
    """A condition as it is said. Raises `InvalidInput` for one that says nothing or is nested without end."""
    kind = message.WhichOneof("kind")
    if kind is None or depth > DEEPEST:
        raise InvalidInput("Not a condition", fields={"condition": "empty, or nested too deep"})
    if kind == "comparison":
        return _comparison(message.comparison)
    if kind == "present":
        return Present(message.present)
    if kind == "not":
        return Not(condition_given(getattr(message, "not"), depth + 1))
    if kind == "entry":
        return Entry(message.entry.list, condition_given(message.entry.condition, depth + 1))
    terms = tuple(condition_given(term, depth + 1) for term in getattr(message, kind).terms)
    return Every(terms) if kind == "all" else Either(terms)


def _comparison(message: pb.Comparison) -> Comparison:
    kind = message.WhichOneof("value")
    if kind == "time":
        return Comparison(message.attribute, message.operator, moment_given(message, kind))
    return Comparison(message.attribute, message.operator, getattr(message, kind) if kind else None)
