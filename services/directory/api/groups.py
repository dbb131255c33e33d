"""GroupService."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import groups_pb2 as pb
from workspace.directory.v1 import groups_pb2_grpc as rpc

from chassis.errors import Forbidden
from chassis.rpc import calling_service
from services.directory.api.messages import timestamp
from services.directory.domain.accounts import Account
from services.directory.domain.groups import Group, Rule
from services.directory.usecases.change_members import Change, change_members
from services.directory.usecases.context import Directory
from services.directory.usecases.create_group import create_group
from services.directory.usecases.delete_group import delete_group
from services.directory.usecases.expand_list import expand_list
from services.directory.usecases.get_group import get_group
from services.directory.usecases.list_groups import list_groups
from services.directory.usecases.list_members import list_members
from services.directory.usecases.update_group import update_group


class GroupServicer(rpc.GroupServiceServicer):
    """Groups of accounts."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateGroup(self, request: pb.CreateGroupRequest, context: Any) -> pb.Group:
        wanted = group_given(request.group)
        return group_message(await create_group(self._directory, wanted, request.account_ids, request.group_ids))

    async def GetGroup(self, request: pb.GetGroupRequest, context: Any) -> pb.Group:
        return group_message(await get_group(self._directory, request.id))

    async def ListGroups(self, request: pb.ListGroupsRequest, context: Any) -> pb.ListGroupsResponse:
        page, following = await list_groups(
            self._directory, request.unit_id, request.account_id, request.page_size, request.page_token
        )
        return pb.ListGroupsResponse(groups=map(group_message, page), next_page_token=following)

    async def UpdateGroup(self, request: pb.UpdateGroupRequest, context: Any) -> pb.Group:
        fields = list(request.update_mask.paths)
        return group_message(await update_group(self._directory, group_given(request.group), fields, request.version))

    async def ChangeMembers(self, request: pb.ChangeMembersRequest, context: Any) -> pb.Group:
        change = Change(
            request.add_account_ids,
            request.remove_account_ids,
            request.add_group_ids,
            request.remove_group_ids,
            request.replace,
        )
        return group_message(await change_members(self._directory, request.id, change, request.version))

    async def DeleteGroup(self, request: pb.DeleteGroupRequest, context: Any) -> Empty:
        await delete_group(self._directory, request.id, request.version)
        return Empty()

    async def ListMembers(self, request: pb.ListMembersRequest, context: Any) -> pb.ListMembersResponse:
        page, following = await list_members(
            self._directory, request.id, request.everybody, request.page_size, request.page_token
        )
        return pb.ListMembersResponse(members=map(_member, page), next_page_token=following)

    async def ExpandList(self, request: pb.ExpandListRequest, context: Any) -> pb.ExpandListResponse:
        if calling_service() != "calendar":
            raise Forbidden("For calendar only")
        found = await expand_list(self._directory, request.address[:320], request.account_id, request.most)
        ids = [each.id for each in found.members]
        return pb.ExpandListResponse(name=found.group.name, account_ids=ids, whole=found.whole)


def group_message(group: Group) -> pb.Group:
    rule = group.rule
    return pb.Group(
        id=group.id,
        name=group.name,
        description=group.description,
        unit_id=group.unit_id,
        external_id=group.external_id,
        rule=_rule_message(rule) if rule else None,
        version=group.version,
        listed_accounts=len(group.accounts),
        listed_groups=len(group.groups),
        created_at=timestamp(group.created_at),
        changed_at=timestamp(group.changed_at),
        address=group.address,
        writers=group.writers,
        writer_ids=group.writer_ids,
    )


def _rule_message(rule: Rule) -> pb.GroupRule:
    return pb.GroupRule(unit_id=rule.unit_id, grade=rule.grade, place=rule.place, everybody=rule.everybody)


def group_given(message: pb.Group) -> Group:
    """What a client may say of a group, as it says it."""
    never, rule = datetime.fromtimestamp(0, UTC), message.rule
    return Group(
        id=message.id,
        name=message.name,
        created_at=never,
        changed_at=never,
        unit_id=message.unit_id,
        description=message.description,
        external_id=message.external_id,
        rule=Rule(rule.unit_id, rule.grade, rule.place, rule.everybody) if message.HasField("rule") else None,
        address=message.address,
        writers=message.writers,
        writer_ids=tuple(message.writer_ids),
    )


def _member(member: Account | Group) -> pb.GroupMember:
    if isinstance(member, Group):
        held = pb.GroupOfGroup(id=member.id, name=member.name, unit_id=member.unit_id)
        return pb.GroupMember(group=held)
    return pb.GroupMember(account=account_member(member))


def account_member(account: Account) -> pb.AccountMember:
    return pb.AccountMember(
        id=account.id,
        address=account.address,
        display_name=account.display_name,
        unit_id=account.unit_id,
        suspended=account.suspended,
    )
