"""Where one is logged in: listed, and ended one by one, all others at once, or by the help desk."""

import pytest
from workspace.directory.v1 import credentials_pb2 as cred
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Forbidden, NotFound, Unauthenticated
from tests.directory.conftest import Land, Person, Stack
from tests.directory.test_app_passwords import made, verify

ADDRESS = "agent@economie.gouv.tg"


async def listed(stack: Stack, by: Person) -> list[cred.OpenSession]:
    return list((await stack.gateway.credentials.ListSessions(cred.ListSessionsRequest(), **by.said)).sessions)


async def lives(stack: Stack, person: Person) -> bool:
    try:
        await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), **person.said)
    except Unauthenticated:
        return False
    return True


async def elsewhere(stack: Stack, address: str = ADDRESS) -> Person:
    request = pb.CreateSessionRequest(address=address, password="correct horse battery")
    metadata = (("workspace-remote-address", "10.9.8.7"), ("workspace-user-agent", "Mozilla/5.0 (Android)"))
    return Person(pb.Account(address=address), await stack.gateway.sessions.CreateSession(request, metadata=metadata))


async def test_sessions_say_what_they_are_and_which_one_asks(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    await elsewhere(stack)
    other, own = sorted(await listed(stack, agent), key=lambda each: each.current)
    assert (own.current, other.current) == (True, False)
    assert (other.user_agent, other.remote_address) == ("Mozilla/5.0 (Android)", "10.9.8.7")
    assert list(other.amr) == ["pwd"]
    stack.clock.pass_by(seconds=2)
    refresh = pb.RefreshSessionRequest(refresh_token=agent.session.refresh_token)
    await stack.gateway.sessions.RefreshSession(refresh)
    assert [each.current for each in await listed(stack, agent)] == [True, False]
    seen = (await listed(stack, agent))[0]
    assert seen.last_seen_at.ToDatetime() > seen.created_at.ToDatetime()


async def test_one_session_is_ended_from_another(stack: Stack, land: Land) -> None:
    agent, lost = land.economy_agent, await elsewhere(stack)
    (there,) = [each for each in await listed(stack, agent) if not each.current]
    request = cred.RevokeSessionRequest(id=there.id)
    with pytest.raises(NotFound):
        await stack.gateway.credentials.RevokeSession(request, **land.health_agent.said)
    for _ in range(2):
        await stack.gateway.credentials.RevokeSession(request, **agent.said)
    assert not await lives(stack, lost)
    assert await lives(stack, agent)
    assert len(await listed(stack, agent)) == 1
    (fact,) = await stack.facts("sessions", there.id)
    assert set(fact["audience"]) == {agent.account.id, "*"}


async def test_all_others_are_ended_at_once(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    others = [await elsewhere(stack) for _ in range(3)]
    answer = await stack.gateway.credentials.RevokeOtherSessions(cred.RevokeOtherSessionsRequest(), **agent.said)
    assert answer.revoked == 3
    assert not any([await lives(stack, each) for each in others])
    assert await lives(stack, agent)
    assert await lives(stack, land.health_agent)


async def test_the_help_desk_ends_those_of_its_unit_app_passwords_included(
    stack: Stack, land: Land, administrator: Person
) -> None:
    agent = land.economy_agent
    desk = await stack.person(administrator, "assistance@economie.gouv.tg", land.economy.id)
    desk.account.roles.add(role=pb.ROLE_HELP_DESK, unit_id=land.economy.id)
    await stack.update(administrator, desk.account, "roles")
    desk = Person(desk.account, await stack.log_in(desk.account.address))
    _, secret = await made(stack, agent)
    credentials = stack.cli.credentials
    asked = cred.ListAccountSessionsRequest(account_id=agent.account.id)
    assert len((await credentials.ListAccountSessions(asked, **desk.said)).sessions) == 1
    await credentials.RevokeAccountSessions(cred.RevokeAccountSessionsRequest(account_id=agent.account.id), **desk.said)
    assert not await lives(stack, agent)
    assert not (await credentials.ListAccountSessions(asked, **desk.said)).sessions
    assert (await verify(stack, secret)).account_id
    await credentials.RevokeAccountSessions(
        cred.RevokeAccountSessionsRequest(account_id=agent.account.id, app_passwords=True), **desk.said
    )
    with pytest.raises(Unauthenticated):
        await verify(stack, secret)
    for account, refusal in ((land.health_agent.account, NotFound), (land.economy_administrator.account, Forbidden)):
        request = cred.RevokeAccountSessionsRequest(account_id=account.id)
        with pytest.raises(refusal):
            await credentials.RevokeAccountSessions(request, **desk.said)


async def test_a_session_that_ended_by_itself_is_not_listed(stack: Stack, land: Land) -> None:
    stack.clock.pass_by(days=-15)
    await elsewhere(stack)
    stack.clock.pass_by(days=15)
    assert [each.current for each in await listed(stack, land.economy_agent)] == [True]
