"""Addresses of groups: nobody else's, given where one administers, and told of with who may write there."""

import asyncio
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import domains_pb2 as d
from workspace.directory.v1 import groups_pb2 as g

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, WorkspaceError
from tests.directory.conftest import Land, Person, Stack

ADDRESS = "budget@economie.gouv.tg"


async def make(stack: Stack, by: Person, name: str, unit: str, **fields: Any) -> g.Group:
    request = g.CreateGroupRequest(group=g.Group(name=name, unit_id=unit, **fields))
    made: g.Group = await stack.cli.groups.CreateGroup(request, **by.said)
    return made


async def update(stack: Stack, by: Person, group: g.Group, **fields: Any) -> g.Group:
    changed = g.Group(id=group.id, **fields)
    request = g.UpdateGroupRequest(group=changed, update_mask=FieldMask(paths=list(fields)))
    after: g.Group = await stack.cli.groups.UpdateGroup(request, **by.said)
    return after


async def test_a_group_has_an_address_and_says_so_in_the_same_write(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    group = await make(stack, by, "Budget", land.economy.id, address="Budget@economie.gouv.tg ")
    assert (group.address, group.writers) == (ADDRESS, "members")
    named = await update(stack, by, group, writers="named", writer_ids=[agent.id])
    without = await update(stack, by, group, address="")
    assert (named.address, list(named.writer_ids), without.address) == (ADDRESS, [agent.id], "")
    told = [fact["data"] for fact in await stack.facts("groups", group.id) if fact["type"] == "group_changed"]
    assert [each.get("address", "") for each in told] == [ADDRESS, ADDRESS, ""]
    assert (told[1]["writers"], told[1]["writer_ids"]) == ("named", [agent.id])


async def test_an_address_is_a_groups_or_an_accounts_and_free_when_it_ends(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    first = await make(stack, by, "Budget", land.economy.id, address=ADDRESS)
    second = await make(stack, by, "Comptes", land.economy.id)
    account = pb.Account(address=ADDRESS, display_name="Budget", unit_id=land.economy.id)
    for taken in (
        make(stack, by, "Finances", land.economy.id, address=ADDRESS),
        update(stack, by, second, address=ADDRESS),
        update(stack, by, second, address="agent@economie.gouv.tg"),
        stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=account), **by.said),
    ):
        with pytest.raises(AlreadyExists):
            await taken
    unchanged = await stack.cli.groups.GetGroup(g.GetGroupRequest(id=second.id), **by.said)
    assert (unchanged.address, unchanged.version) == ("", 1)
    await update(stack, by, first, address="comite@economie.gouv.tg")
    assert (await update(stack, by, second, address=ADDRESS)).address == ADDRESS
    await stack.cli.groups.DeleteGroup(g.DeleteGroupRequest(id=second.id), **by.said)
    assert (await make(stack, by, "Finances", land.economy.id, address=ADDRESS)).address == ADDRESS


async def test_of_several_who_want_one_address_one_has_it(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    groups = [await make(stack, by, f"Groupe {number}", land.economy.id) for number in range(4)]
    wanted = (update(stack, by, group, address=ADDRESS) for group in groups)
    done = await asyncio.gather(*wanted, return_exceptions=True)
    assert sum(isinstance(each, g.Group) for each in done) == 1
    assert all(isinstance(each, g.Group | WorkspaceError) for each in done)


async def test_addresses_and_writers_are_given_where_one_administers(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    group = await make(stack, by, "Budget", land.economy.id)
    with pytest.raises(Forbidden):
        await update(stack, by, group, address="budget@sante.gouv.tg")
    with pytest.raises(Forbidden):
        await update(stack, land.economy_agent, group, address=ADDRESS)
    with pytest.raises(NotFound):
        await update(stack, by, group, writers="named", writer_ids=["01JNOBODY00000000000000001"])
    for wrong in ({"writers": "anybody"}, {"address": "no address"}, {"writer_ids": [f"{n:026}" for n in range(51)]}):
        with pytest.raises(InvalidInput):
            await update(stack, by, group, **wrong)


async def test_a_domain_that_a_group_has_its_address_in_stays(stack: Stack, land: Land, administrator: Person) -> None:
    domain = d.MailDomain(name="listes.gouv.tg", unit_id=land.economy.id)
    await stack.cli.domains.CreateDomain(d.CreateDomainRequest(domain=domain), **administrator.said)
    await make(stack, land.economy_administrator, "Budget", land.economy.id, address="budget@listes.gouv.tg")
    with pytest.raises(WorkspaceError) as refused:
        await stack.cli.domains.DeleteDomain(d.DeleteDomainRequest(name="listes.gouv.tg"), **administrator.said)
    assert refused.value.fields == {"groups": "1"}


async def test_everybody_is_the_national_administrators_and_its_writers_are_named(
    stack: Stack, land: Land, administrator: Person
) -> None:
    everybody = g.GroupRule(everybody=True)
    with pytest.raises(Forbidden):
        await make(stack, land.economy_administrator, "Tous", land.economy.id, rule=everybody)
    own = await make(stack, land.economy_administrator, "Tous", land.economy.id)
    with pytest.raises(Forbidden):
        await update(stack, land.economy_administrator, own, rule=everybody)
    for wrong in ({}, {"writers": "platform"}):
        with pytest.raises(InvalidInput):
            await make(stack, administrator, "Tous", "", rule=everybody, address="tous@gouv.tg", **wrong)
    with pytest.raises(InvalidInput):
        await make(stack, administrator, "Tous", "", rule=g.GroupRule(everybody=True, grade="Agent"))
    named = {"writers": "named", "writer_ids": [administrator.account.id]}
    group = await make(stack, administrator, "Tous", "", rule=everybody, address="tous@gouv.tg", **named)
    assert group.rule.everybody
    with pytest.raises(InvalidInput):
        await update(stack, administrator, group, writers="members")
    (told,) = [fact["data"] for fact in await stack.facts("groups", group.id) if fact["type"] == "group_changed"]
    assert told["rule"]["everybody"] is True
    request = g.ListMembersRequest(id=group.id, everybody=True, page_size=500)
    listed = await stack.cli.groups.ListMembers(request, **administrator.said)
    assert land.economy_agent.account.id in {each.account.id for each in listed.members}


async def test_who_administers_the_unit_of_a_group_of_everybody_names_no_writer(
    stack: Stack, land: Land, administrator: Person
) -> None:
    named = {"writers": "named", "writer_ids": [administrator.account.id]}
    everybody = g.GroupRule(everybody=True)
    unit, address = land.economy.id, "tous@economie.gouv.tg"
    group = await make(stack, administrator, "Tous", unit, rule=everybody, address=address, **named)
    with pytest.raises(Forbidden):
        await update(stack, land.economy_administrator, group, writer_ids=[land.economy_administrator.account.id])
