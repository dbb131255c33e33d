"""Groups: those of directory as SCIM's resources, and what a client wants of one as directory's requests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC
from typing import Any

import grpc
from scim2_models import Meta, NotFoundException, Reference, ScimFilter, SearchRequest, TooManyException
from scim2_models.path import CompareOperator, Comparison, LogicalExpr, LogicalOperator
from workspace.directory.v1 import groups_pb2 as pb
from workspace.directory.v1 import groups_pb2_grpc as rpc
from workspace.directory.v1 import provisioning_pb2 as provisioning
from workspace.directory.v1 import provisioning_pb2_grpc as provisioning_rpc

from chassis.errors import NotFound
from gateway.edges.scim.models import GroupMember, GroupUnit
from gateway.edges.scim.versions import tag_of, version_of

# Groups that one search looks at, and members that a group can list.
MOST_READ = 2_000
_PAGE = 500
_AT_ONCE = 8


class Groups:
    """The resource type "Group"."""

    def __init__(self, channel: grpc.aio.Channel, model: Any) -> None:
        self._rpc: Any = rpc.GroupServiceStub(channel)
        self._provisioning: Any = provisioning_rpc.ProvisioningServiceStub(channel)
        self._model = model

    async def get(self, group_id: str, wanted: frozenset[str]) -> Any:
        group = self.resource(await self._rpc.GetGroup(pb.GetGroupRequest(id=group_id)))
        return await self._with_members(group) if "members" in wanted else group

    async def search(
        self, search: SearchRequest[Any], offset: int, count: int, wanted: frozenset[str]
    ) -> tuple[int, list[Any]]:
        """They are few beside accounts: all that the caller sees are looked at, and the filter is the library's."""
        filter_ = ScimFilter[self._model](str(search.filter)) if search.filter is not None else None  # type: ignore[name-defined]
        by_member = filter_ is not None and "members" in str(filter_).casefold()
        found = []
        async for group in self._candidates(filter_):
            if by_member:
                await self._with_members(group)
            if filter_ is None or filter_.match(group):
                found.append(group)
        page = search.sort(found)[offset : offset + count]
        if "members" in wanted and not by_member:
            await self._all_with_members(page)
        return len(found), page

    async def create(self, group: Any) -> Any:
        request = provisioning.ProvisionGroupRequest(group=_said(group), member_ids=_members(group))
        return await self._with_members(self.resource(await self._provisioning.ProvisionGroup(request)))

    async def replace(self, group: Any, expected: str | None) -> Any:
        request = provisioning.ReplaceGroupRequest(
            group=_said(group),
            member_ids=_members(group),
            version=version_of(expected),
            unit_id=(group[GroupUnit] or GroupUnit()).unit_id or "",
        )
        return await self._with_members(self.resource(await self._provisioning.ReplaceGroup(request)))

    async def delete(self, group_id: str, expected: str | None) -> None:
        await self._rpc.DeleteGroup(pb.DeleteGroupRequest(id=group_id, version=version_of(expected)))

    async def _candidates(self, filter_: ScimFilter[Any] | None) -> AsyncIterator[Any]:
        """Every group for which the whole filter may hold. Raises `TooManyException`."""
        known = _equal_to(filter_.ast if filter_ is not None else None)
        if "id" in known:
            try:
                yield await self.get(known["id"], frozenset())
            except (NotFound, NotFoundException):
                return
            return
        request, read = pb.ListGroupsRequest(account_id=known.get("members", ""), page_size=_PAGE), 0
        while True:
            try:
                page = await self._rpc.ListGroups(request)
            except NotFound:
                # Of an account that is not the caller's to see, no group is.
                return
            read += len(page.groups)
            if read > MOST_READ:
                raise TooManyException(detail="Too many groups would have to be looked at: name an id or a member")
            for group in page.groups:
                yield self.resource(group)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def _all_with_members(self, groups: Sequence[Any]) -> None:
        for first in range(0, len(groups), _AT_ONCE):
            await asyncio.gather(*(self._with_members(group) for group in groups[first : first + _AT_ONCE]))

    async def _with_members(self, group: Any) -> Any:
        """The group with those of its members that the caller may see, as the group lists them itself."""
        members, request = [], pb.ListMembersRequest(id=group.id, page_size=_PAGE)
        while True:
            page = await self._rpc.ListMembers(request)
            members += [_member(each) for each in page.members]
            if not page.next_page_token:
                group.members = members or None
                return group
            request.page_token = page.next_page_token

    def resource(self, message: pb.Group) -> Any:
        group = self._model(
            id=message.id,
            external_id=message.external_id or None,
            display_name=message.name,
            meta=Meta(
                resource_type="Group",
                created=message.created_at.ToDatetime(UTC),
                last_modified=message.changed_at.ToDatetime(UTC),
                version=tag_of(message.version, ""),
            ),
        )
        if message.unit_id:
            group[GroupUnit] = GroupUnit(unit_id=message.unit_id)
        return group


def _said(group: Any) -> pb.Group:
    unit = group[GroupUnit] or GroupUnit()
    return pb.Group(
        id=group.id or "",
        name=group.display_name or "",
        external_id=group.external_id or "",
        unit_id=unit.unit_id or "",
    )


def _members(group: Any) -> list[str]:
    return [member.value or str(member.ref or "").rpartition("/")[2] for member in group.members or []]


def _member(message: pb.GroupMember) -> GroupMember:
    kind, member_id = ("User", message.account.id) if message.HasField("account") else ("Group", message.group.id)
    return GroupMember(value=member_id, ref=Reference(f"{kind}s/{member_id}"), type=kind)


def _equal_to(node: Any) -> dict[str, str]:
    """What has to be equal wherever the whole filter holds: its id, or a member."""
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        return {name: value for term in node.terms for name, value in _equal_to(term).items()}
    if isinstance(node, Comparison) and node.op == CompareOperator.eq and isinstance(node.value, str):
        path = node.attr_path
        name = path.attr.casefold()
        if name == "id" or (name == "members" and (path.sub_attr or "value").casefold() == "value"):
            return {name: node.value}
    return {}
