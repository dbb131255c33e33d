"""Units that move, merge and are dissolved: access follows at once, accounts and addresses in chunks that resume."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import functions_pb2 as f
from workspace.directory.v1 import groups_pb2 as g
from workspace.directory.v1 import openid_pb2 as openid
from workspace.directory.v1 import organisation_pb2 as o

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed, WorkspaceError
from services.directory.domain.reorganisation import merged, moved
from services.directory.domain.tree import Gone, Tree
from services.directory.domain.units import DIRECTORATE, MAX_DEPTH, MINISTRY, Unit
from services.directory.usecases import follow_moves as following
from services.directory.usecases.follow_moves import follow_moves, retire_addresses
from tests.directory.conftest import Land, Person, Stack


async def move(stack: Stack, by: Person, unit: str, parent: str, **more: Any) -> o.Reorganisation:
    request = o.MoveUnitRequest(id=unit, parent_id=parent, **more)
    return await stack.cli.organisation.MoveUnit(request, **by.said)


async def merge(stack: Stack, by: Person, unit: str, into: str, **more: Any) -> o.Reorganisation:
    request = o.MergeUnitsRequest(id=unit, into_id=into, **more)
    return await stack.cli.organisation.MergeUnits(request, **by.said)


async def dissolve(stack: Stack, by: Person, unit: str, successor: str = "", **more: Any) -> o.Reorganisation:
    request = o.DissolveUnitRequest(id=unit, successor_id=successor, **more)
    return await stack.cli.organisation.DissolveUnit(request, **by.said)


async def addresses(stack: Stack, by: Person, unit: str = "") -> list[str]:
    answer = await stack.cli.accounts.ListAccounts(pb.ListAccountsRequest(unit_id=unit), **by.said)
    return [account.address for account in answer.accounts]


async def settle(stack: Stack) -> None:
    """What the worker's timer does until nothing is open."""
    for _ in range(20):
        stack.clock.pass_by(seconds=10)
        await follow_moves(stack.directory)
        if not await stack.directory.moves.opened(1):
            return
    raise AssertionError("it does not end")


async def test_access_follows_a_move_at_once_and_lists_are_never_wrong(
    stack: Stack, land: Land, administrator: Person
) -> None:
    agent, accounts = land.economy_agent.account, stack.cli.accounts
    await move(stack, administrator, land.treasury.id, land.health.id)
    read = pb.GetAccountRequest(id=agent.id)
    for following_up in (False, True):
        if following_up:
            await settle(stack)
        with pytest.raises(NotFound):
            await accounts.GetAccount(read, **land.economy_administrator.said)
        with pytest.raises(NotFound):
            await stack.cli.units.GetUnit(pb.GetUnitRequest(id=land.treasury.id), **land.economy_administrator.said)
        assert (await accounts.GetAccount(read, **land.health_administrator.said)).unit_id == land.treasury.id
        assert await addresses(stack, land.economy_administrator) == ["admin@economie.gouv.tg"]
        everybody = ["admin@sante.gouv.tg", "agent@economie.gouv.tg", "agent@sante.gouv.tg"]
        assert await addresses(stack, land.health_administrator) == everybody
        assert await addresses(stack, land.health_administrator, land.treasury.id) == [agent.address]
    document = await stack.database["accounts"].find_one({"_id": agent.id})
    assert document["unit_path"] == [land.health.id, land.treasury.id]
    told = (await stack.facts("accounts", agent.id))[-1]
    assert (told["type"], told["data"]["account"]["unit_path"]) == ("account_changed", document["unit_path"])


async def test_a_move_tells_of_the_unit_and_of_all_below_it_in_one_write(
    stack: Stack, land: Land, administrator: Person
) -> None:
    office = await stack.unit(administrator, "Bureau", pb.UNIT_KIND_OFFICE, land.treasury.id)
    await move(stack, administrator, land.treasury.id, land.health.id)
    [created, told] = await stack.facts("units", land.treasury.id)
    assert (created["type"], told["type"], told["version"]) == ("unit_created", "unit_moved", 2)
    assert told["data"]["path"] == [land.health.id, land.treasury.id]
    assert told["data"]["former_path"] == [land.economy.id, land.treasury.id]
    below = (await stack.facts("units", office.id))[-1]
    assert (below["type"], below["data"]["path"]) == ("unit_changed", [land.health.id, land.treasury.id, office.id])


async def test_a_role_moves_with_its_unit(stack: Stack, land: Land, administrator: Person) -> None:
    deputy = await stack.person(administrator, "adjoint@gouv.tg", land.economy.id, administers=land.treasury.id)
    await move(stack, administrator, land.treasury.id, land.health.id)
    assert await addresses(stack, deputy) == ["agent@economie.gouv.tg"]
    renamed = pb.Account(id=land.economy_agent.account.id, display_name="Renommé")
    assert (await stack.update(deputy, renamed, "display_name")).display_name == "Renommé"


@pytest.mark.parametrize("chunk", [1, 2])
async def test_a_worker_that_dies_anywhere_is_followed_by_one_that_goes_on(
    stack: Stack, land: Land, administrator: Person, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(following, "CHUNK", chunk)
    people = [f"p{n}@economie.gouv.tg" for n in range(4)]
    for address in people:
        account = pb.Account(address=address, display_name=address, unit_id=land.treasury.id)
        await stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=account), **administrator.said)
    begun = await move(stack, administrator, land.treasury.id, land.health.id)
    save: Callable[..., Any] = stack.directory.moves.save
    deaths = 0

    async def dying(reorganisation: Any) -> None:
        nonlocal deaths
        deaths += 1
        if deaths % 2:
            raise ConnectionError("killed")
        await save(reorganisation)

    monkeypatch.setattr(stack.directory.moves, "save", dying)
    for _ in range(60):
        stack.clock.pass_by(seconds=10)
        try:
            await follow_moves(stack.directory)
        except ConnectionError:
            continue
        if not await stack.directory.moves.opened(1):
            break
    done = await stack.cli.organisation.GetReorganisation(o.GetReorganisationRequest(id=begun.id), **administrator.said)
    assert done.done
    for address in people:
        document = await stack.database["accounts"].find_one({"addresses": address})
        assert document["unit_path"] == [land.health.id, land.treasury.id]
        assert len(await stack.facts("accounts", document["_id"])) == 2
    assert not (await stack.directory.tree.refresh()).in_transit


async def test_old_addresses_forward_for_a_set_time_then_are_free(
    stack: Stack, land: Land, administrator: Person
) -> None:
    agent = land.economy_agent.account
    await move(stack, administrator, land.treasury.id, land.health.id, new_domain="Sante.gouv.tg", forward_days=30)
    await settle(stack)
    # The agent of the other ministry has that address already.
    listing = o.ListReorganisationsRequest()
    [done] = (await stack.cli.organisation.ListReorganisations(listing, **administrator.said)).reorganisations
    assert (done.done, done.addresses_changed, list(done.addresses_kept)) == (True, 0, ["agent@economie.gouv.tg"])
    changing = o.ChangeAddressRequest(id=agent.id, address="agent.tresor@sante.gouv.tg", forward_days=30)
    changed = await stack.cli.organisation.ChangeAddress(changing, **land.health_administrator.said)
    assert (changed.address, changed.retired_addresses[0].address) == ("agent.tresor@sante.gouv.tg", agent.address)
    assert await receives(stack, agent.address) == agent.id
    # It receives, and is nobody to write as.
    assert list((await stack.verify("agent.tresor@sante.gouv.tg")).aliases) == []
    with pytest.raises(AlreadyExists):
        await stack.person(administrator, agent.address, land.economy.id)
    assert await retire_addresses(stack.directory) == 0
    stack.clock.pass_by(days=31)
    assert await retire_addresses(stack.directory) == 1
    with pytest.raises(NotFound):
        await receives(stack, agent.address)
    told = (await stack.facts("accounts", agent.id))[-1]
    assert (told["type"], told["data"]["account"]["aliases"]) == ("account_changed", [])


async def test_addresses_change_to_the_new_domain(stack: Stack, land: Land, administrator: Person) -> None:
    chief = await stack.person(administrator, "chef@economie.gouv.tg", land.treasury.id)
    await stack.update(administrator, pb.Account(id=chief.account.id, aliases=["c@economie.gouv.tg"]), "aliases")
    await move(stack, administrator, land.treasury.id, land.health.id, new_domain="sante.gouv.tg")
    await settle(stack)
    account = await stack.cli.accounts.GetAccount(pb.GetAccountRequest(id=chief.account.id), **administrator.said)
    assert (account.address, list(account.aliases)) == ("chef@sante.gouv.tg", [])
    assert sorted(each.address for each in account.retired_addresses) == ["c@economie.gouv.tg", "chef@economie.gouv.tg"]
    for address in ("chef@sante.gouv.tg", "chef@economie.gouv.tg", "c@economie.gouv.tg"):
        assert await receives(stack, address) == chief.account.id


async def receives(stack: Stack, address: str) -> str:
    answer = await stack.mail.accounts.ResolveAddress(pb.ResolveAddressRequest(address=address))
    return str(answer.account_id)


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


async def test_a_unit_never_stands_below_itself_nor_where_it_does_not_fit(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by = administrator
    office = await stack.unit(by, "Bureau", pb.UNIT_KIND_OFFICE, land.treasury.id)
    inner = await stack.unit(by, "Intérieur", pb.UNIT_KIND_DIRECTORATE, land.treasury.id)
    await stack.unit(by, "Trésor", pb.UNIT_KIND_DIRECTORATE, land.health.id)
    directorate = pb.UNIT_KIND_DIRECTORATE
    for call in (
        move(stack, by, land.treasury.id, land.treasury.id),
        move(stack, by, land.treasury.id, inner.id),
        move(stack, by, land.economy.id, land.treasury.id, kind=directorate),
        move(stack, by, land.economy.id, land.health.id),
        move(stack, by, land.treasury.id, office.id),
        move(stack, by, inner.id, office.id),
        move(stack, by, land.treasury.id, land.health.id, kind=pb.UNIT_KIND_OFFICE),
        move(stack, by, land.treasury.id, land.health.id, kind=pb.UNIT_KIND_MINISTRY),
        move(stack, by, inner.id, land.health.id, forward_days=-1),
        move(stack, by, inner.id, land.health.id, new_domain="no domain"),
        merge(stack, by, land.treasury.id, inner.id),
        merge(stack, by, land.treasury.id, land.treasury.id),
        dissolve(stack, by, land.economy.id, office.id),
        merge(stack, by, land.treasury.id, office.id),
    ):
        with pytest.raises(InvalidInput):
            await call
    with pytest.raises(AlreadyExists):
        await move(stack, by, land.treasury.id, land.health.id)
    made = await move(stack, by, inner.id, "")
    assert (await stack.cli.units.GetUnit(pb.GetUnitRequest(id=inner.id), **by.said)).kind == pb.UNIT_KIND_MINISTRY
    assert made.kind == "move"
    await move(stack, by, inner.id, land.economy.id, kind=directorate)


async def test_two_moves_that_would_close_a_circle_do_not_both_happen(
    stack: Stack, land: Land, administrator: Person
) -> None:
    one = await stack.unit(administrator, "Un", pb.UNIT_KIND_DIRECTORATE, land.economy.id)
    two = await stack.unit(administrator, "Deux", pb.UNIT_KIND_DIRECTORATE, land.economy.id)
    answers = await asyncio.gather(
        move(stack, administrator, one.id, two.id), move(stack, administrator, two.id, one.id), return_exceptions=True
    )
    assert sum(isinstance(answer, o.Reorganisation) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidInput) for answer in answers) == 1


async def test_a_ministry_reorganises_within_itself_only(stack: Stack, land: Land, administrator: Person) -> None:
    by = land.economy_administrator
    budget = await stack.unit(by, "Budget", pb.UNIT_KIND_DIRECTORATE, land.economy.id)
    deputy = await stack.person(by, "adjoint@economie.gouv.tg", land.treasury.id, administers=land.treasury.id)
    for call in (
        move(stack, by, land.treasury.id, land.health.id),
        move(stack, by, land.health.id, land.economy.id, kind=pb.UNIT_KIND_DIRECTORATE),
        merge(stack, by, land.treasury.id, land.health.id),
        merge(stack, by, land.health.id, land.economy.id),
        dissolve(stack, by, land.treasury.id, land.health.id),
        dissolve(stack, by, land.health.id),
    ):
        with pytest.raises(NotFound):
            await call
    for call in (
        move(stack, by, land.treasury.id, ""),
        merge(stack, by, land.economy.id, land.treasury.id),
        dissolve(stack, by, land.economy.id),
        move(stack, by, land.treasury.id, budget.id, new_domain="sante.gouv.tg"),
        move(stack, deputy, land.treasury.id, budget.id),
        dissolve(stack, deputy, land.treasury.id),
        move(stack, land.economy_agent, land.treasury.id, budget.id),
    ):
        with pytest.raises(Forbidden):
            await call
    await move(stack, by, land.treasury.id, budget.id)
    assert (await stack.cli.units.GetUnit(pb.GetUnitRequest(id=land.treasury.id), **by.said)).parent_id == budget.id


def _grown(parents: dict[str, str], gone: dict[str, str]) -> Tree:
    kinds = {unit: DIRECTORATE if parent else MINISTRY for unit, parent in parents.items()}
    units = [Unit(unit, unit, kinds[unit], (unit,)) for unit in parents]
    return Tree(1, units, parents, [Gone(unit, unit, successor, False) for unit, successor in gone.items()])


_IDS = "abcdefgh"


@given(acts=st.lists(st.tuples(st.booleans(), st.sampled_from(_IDS), st.sampled_from(["", *_IDS])), max_size=30))
def test_whatever_moves_and_merges_every_unit_has_one_path_and_everybody_a_place(acts: list[Any]) -> None:
    parents, gone = dict.fromkeys(_IDS, ""), dict[str, str]()
    for merging, unit_id, target_id in acts:
        tree = _grown(parents, gone)
        unit, target = tree.unit(unit_id), tree.unit(target_id)
        if unit is None or (target is None and (merging or target_id)):
            continue
        try:
            if merging:
                assert target is not None
                children = merged(tree, unit, target, "into_id")
                parents.update({child.id: target.id for child in children})
                gone[unit.id] = target.id
                del parents[unit.id]
            else:
                after = moved(tree, unit, target, DIRECTORATE if target else MINISTRY)
                parents[unit.id] = after.parent_id
        except WorkspaceError:
            continue
    tree = _grown(parents, gone)
    for unit in tree.all():
        assert len(set(unit.path)) == len(unit.path) <= MAX_DEPTH
        assert unit.path[-1] == unit.id
        assert not parents[unit.path[0]]
    for each in _IDS:
        assert tree.heir(each) is not None
        assert tree.place((each,))[-1] in parents
        assert tree.reach((each,)) is None or each in parents
