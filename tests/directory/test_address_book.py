"""The address book as agents ask for it, by rpc: who is found, who is not, and how soon."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import addressbook_pb2 as book_pb
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import functions_pb2

from chassis.documents import connect
from chassis.documents.connect import close
from chassis.errors import InvalidInput, NotFound, Unauthenticated
from services.directory import bootstrap
from services.directory.domain.book import search
from tests.directory.conftest import Land, Person, Stack


async def found(stack: Stack, by: Person, query: str, **asked: Any) -> list[str]:
    answer = await stack.gateway.people.SearchPeople(book_pb.SearchPeopleRequest(query=query, **asked), **by.said)
    return [person.address for person in answer.people]


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    """A change is in the book within moments; bounded, for a book that stands still."""
    async with asyncio.timeout(10):
        while not await what():
            await asyncio.sleep(0.02)


async def describe(stack: Stack, by: Person, account: pb.Account, **profile: str) -> None:
    account.profile.MergeFrom(pb.Profile(**profile))
    await stack.update(by, account, "profile")


async def test_every_agent_finds_the_agents_of_all_ministries_the_nearest_first(stack: Stack, land: Land) -> None:
    everybody = ["agent@economie.gouv.tg", "admin@economie.gouv.tg", "admin@sante.gouv.tg", "admin@gouv.tg"]
    assert await found(stack, land.economy_agent, "") == [*everybody, "agent@sante.gouv.tg"]
    assert (await found(stack, land.health_agent, "agent"))[:1] == ["agent@sante.gouv.tg"]
    assert await found(stack, land.health_agent, "tresor") == ["agent@economie.gouv.tg"]
    assert await found(stack, land.health_agent, "", unit_id=land.economy.id) == everybody[1::-1]
    assert await found(stack, land.health_agent, "nobody of that name") == []


async def test_what_changes_is_found_at_once_and_what_it_was_no_longer(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by, agent = land.health_agent, land.economy_agent.account
    assert await found(stack, by, "budget") == []
    await describe(stack, administrator, agent, title="Directrice du Budget", phone="+228 22 21 35 01")

    async def has(query: str, *addresses: str) -> None:
        async def shows() -> bool:
            return await found(stack, by, query) == list(addresses)

        await until(shows)

    await has("budjet", agent.address)
    await has("22 21 35", agent.address)
    agent.profile.title = "Comptable"
    await stack.update(administrator, agent, "profile.title")
    await has("comptable", agent.address)
    await has("budget")
    unit = pb.Unit(id=land.treasury.id, name="Direction des Douanes")
    request = pb.UpdateUnitRequest(unit=unit, update_mask=FieldMask(paths=["name"]))
    await stack.cli.units.UpdateUnit(request, **administrator.said)
    await has("douanes", agent.address)
    await has("tresor")
    new = await stack.person(administrator, "nouveau@economie.gouv.tg", land.treasury.id)
    await has("nouveau", new.account.address)


async def test_the_suspended_and_the_hidden_are_not_listed_and_come_back(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by, agent = land.health_agent, land.economy_agent.account

    async def listed(yes: bool) -> None:
        async def shows() -> bool:
            return (agent.address in await found(stack, by, "agent")) is yes

        await until(shows)
        card = stack.gateway.people.GetPerson(book_pb.GetPersonRequest(id=agent.id), **by.said)
        if yes:
            assert (await card).address == agent.address
        else:
            with pytest.raises(NotFound):
                await card

    await listed(True)
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=agent.id), **administrator.said)
    await listed(False)
    await stack.cli.accounts.RestoreAccount(pb.RestoreAccountRequest(id=agent.id), **administrator.said)
    await listed(True)
    for hidden in (True, False):
        agent.hidden = hidden
        assert (await stack.update(administrator, agent, "hidden")).hidden is hidden
        await listed(not hidden)
    for hidden in (True, False):
        unit = pb.Unit(id=land.economy.id, hidden=hidden)
        request = pb.UpdateUnitRequest(unit=unit, update_mask=FieldMask(paths=["hidden"]))
        assert (await stack.cli.units.UpdateUnit(request, **administrator.said)).hidden is hidden
        await listed(not hidden)


async def test_a_card_shows_the_place_to_all_and_the_staff_number_to_administrators_of_the_unit_alone(
    stack: Stack, land: Land, administrator: Person
) -> None:
    wanted = pb.Account(
        address="chef@economie.gouv.tg", display_name="Chef", unit_id=land.treasury.id, staff_number="T-1",
        profile=pb.Profile(title="Chef de bureau", mobile="+228 90 00 00 00", place="Lomé"),
    )  # fmt: skip
    made = await stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=wanted), **administrator.said)

    async def card(by: Person) -> book_pb.Person:
        return await stack.gateway.people.GetPerson(book_pb.GetPersonRequest(id=made.id), **by.said)

    seen = await card(land.health_agent)
    assert [unit.name for unit in seen.units] == ["Économie", "Trésor"]
    assert [unit.kind for unit in seen.units] == [pb.UNIT_KIND_MINISTRY, pb.UNIT_KIND_DIRECTORATE]
    assert seen.profile == wanted.profile
    for stranger in (land.health_agent, land.health_administrator, land.economy_agent):
        assert (await card(stranger)).staff_number == ""
        answer = await stack.gateway.people.SearchPeople(book_pb.SearchPeopleRequest(query="chef"), **stranger.said)
        assert [person.staff_number for person in answer.people] == [""]
        assert await found(stack, stranger, "T-1") == []
    for own in (land.economy_administrator, administrator):
        assert (await card(own)).staff_number == "T-1"


async def test_pages_and_bad_questions(stack: Stack, land: Land) -> None:
    by, request = land.economy_agent, book_pb.SearchPeopleRequest(page_size=2)
    addresses: list[str] = []
    for total in (2, 4, 5):
        answer = await stack.gateway.people.SearchPeople(request, **by.said)
        addresses += [person.address for person in answer.people]
        assert (len(addresses), answer.total_size) == (total, 5)
        request.page_token = answer.next_page_token
    assert request.page_token == ""
    assert len(set(addresses)) == 5
    first = await stack.gateway.people.SearchPeople(book_pb.SearchPeopleRequest(page_size=2), **by.said)
    for wrong in (
        {"query": "x" * 201},
        {"page_size": -1},
        {"page_token": "x"},
        {"query": "other", "page_token": first.next_page_token},
    ):
        with pytest.raises(InvalidInput):
            await found(stack, by, **{"query": "", **wrong})
    with pytest.raises(NotFound):
        await stack.gateway.people.GetPerson(book_pb.GetPersonRequest(id=land.economy.id), **by.said)
    with pytest.raises(Unauthenticated):
        await stack.gateway.people.SearchPeople(book_pb.SearchPeopleRequest(query="agent"))


async def test_every_process_has_the_same_book_and_one_that_starts_later_too(
    stack: Stack, land: Land, administrator: Person, documents_url: str
) -> None:
    database = connect(documents_url, stack.database.name)
    second = bootstrap.wire(stack.settings("directory"), database)
    book = await second.phonebook.open()
    assert len(book) == 5
    await stack.person(administrator, "nouveau@sante.gouv.tg", land.health.id)

    async def heard() -> bool:
        return len(search(await second.phonebook.open(), "nouveau", ()).entries) == 1

    await until(heard)
    await second.phonebook.stop()
    second.hasher.close()
    await close(database)


async def test_changes_that_no_stream_told_are_read_anew(stack: Stack, land: Land, administrator: Person) -> None:
    """A stream that the database cannot take up again: the book is read from the beginning."""
    phonebook = stack.directory.phonebook
    await phonebook.open()
    await phonebook.stop()
    agent = land.economy_agent.account
    await describe(stack, administrator, agent, title="Archiviste")
    await phonebook.start()

    async def heard() -> bool:
        return await found(stack, land.health_agent, "archiviste") == [agent.address]

    await until(heard)


async def test_the_holder_of_a_function_is_found_by_its_address_and_the_last_holder_no_longer(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by = land.health_agent
    wanted = functions_pb2.Function(
        address="controle.general@economie.gouv.tg", title="Contrôle général", unit_id=land.treasury.id
    )
    request = functions_pb2.CreateFunctionRequest(function=wanted)
    made = await stack.cli.functions.CreateFunction(request, **administrator.said)
    for holder in (land.economy_agent.account, land.economy_administrator.account):
        assign = functions_pb2.AssignFunctionRequest(id=made.id, holder_ids=[holder.id])
        await stack.cli.functions.AssignFunction(assign, **administrator.said)

        async def shows(address: str = holder.address) -> bool:
            return await found(stack, by, "controle general") == [address]

        await until(shows)
        card = await stack.gateway.people.GetPerson(book_pb.GetPersonRequest(id=holder.id), **by.said)
        assert list(card.function_addresses) == [made.address]
