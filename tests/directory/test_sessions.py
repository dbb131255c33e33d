"""Logging in and out: tokens, refresh, reuse, the ends of sessions."""

import asyncio
import re

import pytest
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Unauthenticated
from chassis.identity import TokenVerifier
from services.directory.domain.keys import PUBLISHED_AHEAD
from tests.directory.conftest import PASSWORD, Person, Stack, bearer, header


async def fetched(stack: Stack) -> list[dict[str, str]]:
    answer = await stack.mail.sessions.GetKeys(pb.GetKeysRequest())
    return [{name.name: value for name, value in key.ListFields()} for key in answer.keys]


async def test_a_login_gives_a_token_that_others_verify_without_asking(stack: Stack, administrator: Person) -> None:
    unit = await stack.unit(administrator, "Numérique", pb.UNIT_KIND_MINISTRY)
    person = await stack.person(administrator, "agent1@numerique.gouv.tg", unit.id)
    keys = await fetched(stack)

    async def known() -> list[dict[str, str]]:
        return keys

    identity = await TokenVerifier(known).verify(person.session.access_token)
    assert identity.account_id == person.account.id
    assert identity.address == "agent1@numerique.gouv.tg"
    assert identity.unit_path == (unit.id,)
    assert person.session.expires_in == 900
    assert header(person.session.access_token)["alg"] == "Ed25519"


async def test_an_alias_logs_in_as_well_whatever_its_case(stack: Stack, administrator: Person) -> None:
    person = await stack.person(administrator, "agent@gouv.tg")
    person.account.aliases.append("Agent.Alias@gouv.tg")
    await stack.update(administrator, person.account, "aliases")
    assert (await stack.log_in("AGENT.alias@GOUV.tg")).access_token


async def test_a_refresh_token_is_good_once(stack: Stack, administrator: Person) -> None:
    first = administrator.session
    second = await stack.gateway.sessions.RefreshSession(pb.RefreshSessionRequest(refresh_token=first.refresh_token))
    third = await stack.gateway.sessions.RefreshSession(pb.RefreshSessionRequest(refresh_token=second.refresh_token))
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    own = await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), metadata=bearer(third.access_token))
    assert own.id == administrator.account.id


async def test_using_a_refresh_token_again_ends_the_session_for_both(stack: Stack, administrator: Person) -> None:
    stolen = administrator.session.refresh_token
    mine = await stack.gateway.sessions.RefreshSession(pb.RefreshSessionRequest(refresh_token=stolen))
    for token in (stolen, mine.refresh_token):
        with pytest.raises(Unauthenticated):
            await stack.gateway.sessions.RefreshSession(pb.RefreshSessionRequest(refresh_token=token))
    revoked = (await stack.mail.sessions.ListRevocations(pb.ListRevocationsRequest())).revocations
    assert [each.account_id for each in revoked] == [administrator.account.id]
    with pytest.raises(Unauthenticated):
        await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), metadata=bearer(mine.access_token))


async def test_two_refreshes_at_once_never_both_succeed(stack: Stack, administrator: Person) -> None:
    request = pb.RefreshSessionRequest(refresh_token=administrator.session.refresh_token)
    answers = await asyncio.gather(
        *(stack.gateway.sessions.RefreshSession(request) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, pb.Session) for answer in answers) <= 1
    assert all(isinstance(answer, pb.Session | Unauthenticated) for answer in answers)


async def test_a_forged_refresh_token_does_nothing_to_the_session_it_names(stack: Stack, administrator: Person) -> None:
    session, generation, _ = administrator.session.refresh_token.split(".")
    for forged in (f"{session}.{generation}.{'A' * 43}", f"{session}.9.{'B' * 43}", "x", "", "é" * 5000):
        with pytest.raises(Unauthenticated):
            await stack.gateway.sessions.RefreshSession(pb.RefreshSessionRequest(refresh_token=forged))
    request = pb.RefreshSessionRequest(refresh_token=administrator.session.refresh_token)
    assert (await stack.gateway.sessions.RefreshSession(request)).access_token


async def test_what_the_database_holds_is_no_refresh_token(stack: Stack, administrator: Person) -> None:
    proof = administrator.session.refresh_token.rpartition(".")[2]
    stored = [session async for session in stack.database["sessions"].find({"_id": {"$gt": ""}})]
    assert stored
    assert not any(proof in repr(session) for session in stored)


async def test_logging_out_ends_the_session_everywhere_and_says_so_in_the_same_write(
    stack: Stack, administrator: Person
) -> None:
    other = await stack.log_in("admin@gouv.tg")
    for _ in range(2):
        try:
            await stack.gateway.sessions.DeleteSession(pb.DeleteSessionRequest(), **administrator.said)
        except Unauthenticated:
            continue
    session_id = administrator.session.refresh_token.partition(".")[0]
    assert len(await stack.facts("sessions", session_id)) == 1
    revoked = (await stack.mail.sessions.ListRevocations(pb.ListRevocationsRequest())).revocations
    assert [each.session_id for each in revoked] == [session_id]
    request = pb.RefreshSessionRequest(refresh_token=administrator.session.refresh_token)
    with pytest.raises(Unauthenticated):
        await stack.gateway.sessions.RefreshSession(request)
    own = await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), metadata=bearer(other.access_token))
    assert own.id == administrator.account.id


async def test_revocations_are_listed_from_a_time_on(stack: Stack, administrator: Person) -> None:
    await stack.gateway.sessions.DeleteSession(pb.DeleteSessionRequest(), **administrator.said)
    request = pb.ListRevocationsRequest()
    request.since.FromDatetime(stack.clock())
    stack.clock.pass_by(seconds=1)
    later = pb.ListRevocationsRequest()
    later.since.FromDatetime(stack.clock())
    assert not (await stack.mail.sessions.ListRevocations(later)).revocations
    assert (await stack.mail.sessions.ListRevocations(pb.ListRevocationsRequest())).revocations
    stack.clock.pass_by(hours=1)
    assert not (await stack.mail.sessions.ListRevocations(pb.ListRevocationsRequest())).revocations


async def test_a_session_that_nobody_refreshes_is_over(stack: Stack, administrator: Person) -> None:
    stack.clock.pass_by(days=15)
    request = pb.RefreshSessionRequest(refresh_token=administrator.session.refresh_token)
    with pytest.raises(Unauthenticated):
        await stack.gateway.sessions.RefreshSession(request)


async def test_a_new_password_ends_all_sessions_but_not_the_login_after_it(stack: Stack, administrator: Person) -> None:
    request = pb.SetPasswordRequest(current_password=PASSWORD, new_password="an entirely new one")
    await stack.gateway.accounts.SetPassword(request, **administrator.said)
    with pytest.raises(Unauthenticated):
        await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), **administrator.said)
    with pytest.raises(Unauthenticated):
        await stack.log_in("admin@gouv.tg")
    fresh = await stack.log_in("admin@gouv.tg", "an entirely new one")
    own = await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), metadata=bearer(fresh.access_token))
    assert own.id == administrator.account.id


async def test_a_new_key_is_published_before_it_signs_and_the_old_one_kept_until_its_tokens_expire(
    stack: Stack, administrator: Person
) -> None:
    length = stack.settings("directory").signing_key_days
    old = header(administrator.session.access_token)["kid"]
    begun = stack.clock().timestamp() % (length * 86400)
    stack.clock.pass_by(seconds=length * 86400 - begun - PUBLISHED_AHEAD.total_seconds() / 2)
    await asyncio.gather(*(stack.directory.keys.turn(stack.clock()) for _ in range(3)))
    published = {key["kid"] for key in await fetched(stack)}
    assert len(published) == 2
    assert header((await stack.log_in("admin@gouv.tg")).access_token)["kid"] == old
    stack.clock.pass_by(minutes=31)
    last = await stack.log_in("admin@gouv.tg")
    assert header(last.access_token)["kid"] in published - {old}
    await stack.directory.keys.turn(stack.clock())
    assert {key["kid"] for key in await fetched(stack)} == published
    stack.clock.pass_by(minutes=40)
    await stack.directory.keys.turn(stack.clock())
    assert {key["kid"] for key in await fetched(stack)} == published - {old}


async def test_private_keys_are_sealed_in_the_database(stack: Stack, administrator: Person) -> None:
    key = await stack.database["keys"].find_one({"period": {"$gte": 0}})
    assert re.fullmatch(r"k1\.[A-Za-z0-9_=-]+", key["sealed"])
    assert "d" not in key
