"""Whom a list gives what somebody writes to it: told to calendar, where all of them may be named to who writes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from workspace.directory.v1 import groups_pb2 as g
from workspace.directory.v1 import groups_pb2_grpc

from chassis.errors import Forbidden, NotFound
from chassis.rpc import RpcClient
from gateway.upstreams import services
from tests.directory.conftest import Land, Person, Stack

ADDRESS = "budget@economie.gouv.tg"


@pytest.fixture
async def calendar(stack: Stack) -> AsyncIterator[Any]:
    port = stack.server.port
    client = RpcClient(stack.settings("calendar"), "directory", f"127.0.0.1:{port}", services("directory"))
    yield groups_pb2_grpc.GroupServiceStub(client.channel)
    await client.stop()


async def make(stack: Stack, by: Person, unit: str, *accounts: Person, name: str = "Budget", **fields: Any) -> g.Group:
    given = g.Group(name=name, unit_id=unit, **{"address": ADDRESS, **fields})
    ids = [each.account.id for each in accounts]
    made: g.Group = await stack.cli.groups.CreateGroup(
        g.CreateGroupRequest(group=given, account_ids=ids, group_ids=fields.pop("groups", ())), **by.said
    )
    return made


async def expanded(calendar: Any, by: Person, most: int = 100, address: str = ADDRESS) -> tuple[bool, set[str]]:
    found = await calendar.ExpandList(g.ExpandListRequest(address=address, account_id=by.account.id, most=most))
    return found.whole, set(found.account_ids)


async def test_members_are_told_to_who_may_write_and_see_them(stack: Stack, land: Land, calendar: Any) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    group = await make(stack, by, land.economy.id, by, agent)
    assert await expanded(calendar, agent, address="Budget@Economie.gouv.tg") == (
        True, {by.account.id, agent.account.id},
    )  # fmt: skip
    # Fewer are wanted.
    assert await expanded(calendar, agent, most=1) == (False, set())
    # Another ministry's, who may not write; then who may, and may not see them.
    assert await expanded(calendar, land.health_agent) == (False, set())
    opened = g.UpdateGroupRequest(group=g.Group(id=group.id, writers="platform"), update_mask={"paths": ["writers"]})
    await stack.cli.groups.UpdateGroup(opened, **by.said)
    assert await expanded(calendar, land.health_agent) == (False, set())
    named = g.Group(id=group.id, writers="named", writer_ids=[by.account.id])
    wanted = g.UpdateGroupRequest(group=named, update_mask={"paths": ["writers", "writer_ids"]})
    await stack.cli.groups.UpdateGroup(wanted, **by.said)
    assert (await expanded(calendar, by))[0]
    assert await expanded(calendar, agent) == (False, set())


async def test_members_by_rule_and_of_groups_within(stack: Stack, land: Land, calendar: Any) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    rule = g.GroupRule(unit_id=land.economy.id)
    ruled = await make(stack, by, land.economy.id, name="Tous", address="", rule=rule)
    given = g.Group(name="Budget", unit_id=land.economy.id, address=ADDRESS)
    await stack.cli.groups.CreateGroup(g.CreateGroupRequest(group=given, group_ids=[ruled.id]), **by.said)
    whole, ids = await expanded(calendar, agent)
    assert whole
    assert {by.account.id, agent.account.id} <= ids
    assert land.health_agent.account.id not in ids


async def test_of_all_staff_nobody_is_told(stack: Stack, land: Land, administrator: Person, calendar: Any) -> None:
    fields = {"rule": g.GroupRule(everybody=True), "writers": "named", "writer_ids": [administrator.account.id]}
    await make(stack, administrator, "", address="tous@gouv.tg", **fields)
    assert await expanded(calendar, administrator, most=1_000, address="tous@gouv.tg") == (False, set())


async def test_what_is_no_list_is_not_found_and_nobody_else_asks(stack: Stack, land: Land, calendar: Any) -> None:
    for address in ("personne@economie.gouv.tg", land.economy_agent.account.address, "", "x@example.org"):
        with pytest.raises(NotFound):
            await expanded(calendar, land.economy_agent, address=address)
    with pytest.raises(Forbidden):
        await stack.mail.groups.ExpandList(g.ExpandListRequest(address=ADDRESS))
