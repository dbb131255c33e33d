"""Units that are merged or dissolved: everything of theirs goes to another unit, and nothing is lost."""

import pytest
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import functions_pb2 as f
from workspace.directory.v1 import groups_pb2 as g
from workspace.directory.v1 import openid_pb2 as openid

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from services.directory.domain.reorganisation import merged
from services.directory.domain.tree import Tree
from services.directory.domain.units import DIRECTORATE, MINISTRY, Unit
from tests.directory.conftest import Land, Person, Stack
from tests.directory.reorganising import addresses, dissolve, merge, settle


async def test_of_merged_ministries_everything_is_the_others(stack: Stack, land: Land, administrator: Person) -> None:
    agent = land.economy_agent.account
    group = g.Group(name="Comité", unit_id=land.economy.id)
    made = await stack.cli.groups.CreateGroup(g.CreateGroupRequest(group=group), **administrator.said)
    rule = g.Group(name="Tous", unit_id=land.economy.id, rule=g.GroupRule(unit_id=land.economy.id))
    ruled = await stack.cli.groups.CreateGroup(g.CreateGroupRequest(group=rule), **administrator.said)
    function = f.Function(address="chef@economie.gouv.tg", title="Chef", unit_id=land.economy.id, holder_ids=[agent.id])
    held = await stack.cli.functions.CreateFunction(f.CreateFunctionRequest(function=function), **administrator.said)
    client = openid.Client(name="Paie", unit_id=land.economy.id, redirect_uris=["https://paie.example.tg/retour"])
    registered = await stack.cli.clients.CreateClient(openid.CreateClientRequest(client=client), **administrator.said)
    begun = await merge(stack, administrator, land.economy.id, land.health.id)
    # Whoever answers for it looks whether they are too wide now.
    assert list(begun.groups_by_rule) == ["Tous"]
    by = land.health_administrator
    for following_up in (False, True):
        if following_up:
            await settle(stack)
        assert len(await addresses(stack, by)) == 4
        assert (await stack.cli.groups.GetGroup(g.GetGroupRequest(id=made.id), **by.said)).unit_id == land.health.id
        members = await stack.cli.groups.ListMembers(g.ListMembersRequest(id=ruled.id), **by.said)
        assert len(members.members) == 4
        of = await stack.cli.groups.ListGroups(g.ListGroupsRequest(account_id=agent.id), **by.said)
        assert [each.name for each in of.groups] == ["Tous"]
        seen = await stack.cli.functions.GetFunction(f.GetFunctionRequest(id=held.id), **by.said)
        assert list(seen.holder_ids) == [agent.id]
        listed = await stack.cli.clients.ListClients(openid.ListClientsRequest(unit_id=land.health.id), **by.said)
        assert [(each.name, each.unit_id) for each in listed.clients] == [("Paie", land.health.id)]
        wanted = openid.GetClientRequest(client_id=registered.client.client_id)
        assert (await stack.cli.clients.GetClient(wanted, **by.said)).unit_id == land.health.id
        unit = await stack.cli.units.GetUnit(pb.GetUnitRequest(id=land.health.id), **by.said)
        assert list(unit.domains) == ["economie.gouv.tg", "sante.gouv.tg"]
        assert list((await stack.cli.units.GetUnit(pb.GetUnitRequest(id=land.treasury.id), **by.said)).path) == [
            land.health.id,
            land.treasury.id,
        ]
    with pytest.raises(NotFound):
        await stack.cli.units.GetUnit(pb.GetUnitRequest(id=land.economy.id), **administrator.said)
    told = (await stack.facts("units", land.economy.id))[-1]
    assert (told["type"], told["data"]["into_id"]) == ("unit_merged", land.health.id)
    await stack.unit(administrator, "Économie", pb.UNIT_KIND_MINISTRY)


async def test_what_answers_for_an_application_is_not_dissolved_without_a_successor(
    stack: Stack, land: Land, administrator: Person
) -> None:
    unit = await stack.unit(administrator, "Sport", pb.UNIT_KIND_MINISTRY)
    client = openid.Client(name="Stades", unit_id=unit.id, redirect_uris=["https://stades.example.tg/retour"])
    await stack.cli.clients.CreateClient(openid.CreateClientRequest(client=client), **administrator.said)
    with pytest.raises(PreconditionFailed) as held:
        await dissolve(stack, administrator, unit.id)
    assert held.value.fields == {"successor_id": "applications"}
    await dissolve(stack, administrator, unit.id, land.health.id)
    said = land.health_administrator.said
    listed = await stack.cli.clients.ListClients(openid.ListClientsRequest(), **said)
    assert [each.name for each in listed.clients] == ["Stades"]


async def test_units_of_one_name_are_told_apart_by_where_they_came_from(
    stack: Stack, land: Land, administrator: Person
) -> None:
    for name in ("Secrétariat général", "Affaires financières"):
        await stack.unit(administrator, name, pb.UNIT_KIND_DIRECTORATE, land.economy.id)
        await stack.unit(administrator, name.upper(), pb.UNIT_KIND_DIRECTORATE, land.health.id)
    await merge(stack, administrator, land.economy.id, land.health.id)
    listed = await stack.cli.units.ListUnits(pb.ListUnitsRequest(parent_id=land.health.id), **administrator.said)
    names = {unit.name for unit in listed.units}
    assert {"SECRÉTARIAT GÉNÉRAL", "AFFAIRES FINANCIÈRES"} < names
    assert {"Secrétariat général (Économie)", "Affaires financières (Économie)"} < names


def test_names_that_cannot_be_told_apart_are_all_told() -> None:
    one, two = Unit("1", "Un", MINISTRY, ("1",)), Unit("2", "Deux", MINISTRY, ("2",))
    names = ("a" * 198, "b" * 198, "c")
    below = [
        Unit(f"{unit.id}{name[0]}", name, DIRECTORATE, (unit.id, f"{unit.id}{name[0]}"))
        for unit in (one, two) for name in names
    ]  # fmt: skip
    tree = Tree(1, [one, two, *below], {unit.id: unit.path[0] for unit in below})
    with pytest.raises(InvalidInput) as refused:
        merged(tree, one, two, "into_id")
    assert refused.value.fields == {"name": f"{names[0]}, {names[1]}"}


async def test_roles_over_a_merged_unit_end_unless_they_are_handed_over(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by = land.economy_administrator
    third = await stack.unit(administrator, "Numérique", pb.UNIT_KIND_MINISTRY)
    await merge(stack, administrator, land.economy.id, land.health.id)
    assert await addresses(stack, by) == []
    with pytest.raises((Forbidden, NotFound)):
        await stack.update(by, pb.Account(id=land.health_agent.account.id, display_name="x"), "display_name")
    own = await stack.cli.accounts.GetAccount(pb.GetAccountRequest(id=by.account.id), **by.said)
    assert list(own.roles) == []
    await merge(stack, administrator, land.health.id, third.id, hand_roles=True)
    assert len(await addresses(stack, land.health_administrator)) == 4
    await settle(stack)
    assert len(await addresses(stack, land.health_administrator)) == 4


async def test_a_unit_is_dissolved_when_it_holds_nothing_or_into_its_successor(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by = land.economy_administrator
    for unit, held in ((land.treasury.id, "accounts"), (land.economy.id, "units, accounts, domains")):
        with pytest.raises(PreconditionFailed) as refusal:
            await dissolve(stack, administrator, unit)
        assert refusal.value.fields == {"successor_id": held}
    office = await stack.unit(by, "Bureau", pb.UNIT_KIND_OFFICE, land.treasury.id)
    await dissolve(stack, by, office.id)
    await dissolve(stack, by, land.treasury.id, land.economy.id)
    assert len(await addresses(stack, by, land.economy.id)) == 2
    told = (await stack.facts("units", land.treasury.id))[-1]
    assert (told["type"], told["data"]["successor_id"]) == ("unit_dissolved", land.economy.id)
    await settle(stack)
    assert len(await addresses(stack, by)) == 2
