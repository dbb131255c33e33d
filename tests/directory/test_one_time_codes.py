"""One-time codes of the help desk: they let a person in once, and nobody else."""

import asyncio

import pytest
from workspace.directory.v1 import credentials_pb2 as cred
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
    Unauthenticated,
)
from tests.directory.conftest import PASSWORD, Land, Person, Stack

ADDRESS, NEW = "agent@economie.gouv.tg", "an entirely new one"
RESET, ACTIVATION = cred.CODE_PURPOSE_RESET, cred.CODE_PURPOSE_ACTIVATION


async def issue(stack: Stack, by: Person, account: pb.Account, purpose: int = RESET) -> cred.IssuedCode:
    request = cred.IssueCodeRequest(account_id=account.id, purpose=purpose)
    return await stack.cli.credentials.IssueCode(request, **by.said)


async def reset(stack: Stack, code: str, password: str = NEW, remote: str = "") -> None:
    metadata = (("workspace-remote-address", remote),) if remote else ()
    request = cred.FinishResetRequest(code=code, new_password=password)
    await stack.gateway.credentials.FinishReset(request, metadata=metadata)


async def activate(stack: Stack, code: str, password: str = NEW) -> None:
    await stack.gateway.credentials.Activate(cred.ActivateRequest(code=code, new_password=password))


async def bare(stack: Stack, by: Person, unit: str = "") -> pb.Account:
    """An account that nobody can log in to yet."""
    account = pb.Account(address="nouvelle@economie.gouv.tg", display_name="Nouvelle Agente", unit_id=unit)
    return await stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=account), **by.said)


async def test_a_code_replaces_a_lost_password_once_and_ends_all_sessions(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    issued = await issue(stack, land.economy_administrator, agent.account)
    await reset(stack, issued.code.upper().replace("-", " "))
    with pytest.raises(Unauthenticated):
        await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), **agent.said)
    with pytest.raises(Unauthenticated):
        await stack.log_in(ADDRESS)
    assert (await stack.log_in(ADDRESS, NEW)).access_token
    with pytest.raises(Unauthenticated):
        await reset(stack, issued.code, "yet another new one")


async def test_an_account_is_activated_by_its_code_alone(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    account = await bare(stack, by, land.treasury.id)
    with pytest.raises(PreconditionFailed):
        await issue(stack, by, account, RESET)
    with pytest.raises(PreconditionFailed):
        await issue(stack, by, land.economy_agent.account, ACTIVATION)
    with pytest.raises(InvalidInput):
        await issue(stack, by, account, 0)
    issued = await issue(stack, by, account, ACTIVATION)
    with pytest.raises(Unauthenticated):
        await reset(stack, issued.code)  # each code for its purpose
    await activate(stack, issued.code)
    assert (await stack.log_in(account.address, NEW)).access_token
    with pytest.raises(Unauthenticated):
        await activate(stack, issued.code)


async def test_of_two_who_use_a_code_at_once_one_succeeds(stack: Stack, land: Land) -> None:
    issued = await issue(stack, land.economy_administrator, land.economy_agent.account)
    passwords = [f"an entirely new one, number {n}" for n in range(5)]
    answers = await asyncio.gather(*(reset(stack, issued.code, each) for each in passwords), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 1
    assert all(answer is None or isinstance(answer, Unauthenticated) for answer in answers)
    assert (await stack.log_in(ADDRESS, passwords[answers.index(None)])).access_token


async def test_a_password_that_is_refused_leaves_the_code_good(stack: Stack, land: Land) -> None:
    issued = await issue(stack, land.economy_administrator, land.economy_agent.account)
    for weak in ("short", "motdepasse2024", PASSWORD):
        with pytest.raises(InvalidInput) as refusal:
            await reset(stack, issued.code, weak)
        assert "new_password" in refusal.value.fields
    await reset(stack, issued.code)


async def test_a_code_is_void_once_another_was_issued_it_is_over_or_the_password_changed(
    stack: Stack, land: Land
) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    first = await issue(stack, by, agent)
    second = await issue(stack, by, agent)
    with pytest.raises(Unauthenticated):
        await reset(stack, first.code)
    new = pb.SetPasswordRequest(id=agent.id, new_password="another entirely new one")
    await stack.cli.accounts.SetPassword(new, **by.said)
    with pytest.raises(Unauthenticated):
        await reset(stack, second.code)
    third = await issue(stack, by, agent)
    stack.clock.pass_by(hours=25)
    with pytest.raises(Unauthenticated):
        await reset(stack, third.code)


async def test_a_suspended_accounts_code_is_refused_as_any_wrong_one(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account
    issued = await issue(stack, by, agent)
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=agent.id), **by.said)
    told = set()
    for code in (issued.code, "0000-0000-0000-0000", "", "x" * 10_000, "é", agent.id):
        with pytest.raises(Unauthenticated) as refusal:
            await reset(stack, code)
        told.add((refusal.value.reason, refusal.value.detail))
    assert len(told) == 1
    with pytest.raises(PreconditionFailed):
        await issue(stack, by, agent)


async def test_a_place_that_guesses_at_codes_waits_even_with_the_right_one(stack: Stack, land: Land) -> None:
    issued = await issue(stack, land.economy_administrator, land.economy_agent.account)
    for number in range(100):
        with pytest.raises(Unauthenticated):
            await reset(stack, f"{number:016}", remote="203.0.113.9")
    with pytest.raises(TooManyRequests):
        await reset(stack, issued.code, remote="203.0.113.9")
    await reset(stack, issued.code, remote="10.0.0.1")


async def test_codes_are_issued_within_the_ministry_and_not_for_who_holds_more(
    stack: Stack, land: Land, administrator: Person
) -> None:
    desk = await stack.person(administrator, "assistance@economie.gouv.tg", land.economy.id)
    desk.account.roles.add(role=pb.ROLE_HELP_DESK, unit_id=land.economy.id)
    await stack.update(administrator, desk.account, "roles")
    desk = Person(desk.account, await stack.log_in(desk.account.address))
    await reset(stack, (await issue(stack, desk, land.economy_agent.account)).code)
    with pytest.raises(NotFound):
        await issue(stack, desk, land.health_agent.account)
    with pytest.raises(Forbidden):
        await issue(stack, desk, land.economy_administrator.account)
    with pytest.raises(Forbidden):
        await issue(stack, land.health_agent, land.health_agent.account)
    await stack.cli.accounts.SetPassword(
        pb.SetPasswordRequest(id=land.economy_agent.account.id, new_password="another entirely new one"), **desk.said
    )
    with pytest.raises(Forbidden):
        await stack.cli.accounts.ListAccounts(pb.ListAccountsRequest(), **desk.said)


async def test_the_database_and_the_log_hold_no_code(stack: Stack, land: Land) -> None:
    issued = await issue(stack, land.economy_administrator, land.economy_agent.account)
    kept = repr([each async for each in stack.database["one_time_codes"].find({"proof": {"$gt": ""}})])
    assert "issue_reset_code" in kept
    assert issued.code not in kept
    assert issued.code.replace("-", "") not in kept
