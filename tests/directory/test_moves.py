"""Units that move, merge and are dissolved: access follows at once, accounts and addresses in chunks that resume."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import organisation_pb2 as o

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, WorkspaceError
from services.directory.domain.reorganisation import merged, moved
from services.directory.domain.tree import Gone, Tree
from services.directory.domain.units import DIRECTORATE, MAX_DEPTH, MINISTRY, Unit
from services.directory.usecases import follow_moves as following
from services.directory.usecases.follow_moves import follow_moves, retire_addresses
from tests.directory.conftest import Land, Person, Stack
from tests.directory.reorganising import addresses, dissolve, merge, move, settle


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


async def receives(stack: Stack, address: str) -> str:
    answer = await stack.mail.accounts.ResolveAddress(pb.ResolveAddressRequest(address=address))
    return str(answer.account_id)


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
