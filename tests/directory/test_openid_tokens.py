"""What clients do with their tokens: refresh, introspect, revoke, log out; and what ends them."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import openid_pb2 as pb

from chassis.errors import Unauthenticated
from services.directory.usecases.end_client_sessions import end_hanging_sessions, end_sessions_of_clients
from tests.directory.conftest import Land, Person, Stack, header
from tests.directory.relying import (
    OUT,
    Client,
    body,
    cookie_of,
    fault,
    go_on,
    keys,
    parameters,
    register,
    told,
    verified,
)
from tests.directory.test_tokens import claims_of, part


@pytest.fixture
async def client(stack: Stack, administrator: Person, land: Land) -> Client:
    return await register(stack, administrator)


@pytest.fixture
async def cookie(stack: Stack, land: Land) -> str:
    return await cookie_of(stack, land.economy_agent)


async def test_a_refresh_token_is_good_once_and_its_repetition_ends_the_family(
    stack: Stack, client: Client, cookie: str
) -> None:
    first = await client.log_in(cookie)
    second = body(await client.refresh(first["refresh_token"]))
    assert "nonce" not in await verified(stack, second["id_token"])
    third = body(await client.refresh(second["refresh_token"]))
    assert body(await client.user_info(third["access_token"]))["sub"]
    assert fault(await client.refresh(first["refresh_token"])) == ("invalid_grant", 400)
    for tokens in (first, second, third):
        assert fault(await client.refresh(tokens["refresh_token"])) == ("invalid_grant", 400)
        assert fault(await client.user_info(tokens["access_token"])) == ("invalid_token", 401)


async def test_a_refresh_token_is_its_clients_alone_and_no_other_door_takes_it(
    stack: Stack, administrator: Person, land: Land, client: Client, cookie: str
) -> None:
    token = (await client.log_in(cookie))["refresh_token"]
    other = await register(stack, administrator)
    assert fault(await other.refresh(token)) == ("invalid_grant", 400)
    with pytest.raises(Unauthenticated):
        await stack.gateway.sessions.RefreshSession(directory_pb2.RefreshSessionRequest(refresh_token=token))
    # Neither try cost the client anything; nor does the workspace's own refresh token open this door.
    assert fault(await client.refresh(land.economy_agent.session.refresh_token)) == ("invalid_grant", 400)
    assert body(await client.refresh(token))["access_token"]


async def test_a_refresh_may_ask_for_less_and_never_for_more(client: Client, cookie: str) -> None:
    tokens = await client.log_in(cookie, scope="openid email")
    less = body(await client.refresh(tokens["refresh_token"], scope="openid"))
    assert less["scope"] == "openid"
    assert "email" not in body(await client.user_info(less["access_token"]))
    more = await client.refresh(less["refresh_token"], scope="openid phone")
    assert fault(more) == ("invalid_scope", 400)
    assert body(await client.refresh(less["refresh_token"]))["scope"] == "openid email"


async def test_a_suspended_person_is_out_of_every_client(
    stack: Stack, administrator: Person, land: Land, client: Client, cookie: str
) -> None:
    tokens = await client.log_in(cookie)
    request = directory_pb2.SuspendAccountRequest(id=land.economy_agent.account.id)
    await stack.cli.accounts.SuspendAccount(request, **administrator.said)
    assert fault(await client.refresh(tokens["refresh_token"])) == ("invalid_grant", 400)
    assert fault(await client.user_info(tokens["access_token"])) == ("invalid_token", 401)
    assert (await client.authorize(cookie)).WhichOneof("outcome") == "login"


async def test_no_grant_takes_a_password_so_that_none_goes_around_the_lockout(
    stack: Stack, land: Land, client: Client
) -> None:
    for grant in ("password", "urn:ietf:params:oauth:grant-type:jwt-bearer", "implicit"):
        answer = await client.token(
            grant_type=grant, username=land.economy_agent.account.address, password="correct horse battery"
        )
        assert fault(answer) == ("unsupported_grant_type", 400)
    assert fault(await client.token(grant_type="client_credentials")) == ("unauthorized_client", 400)
    assert fault(await client.token()) == ("invalid_request", 400)


async def test_introspection_tells_a_client_of_its_own_tokens(
    stack: Stack, administrator: Person, land: Land, client: Client, cookie: str
) -> None:
    third = await register(stack, administrator, first_party=False)
    tokens = await client.log_in(cookie, scope="openid email")
    for token in (tokens["access_token"], tokens["refresh_token"]):
        answer = await client.introspect(token)
        assert answer["active"]
        assert (answer["client_id"], answer["scope"]) == (client.id, "openid email")
        assert answer["username"] == "agent@economie.gouv.tg"
        assert await third.introspect(token) == {"active": False}
    for token in ("nonsense", land.economy_agent.session.access_token, tokens["id_token"]):
        assert await client.introspect(token) == {"active": False}
    stack.clock.pass_by(minutes=16)
    assert await client.introspect(tokens["access_token"]) == {"active": False}


async def revoke(client: Client, token: str) -> dict[str, Any]:
    request = pb.RevokeTokenRequest(parameters=parameters({"token": token}), proof=client.proof())
    return body(await client.stack.gateway.openid.RevokeToken(request))


async def test_revoking_either_token_ends_the_grant_of_that_client_only(
    stack: Stack, administrator: Person, land: Land, client: Client, cookie: str
) -> None:
    other = await register(stack, administrator)
    for kind in ("access_token", "refresh_token"):
        tokens = await client.log_in(cookie)
        assert await revoke(other, tokens[kind]) == {}
        assert await revoke(client, "nonsense") == {}
        assert body(await client.user_info(tokens["access_token"]))["sub"]
        assert await revoke(client, tokens[kind]) == {}
        assert fault(await client.user_info(tokens["access_token"])) == ("invalid_token", 401)
        assert fault(await client.refresh(tokens["refresh_token"])) == ("invalid_grant", 400)


async def test_tokens_that_others_made_are_no_good_at_userinfo(
    stack: Stack, land: Land, client: Client, cookie: str
) -> None:
    token = (await client.log_in(cookie))["access_token"]
    claims, kid = claims_of(token), header(token)["kid"]
    own = OKPKey.generate_key("Ed25519")
    public = (await stack.directory.keys.all())[0].x
    shared = OctKey.import_key(public)
    forged = [
        f"{part({'alg': 'none', 'kid': kid})}.{part(claims)}.",
        jwt.encode({"alg": "HS256", "kid": kid}, claims, shared),
        jwt.encode({"alg": "Ed25519", "kid": kid, "jwk": own.as_dict(private=False)}, claims, own, ["Ed25519"]),
        jwt.encode({"alg": "Ed25519", "kid": kid, "jku": "https://evil.example/k"}, claims, own, ["Ed25519"]),
        await stack.directory.keys.encode({**claims, "aud": client.id}, "Ed25519", stack.clock()),
        await stack.directory.keys.encode({**claims, "iss": "https://evil.example"}, "Ed25519", stack.clock()),
        land.economy_agent.session.access_token,
        "", "é", "a.b.c", "x" * 9000,
    ]  # fmt: skip
    for each in forged:
        assert fault(await client.user_info(each)) == ("invalid_token", 401)
    assert body(await client.user_info(token))["sub"]


async def test_keys_of_the_provider_are_those_that_sign_for_clients(stack: Stack, client: Client, cookie: str) -> None:
    found = {(key.as_dict()["kty"], key.as_dict()["alg"]) for key in (await keys(stack)).keys}
    assert found == {("RSA", "RS256"), ("EC", "ES256"), ("OKP", "EdDSA")}
    assert not any("d" in key.as_dict() for key in (await keys(stack)).keys)
    before = await client.log_in(cookie)
    stack.clock.pass_by(days=30)
    for _ in range(2):
        await stack.directory.openid.keys.turn(stack.clock())
    assert len([key for key in (await keys(stack)).keys if key.as_dict()["kty"] == "RSA"]) == 2
    assert await verified(stack, before["id_token"])


async def end_session(stack: Stack, given: dict[str, Any], cookie: str, *, confirmed: bool = False) -> Any:
    request = pb.EndSessionRequest(parameters=parameters(given), cookie=cookie, confirmed=confirmed)
    return await stack.gateway.openid.EndSession(request)


async def test_a_client_that_shows_its_id_token_logs_the_person_out(stack: Stack, client: Client, cookie: str) -> None:
    tokens = await client.log_in(cookie)
    given = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": OUT, "state": "x"}
    done = await end_session(stack, given, cookie)
    assert (done.redirect_to, done.state, done.forget_cookie) == (OUT, "x", True)
    assert (await client.authorize(cookie)).WhichOneof("outcome") == "login"
    assert fault(await client.refresh(tokens["refresh_token"])) == ("invalid_grant", 400)
    # A second time there is nothing left to end.
    assert (await end_session(stack, given, cookie)).redirect_to == OUT


async def test_an_id_token_names_its_login_after_its_key_has_retired_and_opens_nothing(
    stack: Stack, client: Client, cookie: str
) -> None:
    """RP-Initiated Logout §4: an expired hint is taken; and a login lives longer than a key signs."""
    tokens = await client.log_in(cookie)
    kid = header(tokens["id_token"])["kid"]
    stack.clock.pass_by(days=61)
    for _ in range(2):
        await stack.directory.openid.turn_keys(stack.clock())
        await stack.directory.keys.turn(stack.clock())
        stack.clock.pass_by(hours=2)
    assert kid not in {key.as_dict()["kid"] for key in (await keys(stack)).keys}
    kept = await stack.database["openid_keys"].find_one({"_id": kid})
    assert kept["sealed"] == ""
    given = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": OUT, "state": "x"}
    assert (await end_session(stack, given, "")).redirect_to == OUT
    head, claims, signature = tokens["id_token"].split(".")
    forged = {**given, "id_token_hint": f"{head}.{claims}.{signature[:-8]}AAAAAAAA"}
    assert (await end_session(stack, forged, "")).refused.error == "invalid_request"
    # Nor would an access token of a retired key open anything, were it to live on.
    assert fault(await client.user_info(tokens["access_token"])) == ("invalid_token", 401)
    stack.clock.pass_by(days=90)
    await stack.directory.openid.turn_keys(stack.clock())
    assert await stack.database["openid_keys"].find_one({"_id": kid}) is None
    assert (await end_session(stack, given, "")).refused.error == "invalid_request"


async def test_without_an_id_token_the_person_is_asked_first(stack: Stack, client: Client, cookie: str) -> None:
    given = {"client_id": client.id, "post_logout_redirect_uri": OUT}
    assert (await end_session(stack, given, cookie)).confirm
    assert "code" in told(await client.authorize(cookie))
    assert (await end_session(stack, given, cookie, confirmed=True)).redirect_to == OUT
    assert (await client.authorize(cookie)).WhichOneof("outcome") == "login"
    assert (await end_session(stack, {}, "")).WhichOneof("outcome") == "redirect_to"


async def test_nobody_is_sent_to_an_unregistered_place_after_logging_out(
    stack: Stack, administrator: Person, land: Land, client: Client, cookie: str
) -> None:
    other = await register(stack, administrator)
    hint = (await client.log_in(cookie))["id_token"]
    refused: list[dict[str, Any]] = [
        {"id_token_hint": hint, "post_logout_redirect_uri": OUT + "?x"},
        {"id_token_hint": hint, "post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": OUT},
        {"id_token_hint": hint, "client_id": other.id, "post_logout_redirect_uri": OUT},
        {"id_token_hint": "nonsense"},
    ]
    for given in refused:
        assert (await end_session(stack, given, cookie)).refused.error == "invalid_request"
    assert "code" in told(await client.authorize(cookie))


async def test_what_hangs_on_a_login_ends_with_it(stack: Stack, land: Land, client: Client, cookie: str) -> None:
    agent = land.economy_agent
    tokens = await client.log_in(cookie)
    again = Person(agent.account, await stack.log_in(agent.account.address))
    others = await client.log_in(await cookie_of(stack, again))
    await stack.gateway.sessions.DeleteSession(directory_pb2.DeleteSessionRequest(), **agent.said)
    assert fault(await client.refresh(tokens["refresh_token"])) == ("invalid_grant", 400)
    hanging = claims_of(tokens["access_token"])["sid"]
    for _ in range(2):
        await end_hanging_sessions(stack.directory, agent.account.id, cookie.partition(".")[0])
    (fact,) = await stack.facts("sessions", hanging)
    assert (fact["type"], fact["data"]["session_id"]) == ("session_revoked", hanging)
    assert body(await client.refresh(others["refresh_token"]))["access_token"]


async def test_a_new_password_ends_what_clients_had_before(
    stack: Stack, land: Land, client: Client, cookie: str
) -> None:
    agent = land.economy_agent
    before = await client.log_in(cookie)
    change = directory_pb2.SetPasswordRequest(
        current_password="correct horse battery", new_password="an entirely new one"
    )
    await stack.gateway.accounts.SetPassword(change, **agent.said)
    again = Person(agent.account, await stack.log_in(agent.account.address, "an entirely new one"))
    after = await client.log_in(await cookie_of(stack, again))
    await end_hanging_sessions(stack.directory, agent.account.id, "")
    assert fault(await client.refresh(before["refresh_token"])) == ("invalid_grant", 400)
    assert body(await client.refresh(after["refresh_token"]))["access_token"]


async def test_a_client_that_is_disabled_or_removed_has_nothing_any_more(
    stack: Stack, administrator: Person, land: Land, cookie: str
) -> None:
    for act in ("disable", "delete"):
        client = await register(stack, administrator)
        tokens = await client.log_in(cookie)
        if act == "disable":
            update = pb.UpdateClientRequest(client=pb.Client(client_id=client.id, disabled=True))
            update.update_mask.paths.append("disabled")
            await stack.cli.clients.UpdateClient(update, **administrator.said)
        else:
            await stack.cli.clients.DeleteClient(pb.DeleteClientRequest(client_id=client.id), **administrator.said)
        assert fault(await client.refresh(tokens["refresh_token"])) == ("invalid_client", 401)
        assert fault(await client.user_info(tokens["access_token"])) == ("invalid_token", 401)
        assert (await client.authorize(cookie)).refused.error == "invalid_client"
        await end_sessions_of_clients(stack.directory)
        (fact,) = await stack.facts("sessions", claims_of(tokens["access_token"])["sid"])
        assert fact["type"] == "session_revoked"
        assert await stack.directory.openid.clients.ending_sessions() == []


async def test_a_public_client_refreshes_without_a_secret_and_learns_nothing_by_introspection(
    stack: Stack, administrator: Person, land: Land, cookie: str
) -> None:
    client = await register(stack, administrator, token_endpoint_auth_method="none")
    assert client.secret == ""
    tokens = await client.log_in(cookie)
    again = body(await client.refresh(tokens["refresh_token"]))
    request = pb.IntrospectTokenRequest(
        parameters=parameters({"token": again["access_token"], "client_id": client.id}), proof=client.proof()
    )
    assert fault(await stack.gateway.openid.IntrospectToken(request)) == ("unauthorized_client", 403)
    assert (await go_on(stack, (await client.authorize("")).login.return_to, cookie)).respond.redirect_uri
