"""A function whose holder was deleted falls to the next holder or to its fallback, however often that is told."""

import pytest
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import domains_pb2 as d
from workspace.directory.v1 import functions_pb2 as f
from workspace.directory.v1 import life_pb2 as life
from workspace.directory.v1.events_pb2 import AccountDeleted

from chassis.documents import scans
from chassis.errors import NotFound
from chassis.events import fact_as, parse_envelope
from services.directory.events import DirectoryEvents
from services.directory.usecases.delete_departed import delete_account
from tests.directory.conftest import Land, Person, Stack
from tests.directory.test_functions import ADDRESS, assign, found, receives


async def deleted(stack: Stack, person: Person) -> None:
    account = await stack.directory.accounts.find(person.account.id)
    assert account is not None
    assert await delete_account(stack.directory, account)


async def heard(stack: Stack, person: Person) -> None:
    """What the worker does when it is told of the deletion."""
    document = await stack.database["acts"].find_one({"_id": f"{person.account.id}.deleted"})
    for entry in document["outbox"]:
        envelope = parse_envelope(entry["body"])
        if envelope.type == "account_deleted":
            events = DirectoryEvents(stack.directory)
            await events.leave_functions(fact_as(envelope, AccountDeleted), envelope)


async def read(stack: Stack, by: Person, function: f.Function) -> f.Function:
    return await stack.cli.functions.GetFunction(f.GetFunctionRequest(id=function.id), **by.said)


async def test_the_fallback_stands_in_for_a_holder_who_was_deleted_and_that_is_told(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    function = await found(stack, by, land.treasury.id, agent.account.id, fallback_id=by.account.id)
    await deleted(stack, agent)
    with pytest.raises(NotFound):
        await receives(stack)
    for _ in range(2):
        await heard(stack, agent)
    after = await read(stack, by, function)
    assert (after.vacant, list(after.holder_ids), after.fallback_id, after.version) == (True, [], by.account.id, 2)
    assert await receives(stack) == [by.account.id]
    own = await stack.cli.accounts.GetAccount(pb.GetAccountRequest(id=by.account.id), **by.said)
    assert list(own.function_addresses) == [ADDRESS]
    told = [each for each in await stack.facts("functions", function.id) if each["type"] == "function_assigned"]
    assert [(each["version"], each["data"]["holder_ids"]) for each in told] == [(1, [agent.account.id]), (2, [])]
    assert [shape for shape in await scans(stack.database, stack.recorder) if shape.startswith("functions")] == []


async def test_of_several_holders_the_next_answers_and_a_deleted_fallback_is_none(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    function = await found(stack, by, land.treasury.id, agent.account.id, by.account.id)
    vacant = await found(stack, by, land.treasury.id, address="autre@economie.gouv.tg", fallback_id=agent.account.id)
    await deleted(stack, agent)
    await heard(stack, agent)
    assert list((await read(stack, by, function)).holder_ids) == [by.account.id]
    assert (await read(stack, by, vacant)).fallback_id == ""
    with pytest.raises(NotFound):
        await receives(stack, vacant.address)


async def test_what_is_told_late_takes_nothing_from_the_next_holder(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    function = await found(stack, by, land.treasury.id, agent.account.id)
    await deleted(stack, agent)
    await assign(stack, by, function, by.account.id)
    await heard(stack, agent)
    after = await read(stack, by, function)
    assert (list(after.holder_ids), after.version) == ([by.account.id], 2)


async def test_who_has_departed_and_may_come_back_keeps_its_functions(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    function = await found(stack, by, land.treasury.id, agent.account.id, fallback_id=by.account.id)
    await stack.cli.departures.DepartAccount(life.DepartAccountRequest(id=agent.account.id), **by.said)
    events = DirectoryEvents(stack.directory)
    await events.leave_functions(AccountDeleted(account={"account_id": agent.account.id}), None)  # type: ignore[arg-type]
    assert list((await read(stack, by, function)).holder_ids) == [agent.account.id]


async def test_a_mail_domain_is_left_by_an_administrator_who_was_deleted(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    for name in ("a.tg", "b.tg"):
        await stack.owning(administrator, land.economy.id, name, agent.account.id, by.account.id)
    await deleted(stack, agent)
    for _ in range(2):
        await heard(stack, agent)
    domains = await stack.cli.domains.ListDomains(d.ListDomainsRequest(), **by.said)
    assert [(list(each.administrator_ids), each.version) for each in domains.domains[:2]] == [([by.account.id], 2)] * 2
