"""A lost password replaced by a letter's link: once, soon, and by nobody else."""

import asyncio

import pytest
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import (
    InvalidInput,
    SecondFactorRequired,
    TooManyRequests,
    Unauthenticated,
)
from services.directory.usecases.start_reset import answer_resets
from tests.directory.conftest import Land, Stack
from tests.directory.postman import Postman
from tests.directory.test_app_passwords import made as app_password
from tests.directory.test_app_passwords import verify
from tests.directory.test_one_time_codes import issue, reset
from tests.directory.test_passkeys import begin, registered
from tests.directory.test_recovery import ADDRESS, NEW, OUTSIDE, confirm_reset, postman, start, with_address
from tests.directory.test_second_factors import challenge, code_at, confirm, enrol

__all__ = ["postman"]


async def test_a_link_replaces_the_password_once_and_ends_all_sessions(
    stack: Stack, land: Land, postman: Postman
) -> None:
    agent = land.economy_agent
    await with_address(stack, postman, agent)
    _, app = await app_password(stack, agent)
    await start(stack, "  Agent@Economie.GOUV.tg ")
    (letter,) = await postman.round()
    assert letter.to == OUTSIDE
    assert f"http://localhost:8080/login/reset?code={letter.code}" in letter.text
    with pytest.raises(InvalidInput):
        await reset(stack, letter.code, "short")
    await reset(stack, letter.code)
    with pytest.raises(Unauthenticated):
        await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), **agent.said)
    with pytest.raises(Unauthenticated):
        await stack.log_in(ADDRESS)
    assert (await stack.log_in(ADDRESS, NEW)).access_token
    with pytest.raises(Unauthenticated):
        await reset(stack, letter.code, "yet another new one")
    # App passwords are other programs' keys, and stay.
    assert (await verify(stack, app)).account_id == agent.account.id


async def test_a_link_is_good_for_half_an_hour(stack: Stack, land: Land, postman: Postman) -> None:
    await with_address(stack, postman, land.economy_agent)
    await start(stack)
    (letter,) = await postman.round()
    stack.clock.pass_by(minutes=31)
    with pytest.raises(Unauthenticated):
        await reset(stack, letter.code)


async def test_asking_is_one_write_for_every_address(stack: Stack, land: Land, postman: Postman) -> None:
    await with_address(stack, postman, land.economy_agent)
    await stack.cli.accounts.SuspendAccount(
        pb.SuspendAccountRequest(id=land.health_agent.account.id), **land.health_administrator.said
    )
    asked = set()
    for address in (ADDRESS, "agent@sante.gouv.tg", "nobody@gouv.tg", "no address", "", "x" * 5000, "\x00é"):
        stack.recorder.commands.clear()
        await start(stack, address)
        asked.add(tuple(sorted(stack.recorder.commands)))
    assert len(asked) == 1, asked
    ((shape,),) = asked
    assert shape.startswith("resets_asked")


async def test_nobody_else_is_written_to(stack: Stack, land: Land, postman: Postman) -> None:
    suspended, bare = land.health_agent, land.economy_agent
    await with_address(stack, postman, suspended)
    await stack.cli.accounts.SuspendAccount(
        pb.SuspendAccountRequest(id=suspended.account.id), **land.health_administrator.said
    )
    for address in (suspended.account.address, bare.account.address, "nobody@gouv.tg", "no address", ""):
        await start(stack, address)
    assert await postman.round() == []
    assert await stack.database["resets_asked"].count_documents({}) == 0
    # A letter that was on its way is of no use either.
    agent = land.economy_agent
    await with_address(stack, postman, agent)
    await start(stack)
    (letter,) = await postman.round()
    await stack.cli.accounts.SuspendAccount(
        pb.SuspendAccountRequest(id=agent.account.id), **land.economy_administrator.said
    )
    with pytest.raises(Unauthenticated):
        await reset(stack, letter.code)


async def test_three_letters_a_day_each_good_and_none_of_the_help_desks_codes_is_void_for_them(
    stack: Stack, land: Land, postman: Postman
) -> None:
    agent = land.economy_agent
    await with_address(stack, postman, agent)
    by_hand = await issue(stack, land.economy_administrator, agent.account)
    letters = []
    for _ in range(5):
        await start(stack)
        await start(stack)
        letters += await postman.round()
    assert [letter.to for letter in letters] == [OUTSIDE] * 3
    assert len({letter.code for letter in letters}) == 3
    await reset(stack, letters[0].code)
    # The password has changed: whatever was to replace it is void.
    for code in (letters[1].code, letters[2].code, by_hand.code):
        with pytest.raises(Unauthenticated):
            await reset(stack, code, "yet another new one")
    stack.clock.pass_by(days=1)
    await start(stack)
    await answer_resets(stack.directory)
    assert await stack.database["letters"].count_documents({}) == 1


async def test_a_second_factor_is_asked_for_before_the_password_is_taken(
    stack: Stack, land: Land, postman: Postman
) -> None:
    agent = land.economy_agent
    await with_address(stack, postman, agent)
    secret, codes = await enrol(stack, agent)
    await start(stack)
    (letter,) = await postman.round()
    with pytest.raises(SecondFactorRequired) as refusal:
        await reset(stack, letter.code)
    given = refusal.value.fields["challenge"]
    assert refusal.value.fields["methods"] == "totp recovery_code"
    assert await challenge(stack)  # the old password is still the one
    with pytest.raises(Unauthenticated):
        await confirm(stack, given, code=code_at(secret, stack.clock()))  # it logs nobody in
    with pytest.raises(Unauthenticated):
        await confirm_reset(stack, await challenge(stack), code=code_at(secret, stack.clock()))  # nor the other way
    with pytest.raises(Unauthenticated):
        await confirm_reset(stack, given, code="000000")
    with pytest.raises(InvalidInput):
        await confirm_reset(stack, given)
    await confirm_reset(stack, given, code=code_at(secret, stack.clock()))
    with pytest.raises(Unauthenticated):
        await stack.log_in(ADDRESS)
    with pytest.raises(SecondFactorRequired):
        await stack.log_in(ADDRESS, NEW)  # the factor stays
    with pytest.raises(Unauthenticated):
        await confirm_reset(stack, given, recovery_code=codes[0])


async def test_a_passkey_or_a_recovery_code_confirms_a_reset(stack: Stack, land: Land, postman: Postman) -> None:
    agent = land.economy_agent
    await with_address(stack, postman, agent)
    key, codes = await registered(stack, agent)
    for number, factor in enumerate(("passkey", "recovery_code")):
        await start(stack)
        (letter,) = await postman.round()
        new = f"an entirely new one, number {number}"
        with pytest.raises(SecondFactorRequired) as refusal:
            await reset(stack, letter.code, new)
        given = refusal.value.fields["challenge"]
        if factor == "passkey":
            begun = await begin(stack, given)
            await confirm_reset(stack, given, passkey=key.get(begun.options_json), state=begun.state)
        else:
            await confirm_reset(stack, given, recovery_code=codes[0])
        with pytest.raises(SecondFactorRequired):
            await stack.log_in(ADDRESS, new)


async def test_a_reset_is_no_way_around_the_wait(stack: Stack, land: Land, postman: Postman) -> None:
    agent = land.economy_agent
    await with_address(stack, postman, agent)
    secret, _ = await enrol(stack, agent)
    await start(stack)
    (letter,) = await postman.round()
    with pytest.raises(SecondFactorRequired) as refusal:
        await reset(stack, letter.code)
    given = refusal.value.fields["challenge"]
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await confirm_reset(stack, given, code="000000")
    with pytest.raises(TooManyRequests):
        await confirm_reset(stack, given, code=code_at(secret, stack.clock()))
    with pytest.raises(TooManyRequests):
        await stack.log_in(ADDRESS)
    stack.clock.pass_by(seconds=5)
    await confirm_reset(stack, given, code=code_at(secret, stack.clock()))
    with pytest.raises(Unauthenticated):
        await stack.log_in(ADDRESS)
    with pytest.raises(TooManyRequests):
        await stack.log_in(ADDRESS, NEW)  # the reset has forgiven nothing


async def test_of_two_who_use_a_link_at_once_one_succeeds(stack: Stack, land: Land, postman: Postman) -> None:
    await with_address(stack, postman, land.economy_agent)
    await start(stack)
    (letter,) = await postman.round()
    passwords = [f"an entirely new one, number {n}" for n in range(4)]
    answers = await asyncio.gather(*(reset(stack, letter.code, each) for each in passwords), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 1
    assert (await stack.log_in(ADDRESS, passwords[answers.index(None)])).access_token
