"""Passwords: the same way for every failure, waits that end, and threads that never stop the loop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from workspace.directory.v1 import credentials_pb2
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, TooManyRequests, Unauthenticated
from services.directory.hashing import VERIFICATIONS, PasswordHasher
from tests import passwords
from tests.directory.conftest import PASSWORD, Person, Stack

HOME, ELSEWHERE = "10.1.1.1", "203.0.113.9"


@pytest.fixture(autouse=True)
def _passwords_cost_what_they_do() -> Iterator[None]:
    passwords.cost(passwords.TRUE)
    yield
    passwords.cost(passwords.CHEAP)


def verifications() -> float:
    return float(VERIFICATIONS._value.get())


async def cost(of: Callable[[], Awaitable[Any]]) -> float:
    before = verifications()
    with pytest.raises(Unauthenticated) as failure:
        await of()
    assert failure.value.detail == "Wrong address or password"
    return verifications() - before


async def test_every_failure_verifies_one_hash_and_says_the_same(stack: Stack, administrator: Person) -> None:
    suspended = await stack.person(administrator, "suspended@gouv.tg")
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=suspended.account.id), **administrator.said)
    bare = pb.Account(address="nopassword@gouv.tg", display_name="Sans mot de passe")
    await stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=bare), **administrator.said)
    for address, password in (
        ("admin@gouv.tg", "not this one at all"),
        ("nobody@gouv.tg", PASSWORD),
        ("suspended@gouv.tg", PASSWORD),
        ("nopassword@gouv.tg", PASSWORD),
        ("nopassword@gouv.tg", ""),
        ("no address", PASSWORD),
        ("admin@gouv.tg", "x" * 100_000),
    ):
        assert await cost(lambda a=address, p=password: stack.log_in(a, p)) == 1
        assert await cost(lambda a=address, p=password: stack.verify(a, p)) == 1


async def test_a_login_asks_the_database_little_beside_argon2(stack: Stack, administrator: Person) -> None:
    await stack.log_in("admin@gouv.tg", remote=HOME)
    before = stack.recorder.count
    await stack.log_in("admin@gouv.tg", remote=HOME)
    # The account, whether it is at home there, its wrong tries, its second factors; and the session's writing.
    assert stack.recorder.count - before == 5


async def fail(stack: Stack, address: str, times: int, remote: str = "") -> None:
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            await stack.log_in(address, "wrong password", remote)


@pytest.mark.parametrize("address", ["admin@gouv.tg", "nobody@gouv.tg"])
async def test_wrong_passwords_make_an_address_wait_and_the_wait_ends(
    stack: Stack, administrator: Person, address: str
) -> None:
    await fail(stack, address, 5)
    before = verifications()
    with pytest.raises(TooManyRequests) as refusal:
        await stack.log_in(address)
    assert verifications() == before
    assert 0 < (refusal.value.retry_after or 0) <= 2
    for _ in range(14):
        stack.clock.pass_by(minutes=16)
        await fail(stack, address, 1)
        with pytest.raises(TooManyRequests) as refusal:
            await stack.log_in(address)
        assert (refusal.value.retry_after or 0) <= 900


@pytest.mark.parametrize("known", ["admin@gouv.tg", "nobody@gouv.tg"])
@pytest.mark.parametrize(
    "spell",
    [
        str.upper, lambda each: f" {each}\t", lambda each: each.replace("gouv", "\uff47ouv"),
        lambda each: each.replace(".", "\u3002"),
    ],
)  # fmt: skip
async def test_the_wait_of_an_address_is_that_of_all_its_spellings(
    stack: Stack, administrator: Person, known: str, spell: Callable[[str], str]
) -> None:
    """Otherwise another spelling would tell whether the address is somebody's."""
    await fail(stack, known, 5)
    with pytest.raises(TooManyRequests):
        await stack.log_in(spell(known), "wrong password")


async def test_a_right_password_after_the_wait_starts_anew(stack: Stack, administrator: Person) -> None:
    await fail(stack, "admin@gouv.tg", 5)
    stack.clock.pass_by(seconds=3)
    await stack.log_in("admin@gouv.tg")
    await fail(stack, "admin@gouv.tg", 4)
    await stack.log_in("admin@gouv.tg")


async def test_strangers_cannot_keep_a_person_out_where_it_is_at_home(stack: Stack, administrator: Person) -> None:
    await stack.log_in("admin@gouv.tg", remote=HOME)
    await fail(stack, "admin@gouv.tg", 5, ELSEWHERE)
    with pytest.raises(TooManyRequests):
        await stack.log_in("admin@gouv.tg", remote=ELSEWHERE)
    assert (await stack.log_in("admin@gouv.tg", remote=HOME)).access_token


async def test_guessing_at_home_waits_too(stack: Stack, administrator: Person) -> None:
    await stack.log_in("admin@gouv.tg", remote=HOME)
    await fail(stack, "admin@gouv.tg", 5, HOME)
    with pytest.raises(TooManyRequests):
        await stack.log_in("admin@gouv.tg", remote=HOME)


async def test_a_remote_address_that_guesses_at_many_accounts_waits_and_others_do_not(
    stack: Stack, administrator: Person
) -> None:
    for number in range(100):
        with pytest.raises(Unauthenticated):
            await stack.verify(f"a{number}@gouv.tg", remote=ELSEWHERE)
    with pytest.raises(TooManyRequests):
        await stack.verify("admin@gouv.tg", remote=ELSEWHERE)
    assert (await stack.verify("admin@gouv.tg", remote=HOME)).account_id == administrator.account.id


async def test_who_mistypes_and_gets_in_costs_the_others_there_nothing(stack: Stack, administrator: Person) -> None:
    people = [await stack.person(administrator, f"agent{number}@gouv.tg") for number in range(2)]
    for _ in range(30):
        for person in people:
            await fail(stack, person.account.address, 2, ELSEWHERE)
            await stack.log_in(person.account.address, remote=ELSEWHERE)
            # As from another place, where it is known by nothing yet.
            await stack.database["remotes"].delete_many({"_id": {"$gt": ""}})
    assert (await stack.log_in("admin@gouv.tg", remote=ELSEWHERE)).access_token


async def test_wrong_passwords_of_a_place_keep_nobody_there_from_a_code(stack: Stack, administrator: Person) -> None:
    for number in range(100):
        with pytest.raises(Unauthenticated):
            await stack.verify(f"a{number}@gouv.tg", remote=ELSEWHERE)
    with pytest.raises(TooManyRequests):
        await stack.log_in("admin@gouv.tg", remote=ELSEWHERE)
    finishing = credentials_pb2.FinishResetRequest(code="0000-0000-0000-0000-0000", new_password="an entirely new one")
    with pytest.raises(Unauthenticated):
        await stack.gateway.credentials.FinishReset(finishing, metadata=(("workspace-remote-address", ELSEWHERE),))


async def test_guesses_sent_at_once_cannot_outrun_the_lockout(stack: Stack, administrator: Person) -> None:
    before = verifications()
    answers = await asyncio.gather(
        *(stack.log_in("admin@gouv.tg", f"guess number {n}") for n in range(40)), return_exceptions=True
    )
    assert verifications() - before <= 5
    assert all(isinstance(answer, Unauthenticated | TooManyRequests) for answer in answers)


async def test_a_mail_client_that_reconnects_costs_one_verification(stack: Stack, administrator: Person) -> None:
    before = verifications()
    for _ in range(5):
        assert (await stack.verify("admin@gouv.tg")).address == "admin@gouv.tg"
    assert verifications() - before == 1
    await fail_verify(stack, "wrong password")
    assert verifications() - before == 2


async def fail_verify(stack: Stack, password: str = PASSWORD, address: str = "admin@gouv.tg") -> None:
    with pytest.raises(Unauthenticated):
        await stack.verify(address, password)


async def test_a_remembered_password_is_no_way_around_the_wait(stack: Stack, administrator: Person) -> None:
    await stack.verify("admin@gouv.tg", remote=HOME)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await stack.verify("admin@gouv.tg", "wrong password", remote=ELSEWHERE)
    for guess in ("another wrong one", PASSWORD):  # the right one among them must not be told apart
        with pytest.raises(TooManyRequests):
            await stack.verify("admin@gouv.tg", guess, remote=ELSEWHERE)
    assert (await stack.verify("admin@gouv.tg", remote=HOME)).account_id == administrator.account.id


async def test_a_client_that_reconnects_gives_who_guesses_beside_it_no_new_tries(
    stack: Stack, administrator: Person
) -> None:
    await stack.verify("admin@gouv.tg", remote=HOME)
    for _ in range(5):
        await stack.verify("admin@gouv.tg", remote=HOME)
        with pytest.raises(Unauthenticated):
            await stack.verify("admin@gouv.tg", "wrong password", remote=HOME)
    with pytest.raises(TooManyRequests):
        await stack.verify("admin@gouv.tg", remote=HOME)


async def test_a_remembered_password_is_forgotten_with_a_change(stack: Stack, administrator: Person) -> None:
    await stack.verify("admin@gouv.tg")
    request = pb.SetPasswordRequest(current_password=PASSWORD, new_password="an entirely new one")
    await stack.gateway.accounts.SetPassword(request, **administrator.said)
    await fail_verify(stack)
    await stack.verify("admin@gouv.tg", "an entirely new one")


async def test_a_remembered_password_is_of_no_use_to_a_suspended_account(stack: Stack, administrator: Person) -> None:
    agent = await stack.person(administrator, "agent@gouv.tg")
    await stack.verify("agent@gouv.tg")
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=agent.account.id), **administrator.said)
    await fail_verify(stack, address="agent@gouv.tg")
    await stack.cli.accounts.RestoreAccount(pb.RestoreAccountRequest(id=agent.account.id), **administrator.said)
    await stack.verify("agent@gouv.tg")


async def test_only_services_verify_passwords(stack: Stack, administrator: Person) -> None:
    request = pb.VerifyPasswordRequest(address="admin@gouv.tg", password=PASSWORD)
    with pytest.raises(Forbidden):
        await stack.cli.sessions.VerifyPassword(request)


async def test_passwords_are_kept_as_owasp_recommends(stack: Stack, administrator: Person) -> None:
    """Password Storage Cheat Sheet: argon2id with 19 MiB, 2 iterations and 1 lane."""
    account = await stack.directory.accounts.find_with_credential(administrator.account.id)
    assert account is not None
    assert account.credential is not None
    assert account.credential.encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_other_calls_are_answered_while_passwords_are_verified(stack: Stack, administrator: Person) -> None:
    logins = [asyncio.create_task(stack.log_in("admin@gouv.tg")) for _ in range(16)]
    for _ in range(5):
        await stack.gateway.sessions.GetKeys(pb.GetKeysRequest())
    assert sum(not login.done() for login in logins) > len(logins) // 2
    assert all(session.access_token for session in await asyncio.gather(*logins))


async def test_a_full_queue_refuses() -> None:
    hasher = PasswordHasher(threads=1, queue=3)
    answers = await asyncio.gather(*(hasher.verify(None, "x") for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(answer, TooManyRequests) for answer in answers) == 6
    assert await hasher.verify(None, "x") is False
    hasher.close()


async def test_a_caller_that_gives_up_still_counts_until_its_work_is_done() -> None:
    hasher = PasswordHasher(threads=1, queue=1)
    tries = [asyncio.create_task(hasher.verify(None, "x")) for _ in range(2)]
    await asyncio.sleep(0)
    tries[0].cancel()
    with pytest.raises(TooManyRequests):
        await hasher.verify(None, "x")
    await asyncio.wait(tries)
    hasher.close()


@pytest.mark.parametrize("password", ["short", "admin@gouv.tg", "aaaaaaaaaaaaaaaa", "x1" * 200])
async def test_a_weak_password_is_refused(stack: Stack, administrator: Person, password: str) -> None:
    request = pb.SetPasswordRequest(current_password=PASSWORD, new_password=password)
    with pytest.raises(InvalidInput) as refusal:
        await stack.gateway.accounts.SetPassword(request, **administrator.said)
    assert "new_password" in refusal.value.fields


async def test_an_own_password_needs_the_current_one(stack: Stack, administrator: Person) -> None:
    request = pb.SetPasswordRequest(current_password="wrong password", new_password="an entirely new one")
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await stack.gateway.accounts.SetPassword(request, **administrator.said)
    with pytest.raises(TooManyRequests):
        await stack.gateway.accounts.SetPassword(request, **administrator.said)


async def test_accents_typed_either_way_are_the_same_password(stack: Stack, administrator: Person) -> None:
    request = pb.SetPasswordRequest(current_password=PASSWORD, new_password="Lomé, été à midi")
    await stack.gateway.accounts.SetPassword(request, **administrator.said)
    assert (await stack.log_in("admin@gouv.tg", "Lomé, été à midi")).access_token
