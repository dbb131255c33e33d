"""Groups: listed, nested, by rule; what each caller sees of them; circles, floods and other ministries refused."""

import asyncio
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import groups_pb2 as g

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed, WorkspaceError
from services.directory.domain.groups import MAX_DEPTH, MAX_MEMBERS, Nesting
from services.directory.usecases.list_members import LOOKED_AT
from services.directory.usecases.present_state import groups_page
from tests.directory.conftest import Land, Person, Stack


async def make(stack: Stack, by: Person, name: str, unit: str = "", **fields: Any) -> g.Group:
    rule = fields.pop("rule", None)
    group = g.Group(name=name, unit_id=unit, rule=rule)
    return await stack.cli.groups.CreateGroup(g.CreateGroupRequest(group=group, **fields), **by.said)


async def change(stack: Stack, by: Person, group: g.Group, **fields: Any) -> g.Group:
    return await stack.cli.groups.ChangeMembers(g.ChangeMembersRequest(id=group.id, **fields), **by.said)


async def members(stack: Stack, by: Person, group: g.Group, *, everybody: bool = False, size: int = 0) -> list[str]:
    """Addresses of accounts and names of groups, over all pages."""
    found: list[str] = []
    token = ""
    for _ in range(200):
        request = g.ListMembersRequest(id=group.id, everybody=everybody, page_size=size, page_token=token)
        answer = await stack.cli.groups.ListMembers(request, **by.said)
        found += [each.account.address or each.group.name for each in answer.members]
        token = answer.next_page_token
        if not token:
            return found
    raise AssertionError("the list has no end")


async def names(stack: Stack, by: Person, **fields: Any) -> list[str]:
    answer = await stack.cli.groups.ListGroups(g.ListGroupsRequest(**fields), **by.said)
    return [group.name for group in answer.groups]


async def placed(stack: Stack, by: Person, address: str, unit: str, grade: str = "", place: str = "") -> pb.Account:
    profile = pb.Profile(grade=grade, place=place)
    account = pb.Account(address=address, display_name=address, unit_id=unit, profile=profile)
    return await stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=account), **by.said)


async def test_a_group_lists_accounts_and_says_so_in_the_same_write(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    group = await make(stack, by, "Comité du budget", land.economy.id, account_ids=[agent.id])
    changed = await change(stack, by, group, add_account_ids=[by.account.id, agent.id])
    again = await change(stack, by, group, add_account_ids=[by.account.id])
    assert (changed.version, again.version, again.listed_accounts) == (2, 2, 2)
    assert await members(stack, by, group) == ["admin@economie.gouv.tg", "agent@economie.gouv.tg"]
    left = await change(stack, by, group, remove_account_ids=[by.account.id])
    assert left.listed_accounts == 1
    told = await stack.facts("groups", group.id)
    assert [(fact["type"], fact["version"]) for fact in told if fact["type"] == "group_changed"] == [
        ("group_changed", 1),
        ("group_changed", 2),
        ("group_changed", 3),
    ]
    assert told[-1]["data"]["account_ids"] == [agent.id]


async def test_a_group_by_rule_has_whoever_fits_now(stack: Stack, land: Land, administrator: Person) -> None:
    by = land.economy_administrator
    await placed(stack, by, "a@economie.gouv.tg", land.treasury.id, "Inspecteur", "Lomé")
    await placed(stack, by, "b@economie.gouv.tg", land.economy.id, "inspecteur ", "LOME")
    third = await placed(stack, by, "c@economie.gouv.tg", land.treasury.id, "Agent", "Kara")
    await placed(stack, administrator, "d@sante.gouv.tg", land.health.id, "Inspecteur", "Lomé")
    rule = g.GroupRule(unit_id=land.economy.id, grade="inspecteur")
    inspectors = await make(stack, by, "Inspecteurs", land.economy.id, rule=rule)
    assert await members(stack, by, inspectors) == ["a@economie.gouv.tg", "b@economie.gouv.tg"]
    third.profile.grade = "INSPECTEUR"
    await stack.update(by, third, "profile.grade")
    assert await members(stack, by, inspectors, size=1) == [f"{each}@economie.gouv.tg" for each in "abc"]
    narrower = g.Group(id=inspectors.id, rule=g.GroupRule(unit_id=land.economy.id, grade="inspecteur", place="Kara"))
    mask = FieldMask(paths=["rule"])
    await stack.cli.groups.UpdateGroup(g.UpdateGroupRequest(group=narrower, update_mask=mask), **by.said)
    assert await members(stack, by, inspectors) == ["c@economie.gouv.tg"]
    assert await names(stack, by, account_id=third.id) == ["Inspecteurs"]


async def test_nested_groups_give_each_member_once(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    unit = land.economy.id
    everyone = await make(stack, by, "Tout le Trésor", unit, rule=g.GroupRule(unit_id=land.treasury.id))
    inner = await make(stack, by, "Intérieur", unit, account_ids=[agent.id], group_ids=[everyone.id])
    outer = await make(stack, by, "Extérieur", unit, account_ids=[by.account.id], group_ids=[inner.id])
    assert await members(stack, by, outer) == ["admin@economie.gouv.tg", "Intérieur"]
    both = ["admin@economie.gouv.tg", "agent@economie.gouv.tg"]
    assert await members(stack, by, outer, everybody=True) == both
    assert await members(stack, by, outer, everybody=True, size=1) == both
    assert await names(stack, by, account_id=agent.id) == ["Extérieur", "Intérieur", "Tout le Trésor"]


async def test_circles_are_refused_whatever_way_they_take(stack: Stack, land: Land) -> None:
    by, unit = land.economy_administrator, land.economy.id
    first = await make(stack, by, "Un", unit)
    second = await make(stack, by, "Deux", unit, group_ids=[first.id])
    third = await make(stack, by, "Trois", unit, group_ids=[second.id])
    for holder, held in ((first, first), (first, second), (first, third)):
        with pytest.raises(InvalidInput) as refusal:
            await change(stack, by, holder, add_group_ids=[held.id])
        assert refusal.value.fields == {"members": "circle"}


async def test_two_who_would_close_a_circle_at_once_do_not(stack: Stack, land: Land) -> None:
    by, unit = land.economy_administrator, land.economy.id
    ring = [await make(stack, by, f"Groupe {n}", unit) for n in range(4)]
    answers = await asyncio.gather(
        *(change(stack, by, ring[n], add_group_ids=[ring[(n + 1) % 4].id]) for n in range(4)), return_exceptions=True
    )
    assert sum(isinstance(answer, g.Group) for answer in answers) == 3
    assert sum(isinstance(answer, InvalidInput) for answer in answers) == 1
    assert len(await members(stack, by, ring[0], everybody=True)) == 0


async def test_nesting_is_bounded_in_depth_and_number(stack: Stack, land: Land) -> None:
    by, unit = land.economy_administrator, land.economy.id
    chain = await make(stack, by, "Niveau 1", unit)
    for level in range(2, MAX_DEPTH + 1):
        chain = await make(stack, by, f"Niveau {level}", unit, group_ids=[chain.id])
    with pytest.raises(InvalidInput) as refusal:
        await make(stack, by, "Trop", unit, group_ids=[chain.id])
    assert refusal.value.fields == {"members": "too deep"}
    top = await make(stack, by, "Sommet", unit)
    with pytest.raises(InvalidInput):
        await change(stack, by, top, add_group_ids=[chain.id])
    with pytest.raises(InvalidInput):
        await change(stack, by, top, add_account_ids=[f"{n:026}" for n in range(MAX_MEMBERS + 1)])
    with pytest.raises(InvalidInput):
        await change(stack, by, top, add_group_ids=[f"{n:026}" for n in range(60)])


async def test_a_group_goes_by_rule_or_by_members(stack: Stack, land: Land) -> None:
    by, unit = land.economy_administrator, land.economy.id
    rule = g.GroupRule(unit_id=unit)
    ruled = await make(stack, by, "Par règle", unit, rule=rule)
    listed = await make(stack, by, "Par liste", unit, account_ids=[by.account.id])
    for call in (
        change(stack, by, ruled, add_account_ids=[by.account.id]),
        make(stack, by, "Les deux", unit, rule=rule, account_ids=[by.account.id]),
        make(stack, by, "Ni l'un", unit, rule=g.GroupRule()),
        stack.cli.groups.UpdateGroup(
            g.UpdateGroupRequest(group=g.Group(id=listed.id, rule=rule), update_mask=FieldMask(paths=["rule"])),
            **by.said,
        ),
    ):
        with pytest.raises(InvalidInput):
            await call


async def test_groups_of_another_ministry_do_not_exist(stack: Stack, land: Land) -> None:
    theirs = await make(
        stack, land.health_administrator, "Médecins", land.health.id, account_ids=[land.health_agent.account.id]
    )
    groups, by = stack.cli.groups, land.economy_administrator
    own = await make(stack, by, "Trésoriers", land.treasury.id)
    renamed = g.UpdateGroupRequest(group=g.Group(id=theirs.id, name="Autre"), update_mask=FieldMask(paths=["name"]))
    calls = (
        groups.GetGroup(g.GetGroupRequest(id=theirs.id), **by.said),
        groups.ListMembers(g.ListMembersRequest(id=theirs.id), **by.said),
        groups.UpdateGroup(renamed, **by.said),
        groups.DeleteGroup(g.DeleteGroupRequest(id=theirs.id), **by.said),
        groups.ListGroups(g.ListGroupsRequest(unit_id=land.health.id), **by.said),
        groups.ListGroups(g.ListGroupsRequest(account_id=land.health_agent.account.id), **by.said),
        change(stack, by, theirs, add_account_ids=[by.account.id]),
        change(stack, by, own, add_group_ids=[theirs.id]),
        change(stack, by, own, add_account_ids=[land.health_agent.account.id]),
        make(stack, by, "Ailleurs", land.health.id),
        make(stack, by, "Règle", land.economy.id, rule=g.GroupRule(unit_id=land.health.id)),
        make(stack, by, "Membre", land.economy.id, account_ids=[land.health_agent.account.id]),
        make(stack, by, "Groupe", land.economy.id, group_ids=[theirs.id]),
    )
    for call in calls:
        with pytest.raises(NotFound):
            await call
    for name, rule in (("Nationale", None), ("Tous", g.GroupRule(grade="Inspecteur"))):
        with pytest.raises(Forbidden):
            await make(stack, by, name, "" if rule is None else land.economy.id, rule=rule)
    assert await names(stack, by) == ["Trésoriers"]


async def test_of_a_national_group_each_sees_the_members_of_its_ministry(
    stack: Stack, land: Land, administrator: Person
) -> None:
    both = [land.economy_agent.account.id, land.health_agent.account.id]
    listed = await make(stack, administrator, "Liste nationale", account_ids=both)
    ruled = await make(stack, administrator, "Santé par règle", rule=g.GroupRule(unit_id=land.health.id))
    by = land.economy_agent
    assert await names(stack, by) == ["Liste nationale", "Santé par règle"]
    for everybody in (False, True):
        assert await members(stack, by, listed, everybody=everybody) == ["agent@economie.gouv.tg"]
        assert await members(stack, by, ruled, everybody=everybody) == []
        assert len(await members(stack, administrator, listed, everybody=everybody)) == 2
    with pytest.raises(Forbidden):
        await change(stack, land.economy_administrator, listed, add_account_ids=[by.account.id])


async def test_replacing_the_members_leaves_those_that_the_caller_cannot_see(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by, hidden = land.economy_administrator, land.health_agent.account.id
    group = await make(stack, by, "Mixte", land.economy.id, account_ids=[land.economy_agent.account.id])
    await change(stack, administrator, group, add_account_ids=[hidden])
    await change(stack, by, group, replace=True, add_account_ids=[by.account.id])
    assert await members(stack, administrator, group) == ["admin@economie.gouv.tg", "agent@sante.gouv.tg"]
    assert await members(stack, by, group) == ["admin@economie.gouv.tg"]


async def test_a_change_upon_an_older_version_is_refused(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    group = await make(stack, by, "Comité", land.economy.id)
    await change(stack, by, group, add_account_ids=[by.account.id], version=1)
    renamed = g.Group(id=group.id, name="Autre comité")
    update = g.UpdateGroupRequest(group=renamed, update_mask=FieldMask(paths=["name"]), version=1)
    for call in (
        change(stack, by, group, remove_account_ids=[by.account.id], version=1),
        stack.cli.groups.UpdateGroup(update, **by.said),
        stack.cli.groups.DeleteGroup(g.DeleteGroupRequest(id=group.id, version=1), **by.said),
    ):
        with pytest.raises(PreconditionFailed):
            await call
    update.version = 2
    assert (await stack.cli.groups.UpdateGroup(update, **by.said)).version == 3


async def test_a_name_is_one_groups_within_its_unit(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    await make(stack, by, "Comité d'été", land.economy.id)
    with pytest.raises(AlreadyExists):
        await make(stack, by, "COMITE D'ETE", land.economy.id)
    await make(stack, by, "Comité d'été", land.treasury.id)
    for wrong in ("", "a\r\nBcc: x", "x" * 201):
        with pytest.raises(InvalidInput):
            await make(stack, by, wrong, land.economy.id)


async def test_an_ended_group_is_let_go_and_told_of_once(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    inner = await make(stack, by, "Intérieur", land.economy.id, account_ids=[by.account.id])
    outer = await make(stack, by, "Extérieur", land.economy.id, group_ids=[inner.id])
    request = g.DeleteGroupRequest(id=inner.id)
    await stack.cli.groups.DeleteGroup(request, **by.said)
    with pytest.raises(NotFound):
        await stack.cli.groups.DeleteGroup(request, **by.said)
    assert await members(stack, by, outer) == []
    assert await names(stack, by) == ["Extérieur"]
    ended = [fact for fact in await stack.facts("groups", inner.id) if fact["data"].get("deleted")]
    assert [fact["version"] for fact in ended] == [2]
    facts, _ = await groups_page(stack.directory, "", 10)
    assert len(facts) == 1
    await stack.directory.groups.purge()
    assert await stack.database["groups"].find_one({"_id": inner.id}) is not None
    await stack.database["groups"].update_one({"_id": inner.id}, {"$unset": {"pending": "", "outbox": ""}})
    await stack.directory.groups.purge()
    assert await stack.database["groups"].find_one({"_id": inner.id}) is None
    await make(stack, by, "Intérieur", land.economy.id)


async def test_a_rule_that_fits_thousands_is_read_in_bounded_pieces(
    stack: Stack, land: Land, administrator: Person
) -> None:
    count = LOOKED_AT + 700
    template = await stack.database["accounts"].find_one({"_id": land.health_agent.account.id}, {"outbox": 0})
    del template["pending"]
    many = [
        {**template, "_id": f"{n:026}", "address": f"p{n:05}@sante.gouv.tg", "addresses": [f"p{n:05}@sante.gouv.tg"]}
        for n in range(count)
    ]
    await stack.database["accounts"].insert_many(many)
    everybody = await make(stack, administrator, "Toute la santé", rule=g.GroupRule(unit_id=land.health.id))
    first = await stack.cli.groups.ListMembers(
        g.ListMembersRequest(id=everybody.id, page_size=500), **administrator.said
    )
    assert (len(first.members), bool(first.next_page_token)) == (500, True)
    nobody = await make(stack, administrator, "Personne", rule=g.GroupRule(unit_id=land.health.id, grade="Aucun"))
    before = stack.recorder.count
    answer = await stack.cli.groups.ListMembers(g.ListMembersRequest(id=nobody.id), **administrator.said)
    assert (len(answer.members), bool(answer.next_page_token)) == (0, True)
    assert stack.recorder.count - before < 100
    assert await members(stack, administrator, nobody) == []
    assert len(await members(stack, administrator, everybody, size=500)) == count + 2


async def test_a_foreign_or_broken_page_token_is_refused(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    group = await make(stack, by, "Un", land.economy.id, account_ids=[by.account.id, land.economy_agent.account.id])
    await make(stack, by, "Deux", land.economy.id)
    first = await stack.cli.groups.ListGroups(g.ListGroupsRequest(page_size=1), **by.said)
    assert [each.name for each in first.groups] == ["Deux"]
    rest = g.ListGroupsRequest(page_size=1, page_token=first.next_page_token)
    assert [each.name for each in (await stack.cli.groups.ListGroups(rest, **by.said)).groups] == ["Un"]
    for token in ("x", "é", first.next_page_token):
        request = g.ListMembersRequest(id=group.id, page_token=token)
        with pytest.raises(InvalidInput):
            await stack.cli.groups.ListMembers(request, **by.said)


_IDS = st.sampled_from("abcdefgh")


@given(edges=st.lists(st.tuples(_IDS, _IDS), max_size=40))
def test_no_order_of_additions_makes_a_circle(edges: list[tuple[str, str]]) -> None:
    holds: dict[str, tuple[str, ...]] = {}
    for holder, held in edges:
        wanted = tuple({*holds.get(holder, ()), held})
        try:
            Nesting(holds).refuse(holder, wanted)
        except WorkspaceError:
            continue
        holds[holder] = wanted
    nesting = Nesting(holds)
    for each in "abcdefgh":
        children = nesting.children(each)
        assert all(each not in nesting.spread(child) for child in children)
