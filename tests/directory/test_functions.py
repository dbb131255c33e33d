"""Functions: an address belongs to a post and passes to its next holder, in one write with what is told of it."""

import asyncio
import json
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import functions_pb2 as f

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed, Unauthenticated
from services.directory.usecases.delete_departed import delete_account
from services.directory.usecases.present_state import functions_page
from tests.directory.conftest import Land, Person, Stack

ADDRESS = "directeur.budget@economie.gouv.tg"


async def found(stack: Stack, by: Person, unit: str, *holders: str, address: str = ADDRESS, **more: Any) -> f.Function:
    function = f.Function(address=address, title="Directeur du budget", unit_id=unit, holder_ids=holders, **more)
    return await stack.cli.functions.CreateFunction(f.CreateFunctionRequest(function=function), **by.said)


async def assign(stack: Stack, by: Person, function: f.Function, *holders: str, version: int = 0) -> f.Function:
    request = f.AssignFunctionRequest(id=function.id, holder_ids=holders, version=version)
    return await stack.cli.functions.AssignFunction(request, **by.said)


async def receives(stack: Stack, address: str = ADDRESS) -> list[str]:
    answer = await stack.mail.accounts.ResolveAddress(pb.ResolveAddressRequest(address=address))
    return [answer.account_id, *answer.other_account_ids]


async def test_the_address_passes_to_the_next_holder_and_both_are_told_of_in_the_same_write(
    stack: Stack, land: Land
) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    function = await found(stack, by, land.treasury.id, agent.id)
    assert await receives(stack) == [agent.id]
    assert list((await stack.verify(agent.address)).aliases) == [ADDRESS]
    passed = await assign(stack, by, function, by.account.id)
    assert (list(passed.holder_ids), passed.version, passed.vacant) == ([by.account.id], 2, False)
    assert await receives(stack) == [by.account.id]
    assert not (await stack.verify(agent.address)).aliases
    told = {who: (await stack.facts("accounts", who))[-1] for who in (agent.id, by.account.id)}
    assert told[agent.id]["data"]["account"]["aliases"] == []
    assert told[by.account.id]["data"]["account"]["aliases"] == [ADDRESS]
    assert told[by.account.id]["data"]["account"]["functions"] == [ADDRESS]
    facts = await stack.facts("functions", function.id)
    assert [(fact["type"], fact["version"]) for fact in facts] == [("function_assigned", 1), ("function_assigned", 2)]
    assert facts[-1]["data"]["holder_ids"] == [by.account.id]


async def test_several_holders_receive_and_the_first_is_answerable(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    function = await found(stack, by, land.treasury.id, agent.id, by.account.id)
    assert await receives(stack) == [agent.id, by.account.id]
    turned = await assign(stack, by, function, by.account.id, agent.id)
    assert [holder.address for holder in turned.holders] == [by.account.address, agent.address]
    assert await receives(stack) == [by.account.id, agent.id]


async def test_a_vacant_function_has_its_fallback_or_is_refused(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    function = await found(stack, by, land.treasury.id, agent.id)
    vacant = await assign(stack, by, function)
    assert vacant.vacant
    with pytest.raises(NotFound):
        await receives(stack)
    changed = f.Function(id=function.id, fallback_id=by.account.id)
    request = f.UpdateFunctionRequest(function=changed, update_mask=FieldMask(paths=["fallback_id"]))
    await stack.cli.functions.UpdateFunction(request, **by.said)
    assert await receives(stack) == [by.account.id]
    await assign(stack, by, function, agent.id)
    assert await receives(stack) == [agent.id]
    own = await stack.cli.accounts.GetAccount(pb.GetAccountRequest(id=agent.id), **by.said)
    assert list(own.function_addresses) == [ADDRESS]


async def test_a_function_with_a_mailbox_of_its_own_receives_itself_even_vacant(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    function = await found(stack, by, land.treasury.id, agent.id, own_mailbox=True)
    assert function.own_mailbox
    assert await receives(stack) == [function.id]
    assert list((await stack.verify(agent.address)).aliases) == [ADDRESS]  # who holds it writes in its name
    await assign(stack, by, function)
    assert await receives(stack) == [function.id]
    await assign(stack, by, function, agent.id)
    request = f.UpdateFunctionRequest(function=f.Function(id=function.id), update_mask=FieldMask(paths=["own_mailbox"]))
    assert not (await stack.cli.functions.UpdateFunction(request, **by.said)).own_mailbox
    assert await receives(stack) == [agent.id]
    told = [fact["data"].get("own_mailbox", False) for fact in await stack.facts("functions", function.id)]
    assert told == [True, True, True, False]
    page, _ = await functions_page(stack.directory, "", 10)
    assert [json.loads(entry["body"])["data"]["address"] for entry in page] == [ADDRESS]


async def test_an_address_is_a_functions_or_an_accounts_never_both(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    with pytest.raises(AlreadyExists):
        await found(stack, by, land.treasury.id, address=agent.address)
    function = await found(stack, by, land.treasury.id)
    for call in (
        stack.person(by, ADDRESS, land.treasury.id),
        stack.update(by, pb.Account(id=agent.id, aliases=[ADDRESS]), "aliases"),
        found(stack, by, land.economy.id),
    ):
        with pytest.raises(AlreadyExists):
            await call
    await stack.cli.functions.DeleteFunction(f.DeleteFunctionRequest(id=function.id), **by.said)
    assert (await stack.person(by, ADDRESS, land.treasury.id)).account.address == ADDRESS


async def test_a_function_takes_no_address_that_a_deleted_account_had(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    gone = await stack.directory.accounts.find(agent.id)
    assert gone is not None
    assert await delete_account(stack.directory, gone)
    with pytest.raises(AlreadyExists):
        await found(stack, by, land.treasury.id, address=agent.address)


async def test_of_many_who_want_an_address_at_once_one_gets_it(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    account = pb.CreateAccountRequest(account=pb.Account(address=ADDRESS, display_name="x", unit_id=land.treasury.id))
    answers = await asyncio.gather(
        *(
            found(stack, by, land.treasury.id) if n % 2 else stack.cli.accounts.CreateAccount(account, **by.said)
            for n in range(12)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, f.Function | pb.Account) for answer in answers) == 1
    assert sum(isinstance(answer, AlreadyExists) for answer in answers) == 11


async def test_appointments_at_once_leave_the_address_with_whom_the_function_names(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    people = [await stack.person(by, f"p{n}@economie.gouv.tg", land.treasury.id) for n in range(4)]
    function = await found(stack, by, land.treasury.id)
    await asyncio.gather(*(assign(stack, by, function, person.account.id) for person in people), return_exceptions=True)
    [holder] = (await stack.cli.functions.GetFunction(f.GetFunctionRequest(id=function.id), **by.said)).holder_ids
    read = [pb.GetAccountRequest(id=person.account.id) for person in people]
    accounts = [await stack.cli.accounts.GetAccount(each, **by.said) for each in read]
    assert [account.id for account in accounts if account.function_addresses] == [holder]


async def test_nobody_logs_in_by_a_function(stack: Stack, land: Land) -> None:
    await found(stack, land.economy_administrator, land.treasury.id, land.economy_agent.account.id)
    with pytest.raises(Unauthenticated):
        await stack.log_in(ADDRESS)


async def test_functions_and_people_of_another_ministry_do_not_exist(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by, stranger = land.economy_administrator, land.health_agent.account.id
    theirs = await found(stack, land.health_administrator, land.health.id, stranger, address="chef@sante.gouv.tg")
    own = await found(stack, by, land.treasury.id)
    functions = stack.cli.functions
    mask = FieldMask(paths=["fallback_id"])
    for call in (
        functions.GetFunction(f.GetFunctionRequest(id=theirs.id), **by.said),
        functions.ListFunctions(f.ListFunctionsRequest(unit_id=land.health.id), **by.said),
        functions.DeleteFunction(f.DeleteFunctionRequest(id=theirs.id), **by.said),
        assign(stack, by, theirs, by.account.id),
        assign(stack, by, own, stranger),
        found(stack, by, land.health.id, address="x@economie.gouv.tg"),
        found(stack, by, land.treasury.id, stranger, address="x@economie.gouv.tg"),
        found(stack, by, land.treasury.id, address="x@economie.gouv.tg", fallback_id=stranger),
        functions.UpdateFunction(
            f.UpdateFunctionRequest(function=f.Function(id=own.id, fallback_id=stranger), update_mask=mask), **by.said
        ),
    ):
        with pytest.raises(NotFound):
            await call
    listed = await functions.ListFunctions(f.ListFunctionsRequest(), **land.economy_agent.said)
    assert [each.address for each in listed.functions] == [ADDRESS]
    for call in (assign(stack, land.economy_agent, own), found(stack, land.economy_agent, land.treasury.id)):
        with pytest.raises(Forbidden):
            await call


async def test_a_function_takes_no_address_in_the_mail_domain_of_another_ministry(
    stack: Stack, land: Land, administrator: Person
) -> None:
    with pytest.raises(Forbidden):
        await found(stack, land.economy_administrator, land.treasury.id, address="ministre@sante.gouv.tg")


async def test_what_is_wrong_is_named(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    function = await found(stack, by, land.treasury.id)
    for wrong in ("", "no address", "a+b@economie.gouv.tg"):
        with pytest.raises(InvalidInput) as refusal:
            await found(stack, by, land.treasury.id, address=wrong)
        assert "address" in refusal.value.fields
    with pytest.raises(InvalidInput):
        await assign(stack, by, function, *[f"{n:026}" for n in range(21)])
    with pytest.raises(NotFound):
        await assign(stack, by, function, "nobody")
    with pytest.raises(PreconditionFailed):
        await assign(stack, by, function, by.account.id, version=7)
