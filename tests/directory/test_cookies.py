"""Cookies of the pages that the gateway serves."""

import pytest
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Unauthenticated
from tests.directory.conftest import Land, Stack, bearer


async def exchanged(stack: Stack, value: str) -> pb.Session:
    return await stack.gateway.sessions.ExchangeCookie(pb.ExchangeCookieRequest(value=value))


async def test_a_cookie_gives_access_tokens_until_its_session_ends(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    cookie = await stack.gateway.sessions.CreateCookie(pb.CreateCookieRequest(), **agent.said)
    given = await exchanged(stack, cookie.value)
    assert given.refresh_token == ""
    own = await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), metadata=bearer(given.access_token))
    assert own.address == "agent@economie.gouv.tg"
    for _ in range(2):
        # Longer than a session that nobody uses would last, were it not used meanwhile.
        stack.clock.pass_by(days=10)
        assert (await exchanged(stack, cookie.value)).access_token
    await stack.gateway.sessions.DeleteSession(pb.DeleteSessionRequest(), **agent.said)
    with pytest.raises(Unauthenticated):
        await exchanged(stack, cookie.value)


@pytest.mark.parametrize("change", ["", "x", "é", "0" * 26 + "." + "a" * 43, "flip", "refresh"])
async def test_a_cookie_that_we_did_not_issue_is_nothing(stack: Stack, land: Land, change: str) -> None:
    cookie = await stack.gateway.sessions.CreateCookie(pb.CreateCookieRequest(), **land.economy_agent.said)
    flipped = cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B")
    value = {"flip": flipped, "refresh": land.economy_agent.session.refresh_token}.get(change, change)
    with pytest.raises(Unauthenticated):
        await exchanged(stack, value)
