"""Groups and functions in the address book: found as one types, after people who are as close."""

from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import addressbook_pb2 as pb
from workspace.directory.v1 import directory_pb2 as directory
from workspace.directory.v1 import functions_pb2 as functions
from workspace.directory.v1 import groups_pb2 as groups

from chassis.documents import scans
from chassis.errors import InvalidInput
from tests.directory.conftest import Land, Person, Stack
from tests.directory.test_address_book import until

PERSON, FUNCTION, GROUP = pb.BOOK_ENTRY_KIND_PERSON, pb.BOOK_ENTRY_KIND_FUNCTION, pb.BOOK_ENTRY_KIND_GROUP


async def asked(stack: Stack, by: Person, query: str, **more: Any) -> pb.SearchAddressBookResponse:
    request = pb.SearchAddressBookRequest(query=query, **more)
    return await stack.cli.people.SearchAddressBook(request, **by.said)


def named(answer: pb.SearchAddressBookResponse) -> list[str]:
    return [each.person.address or each.function.address or each.group.name for each in answer.entries]


async def group(stack: Stack, by: Person, name: str, unit: str, **more: Any) -> groups.Group:
    request = groups.CreateGroupRequest(group=groups.Group(name=name, unit_id=unit, **more))
    return await stack.cli.groups.CreateGroup(request, **by.said)


async def function(stack: Stack, by: Person, address: str, title: str, unit: str, *holders: str) -> functions.Function:
    wanted = functions.Function(address=address, title=title, unit_id=unit, holder_ids=holders)
    return await stack.cli.functions.CreateFunction(functions.CreateFunctionRequest(function=wanted), **by.said)


async def shows(stack: Stack, by: Person, query: str, *wanted: str, **more: Any) -> None:
    async def yes() -> bool:
        told[:] = named(await asked(stack, by, query, **more))
        return told == list(wanted)

    told: list[str] = []
    try:
        await until(yes)
    except TimeoutError:
        assert told == list(wanted), query


async def test_functions_and_groups_are_found_with_what_they_are(
    stack: Stack, land: Land, administrator: Person
) -> None:
    agent, away = land.economy_agent, land.health_agent
    chief = await function(
        stack, administrator, "tresorier@economie.gouv.tg", "Trésorier général", land.treasury.id, agent.account.id
    )
    team = await group(stack, administrator, "Cellule du Trésor", land.treasury.id, description="Paie")
    # People of the same closeness come first: the agent stands in the Trésor.
    await shows(stack, agent, "tresor", agent.account.address, team.name, chief.address)
    # The holder is found by the address as well.
    await shows(stack, agent, "tresorier", agent.account.address, chief.address)
    [found, *_] = (await asked(stack, away, "tresorier general")).entries
    assert found.kind == FUNCTION
    assert (found.function.id, found.function.title) == (chief.id, "Trésorier général")
    assert [unit.name for unit in found.function.units] == ["Économie", "Trésor"]
    assert [holder.address for holder in found.function.holders] == [agent.account.address]
    [found, *_] = (await asked(stack, agent, "celule tresor")).entries
    assert (found.kind, found.group.id, found.group.description) == (GROUP, team.id, "Paie")
    assert named(await asked(stack, away, "cellule")) == []
    assert (await asked(stack, agent, "tresor", page_size=1)).total_size == 3
    everything = await asked(stack, agent, "", page_size=50)
    assert {each.kind for each in everything.entries} == {PERSON, FUNCTION, GROUP}
    paged, token = [], ""
    while True:
        page = await asked(stack, agent, "", page_size=2, page_token=token)
        paged += named(page)
        token = page.next_page_token
        if not token:
            break
    assert paged == named(everything)
    assert named(await asked(stack, agent, "", unit_id=land.health.id, page_size=50)) == sorted(
        [land.health_administrator.account.address, away.account.address]
    )
    for wrong in ({"page_size": -1}, {"page_token": "nonsense"}):
        with pytest.raises(InvalidInput):
            await asked(stack, agent, "tresor", **wrong)
    with pytest.raises(InvalidInput):
        await asked(stack, agent, "x" * 201)


async def test_groups_are_found_by_who_sees_their_unit_alone(stack: Stack, land: Land, administrator: Person) -> None:
    await group(stack, administrator, "Comité santé", land.health.id)
    await group(stack, administrator, "Comité du budget", land.treasury.id)
    await group(stack, administrator, "Comité national", "")
    await shows(stack, land.economy_agent, "comite", "Comité du budget", "Comité national")
    await shows(stack, land.health_agent, "comite", "Comité santé", "Comité national")
    # Who administers everything sees all of them.
    assert len((await asked(stack, administrator, "comite")).entries) == 3
    helper = await stack.person(administrator, "appui@gouv.tg", "", land.treasury.id)
    await shows(stack, helper, "comite", "Comité du budget", "Comité national")


async def test_what_changes_is_found_at_once_and_what_ended_no_longer(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by = land.economy_agent
    team = await group(stack, administrator, "Cellule un", land.treasury.id)
    await shows(stack, by, "cellule", "Cellule un")
    team.name = "Groupe deux"
    renaming = groups.UpdateGroupRequest(group=team, update_mask=FieldMask(paths=["name"]))
    await stack.cli.groups.UpdateGroup(renaming, **administrator.said)
    await shows(stack, by, "deux", "Groupe deux")
    await shows(stack, by, "cellule")
    await stack.cli.groups.DeleteGroup(groups.DeleteGroupRequest(id=team.id), **administrator.said)
    await shows(stack, by, "deux")
    post = await function(stack, administrator, "poste@economie.gouv.tg", "Poste vacant", land.treasury.id)
    await shows(stack, by, "vacant", post.address)
    assert not (await asked(stack, by, "vacant")).entries[0].function.holders
    unit = directory.Unit(id=land.treasury.id, name="Douanes")
    request = directory.UpdateUnitRequest(unit=unit, update_mask=FieldMask(paths=["name"]))
    await stack.cli.units.UpdateUnit(request, **administrator.said)
    await shows(stack, by, "douanes vacant", post.address)
    hiding = directory.UpdateUnitRequest(
        unit=directory.Unit(id=land.treasury.id, hidden=True), update_mask=FieldMask(paths=["hidden"])
    )
    await stack.cli.units.UpdateUnit(hiding, **administrator.said)
    await shows(stack, by, "vacant")
    await stack.cli.functions.DeleteFunction(functions.DeleteFunctionRequest(id=post.id), **administrator.said)
    assert await scans(stack.database, stack.recorder) == []
