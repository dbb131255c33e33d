"""Logging in to a client by authorization code: what is asked, what is answered, what is refused."""

import time
from typing import Any

import pytest
from authlib.oidc.core.util import create_half_hash
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import groups_pb2 as groups
from workspace.directory.v1 import openid_pb2 as pb

from chassis.errors import Forbidden, NotFound, Unauthenticated
from services.directory.domain.sessions import MULTI_FACTOR, SINGLE_FACTOR
from tests.directory.conftest import Land, Person, Stack, bearer
from tests.directory.relying import (
    CALLBACK,
    ISSUER,
    Client,
    body,
    cookie_of,
    fault,
    go_on,
    parameters,
    register,
    told,
    verified,
)


@pytest.fixture
async def client(stack: Stack, administrator: Person, land: Land) -> Client:
    return await register(stack, administrator)


@pytest.fixture
async def cookie(stack: Stack, land: Land) -> str:
    return await cookie_of(stack, land.economy_agent)


async def test_a_login_gives_the_client_tokens_that_say_who_logged_in_and_how(
    stack: Stack, land: Land, client: Client, cookie: str
) -> None:
    answer = await client.authorize(cookie)
    assert answer.respond.redirect_uri == CALLBACK
    assert told(answer).keys() == {"code", "state", "iss"}
    assert told(answer)["iss"] == ISSUER
    tokens = body(await client.exchange(told(answer)["code"]))
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "openid"
    claims = await verified(stack, tokens["id_token"])
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, client.id, "n1")
    assert claims["sub"] == land.economy_agent.account.id
    assert claims["acr"] == SINGLE_FACTOR
    assert claims["amr"] == ["pwd"]
    assert abs(claims["auth_time"] - time.time()) < 60
    assert claims["sid"]
    assert claims["at_hash"]


async def test_claims_are_those_of_the_granted_scopes(stack: Stack, land: Land, client: Client, cookie: str) -> None:
    async def claims(scope: str) -> dict[str, Any]:
        tokens = await client.log_in(cookie, scope=scope)
        return body(await client.user_info(tokens["access_token"]))

    account = land.economy_agent.account
    assert await claims("openid") == {"sub": account.id}
    assert await claims("openid email") == {"sub": account.id, "email": account.address, "email_verified": True}
    profile = await claims("openid profile unknown")
    assert profile["name"] == account.display_name
    assert "email" not in profile
    told_groups = await claims("openid groups")
    assert told_groups["groups"] == ["Économie", "Économie/Trésor"]
    assert told_groups["unit"] == land.treasury.id


async def test_a_client_that_asked_for_claims_only_gets_nothing_of_the_workspace(
    stack: Stack, client: Client, cookie: str
) -> None:
    tokens = await client.log_in(cookie)
    with pytest.raises(Unauthenticated):
        await stack.gateway.accounts.GetOwnAccount(
            directory_pb2.GetOwnAccountRequest(), metadata=bearer(tokens["access_token"])
        )


async def test_a_client_reaches_into_the_workspace_as_far_as_its_scopes(
    stack: Stack, administrator: Person, land: Land, cookie: str
) -> None:
    client = await register(stack, administrator, scopes=["openid", "directory.read"])
    tokens = await client.log_in(cookie, scope="openid directory.read")
    with_token = {"metadata": bearer(tokens["access_token"])}
    own = await stack.gateway.accounts.GetOwnAccount(directory_pb2.GetOwnAccountRequest(), **with_token)
    assert own.id == land.economy_agent.account.id
    for call in (
        stack.gateway.sessions.DeleteSession(directory_pb2.DeleteSessionRequest(), **with_token),
        stack.gateway.sessions.CreateCookie(directory_pb2.CreateCookieRequest(), **with_token),
        stack.gateway.openid.ListConsents(pb.ListConsentsRequest(), **with_token),
    ):
        with pytest.raises(Forbidden):
            await call


async def test_an_id_token_is_signed_as_the_client_is_registered(
    stack: Stack, administrator: Person, land: Land, cookie: str
) -> None:
    for algorithm in ("EdDSA", "ES256", "RS256"):
        client = await register(stack, administrator, id_token_signed_response_alg=algorithm)
        tokens = await client.log_in(cookie)
        claims = await verified(stack, tokens["id_token"], algorithm)
        assert claims["aud"] == client.id
        assert claims["at_hash"] == create_half_hash(tokens["access_token"], algorithm).decode()


async def test_a_client_is_told_the_groups_that_its_unit_sees(
    stack: Stack, administrator: Person, land: Land, cookie: str
) -> None:
    account = land.economy_agent.account

    async def group(name: str, unit_id: str, *members: str) -> groups.Group:
        wanted = groups.CreateGroupRequest(group=groups.Group(name=name, unit_id=unit_id), account_ids=members)
        return await stack.cli.groups.CreateGroup(wanted, **administrator.said)

    inner = await group("Comité", land.treasury.id, account.id)
    outer = await group("Tous les comités", land.economy.id)
    nesting = groups.ChangeMembersRequest(id=outer.id, add_group_ids=[inner.id])
    await stack.cli.groups.ChangeMembers(nesting, **administrator.said)
    await group("Secret de la Santé", land.health.id, account.id)
    await group("Partout", "", account.id)
    await group("Sans lui", land.economy.id)

    async def shown(unit_id: str) -> list[str]:
        client = await register(stack, administrator, unit_id=unit_id)
        tokens = await client.log_in(cookie, scope="openid groups")
        return list(body(await client.user_info(tokens["access_token"]))["groups"])

    units = ["Économie", "Économie/Trésor"]
    own = ["Économie/Trésor#Comité", "#Partout", "Économie#Tous les comités"]
    assert await shown(land.economy.id) == units + own
    assert await shown(land.treasury.id) == units + own
    assert await shown(land.health.id) == [*units, "#Partout", "Santé#Secret de la Santé"]
    assert await shown("") == [*units, *own[:2], "Santé#Secret de la Santé", own[2]]


WRONG_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"scope": "openid directory.write"}, "invalid_scope"),
    ({"scope": "unknown"}, "invalid_scope"),
    ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
    ({"request_uri": "https://evil.example/r"}, "request_uri_not_supported"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "other"}, "invalid_request"),
    ({"max_age": "-1"}, "invalid_request"),
    ({"max_age": "²"}, "invalid_request"),
    ({"id_token_hint": "nonsense"}, "invalid_request"),
    ({"nonce": "n" * 600}, "invalid_request"),
]


async def test_the_client_is_told_what_is_wrong_with_its_request(client: Client, cookie: str) -> None:
    for changed, error in WRONG_REQUESTS:
        answer = await client.authorize(cookie, **changed)
        assert told(answer).get("error") == error, changed
        assert told(answer)["state"] == "s1"
        assert told(answer)["iss"] == ISSUER
        assert answer.respond.redirect_uri == CALLBACK


FOREIGN_URIS = (
    None, "", CALLBACK + "?x=1", CALLBACK + "#f", CALLBACK + "/", CALLBACK + "/..;/x", CALLBACK + "/../retour",
    "HTTPS://app.example.tg/retour", "https://APP.example.tg/retour", "http://app.example.tg/retour",
    "https://app.example.tg@evil.example/retour", "https://evil.example@app.example.tg/retour",
    "https://x@y@app.example.tg/retour", "https://app.example.tg:443/retour", "https://app.example.tg.evil/retour",
    "https://app.example.tg/retour%00", "https://app.example.tg\\@evil.example/retour", "//app.example.tg/retour",
    "http://localhost/retour", "http://127.0.0.1:9/retour", "javascript:alert(1)", CALLBACK.upper(),
    " " + CALLBACK, CALLBACK + " ", "https://app.example.tg/%72etour", "https://app.example.tg/retour\r\nx: y",
)  # fmt: skip


async def test_no_other_redirect_uri_is_ever_answered_to(client: Client, cookie: str) -> None:
    for uri in FOREIGN_URIS:
        answer = await client.authorize(cookie, redirect_uri=uri)
        assert answer.WhichOneof("outcome") == "refused", uri
        assert answer.refused.error == "invalid_request"


async def test_an_unknown_client_and_a_parameter_given_twice_are_shown_to_the_person(
    stack: Stack, client: Client, cookie: str
) -> None:
    assert (await client.authorize(cookie, client_id="01UNKNOWN")).refused.error == "invalid_client"
    twice = [*parameters(client.request()), pb.Parameter(name="redirect_uri", value="https://evil.example/")]
    answer = await stack.gateway.openid.Authorize(pb.AuthorizeRequest(parameters=twice, cookie=cookie))
    assert answer.refused.error == "invalid_request"


async def test_a_native_client_may_come_back_on_any_loopback_port(
    stack: Stack, administrator: Person, land: Land, cookie: str
) -> None:
    client = await register(
        stack, administrator, application_type=pb.APPLICATION_TYPE_NATIVE, token_endpoint_auth_method="none",
        redirect_uris=["http://127.0.0.1/retour", "http://[::1]/retour", "tg.gouv.app:/retour"],
        post_logout_redirect_uris=[],
    )  # fmt: skip
    for uri in ("http://127.0.0.1:49152/retour", "http://[::1]:1/retour", "tg.gouv.app:/retour"):
        answer = await client.authorize(cookie, redirect_uri=uri)
        tokens = body(await client.exchange(told(answer)["code"], redirect_uri=uri))
        assert tokens["refresh_token"]
    for uri in (
        "http://localhost:49152/retour", "http://127.0.0.1:49152/autre", "http://127.0.0.1:99999/retour",
        "http://127.0.0.1:49152/retour?x=1", "http://127.0.0.1:49152@evil.example/retour", "http://127.0.0.2/retour",
        "HTTP://127.0.0.1:49152/retour", "https://127.0.0.1:49152/retour", "tg.gouv.app://retour",
    ):  # fmt: skip
        assert (await client.authorize(cookie, redirect_uri=uri)).WhichOneof("outcome") == "refused", uri


async def test_without_a_login_the_person_logs_in_first_and_goes_on(stack: Stack, land: Land, client: Client) -> None:
    answer = await client.authorize("", login_hint="agent@economie.gouv.tg")
    assert answer.login.login_hint == "agent@economie.gouv.tg"
    assert answer.login.prompt == ""
    cookie = await cookie_of(stack, land.economy_agent)
    assert body(await client.exchange(told(await go_on(stack, answer.login.return_to, cookie))["code"]))["id_token"]


async def test_prompt_none_never_asks_anybody(client: Client, cookie: str) -> None:
    assert told(await client.authorize("", prompt="none"))["error"] == "login_required"
    assert told(await client.authorize("nonsense", prompt="none"))["error"] == "login_required"
    assert "code" in told(await client.authorize(cookie, prompt="none"))
    weak = await client.authorize(cookie, prompt="none", acr_values=MULTI_FACTOR)
    assert told(weak)["error"] == "login_required"


async def test_a_new_login_is_asked_for_once(stack: Stack, land: Land, client: Client, cookie: str) -> None:
    stack.clock.pass_by(seconds=2)
    wishes: tuple[dict[str, Any], ...] = ({"prompt": "login"}, {"max_age": 0}, {"prompt": "select_account"})
    for asked in wishes:
        answer = await client.authorize(cookie, **asked)
        assert answer.login.prompt == "login"
        # The old login is still not enough.
        assert (await go_on(stack, answer.login.return_to, cookie)).login.prompt == "login"
    again = Person(land.economy_agent.account, await stack.log_in(land.economy_agent.account.address))
    assert "code" in told(await go_on(stack, answer.login.return_to, await cookie_of(stack, again)))


async def test_a_stronger_login_is_asked_for_and_then_told(
    stack: Stack, land: Land, client: Client, cookie: str
) -> None:
    answer = await client.authorize(cookie, acr_values=MULTI_FACTOR)
    assert answer.login.acr == MULTI_FACTOR
    assert "code" in told(await client.authorize(cookie, acr_values=f"{MULTI_FACTOR} {SINGLE_FACTOR}"))
    # Who then logs in with a password only has no second factor: the client is told instead of asking for ever.
    stack.clock.pass_by(seconds=1)
    again = Person(land.economy_agent.account, await stack.log_in(land.economy_agent.account.address))
    weak = await go_on(stack, answer.login.return_to, await cookie_of(stack, again))
    assert told(weak)["error"] == "unmet_authentication_requirements"
    session = await stack.directory.sessions.find(cookie.partition(".")[0])
    assert session is not None
    stronger = {"$set": {"amr": ["pwd", "otp"], "authenticated_at": stack.clock()}}
    await stack.database["sessions"].update_one({"_id": session.id}, stronger)
    tokens = body(await client.exchange(told(await go_on(stack, answer.login.return_to, cookie))["code"]))
    assert (await verified(stack, tokens["id_token"]))["acr"] == MULTI_FACTOR


async def test_a_request_that_waits_is_sealed_and_forgotten(stack: Stack, client: Client, cookie: str) -> None:
    path = (await client.authorize("")).login.return_to
    for broken in (path[:-2], path.replace("continue=k1", "continue=k2"), path + "A", "/oidc/authorize?continue=é"):
        assert (await go_on(stack, broken, cookie)).refused.error == "invalid_request"
    stack.clock.pass_by(minutes=31)
    assert (await go_on(stack, path, cookie)).refused.error == "invalid_request"


async def test_a_code_is_good_once_and_its_tokens_end_when_it_comes_again(client: Client, cookie: str) -> None:
    code = await client.code(cookie)
    tokens = body(await client.exchange(code))
    assert (await client.introspect(tokens["access_token"]))["active"]
    assert fault(await client.exchange(code)) == ("invalid_grant", 400)
    assert not (await client.introspect(tokens["access_token"]))["active"]
    assert fault(await client.user_info(tokens["access_token"])) == ("invalid_token", 401)
    assert fault(await client.refresh(tokens["refresh_token"])) == ("invalid_grant", 400)


async def test_a_code_is_worth_nothing_to_anybody_else(
    stack: Stack, administrator: Person, land: Land, client: Client, cookie: str
) -> None:
    other = await register(stack, administrator)
    code = await client.code(cookie)
    for answer in (
        await other.exchange(code, code_verifier=client.verifier),
        await client.exchange(code, code_verifier="w" * 43),
        await client.exchange(code, code_verifier=None),
        await client.exchange(code, redirect_uri=CALLBACK + "/"),
        await client.exchange(code, redirect_uri=None),
        await client.exchange(code + "x"),
    ):
        assert fault(answer) == ("invalid_grant", 400)
    assert body(await client.exchange(code))["access_token"]


async def test_a_code_is_good_for_a_minute(stack: Stack, client: Client, cookie: str) -> None:
    code = await client.code(cookie)
    stack.clock.pass_by(seconds=61)
    assert fault(await client.exchange(code)) == ("invalid_grant", 400)


async def test_a_code_of_a_login_that_ended_is_worth_nothing(
    stack: Stack, land: Land, client: Client, cookie: str
) -> None:
    code = await client.code(cookie)
    await stack.gateway.sessions.DeleteSession(directory_pb2.DeleteSessionRequest(), **land.economy_agent.said)
    assert fault(await client.exchange(code)) == ("invalid_grant", 400)
    assert (await client.authorize(cookie)).WhichOneof("outcome") == "login"


async def test_third_parties_need_consent_which_the_person_sees_and_takes_back(
    stack: Stack, administrator: Person, land: Land, cookie: str
) -> None:
    client = await register(stack, administrator, first_party=False, unit_id=land.economy.id)
    agent = land.economy_agent
    openid = stack.gateway.openid
    waiting = (await client.authorize(cookie, scope="openid email")).consent
    asked = await openid.DescribeAuthorization(pb.DescribeAuthorizationRequest(request=waiting), **agent.said)
    assert (asked.client_name, asked.unit_name) == ("Application des congés", "Économie")
    assert asked.redirect_origin == "https://app.example.tg"
    assert [(words.scope, words.granted) for words in asked.scopes] == [("openid", False), ("email", False)]
    assert all(words.french and words.english for words in asked.scopes)
    granting = pb.GrantConsentRequest(request=waiting)
    with pytest.raises(NotFound):
        await openid.GrantConsent(granting, **land.economy_administrator.said)
    assert told(await client.authorize(cookie, prompt="none"))["error"] == "consent_required"

    back = (await openid.GrantConsent(granting, **agent.said)).return_to
    tokens = body(await client.exchange(told(await go_on(stack, back, cookie))["code"]))
    assert "code" in told(await client.authorize(cookie, scope="openid"))
    more = (await client.authorize(cookie, scope="openid phone")).consent
    asked = await openid.DescribeAuthorization(pb.DescribeAuthorizationRequest(request=more), **agent.said)
    assert [(words.scope, words.granted) for words in asked.scopes] == [("openid", True), ("phone", False)]

    (given,) = (await openid.ListConsents(pb.ListConsentsRequest(), **agent.said)).consents
    assert (given.client_id, [words.scope for words in given.scopes]) == (client.id, ["openid", "email"])
    await openid.RevokeConsent(pb.RevokeConsentRequest(client_id=client.id), **agent.said)
    with pytest.raises(NotFound):
        await openid.RevokeConsent(pb.RevokeConsentRequest(client_id=client.id), **agent.said)
    assert not (await openid.ListConsents(pb.ListConsentsRequest(), **agent.said)).consents
    assert fault(await client.refresh(tokens["refresh_token"])) == ("invalid_grant", 400)
    assert fault(await client.user_info(tokens["access_token"])) == ("invalid_token", 401)
    assert (await client.authorize(cookie)).consent


async def test_consent_is_asked_anew_when_the_client_wants_it_and_a_refusal_is_told(
    stack: Stack, administrator: Person, land: Land, cookie: str
) -> None:
    client = await register(stack, administrator, first_party=False)
    openid, said = stack.gateway.openid, land.economy_agent.said
    waiting = (await client.authorize(cookie, prompt="consent")).consent
    back = (await openid.GrantConsent(pb.GrantConsentRequest(request=waiting), **said)).return_to
    assert "code" in told(await go_on(stack, back, cookie))
    stack.clock.pass_by(seconds=1)
    waiting = (await client.authorize(cookie, prompt="consent")).consent
    back = (await openid.DenyConsent(pb.DenyConsentRequest(request=waiting), **said)).return_to
    answer = await go_on(stack, back, cookie)
    assert told(answer)["error"] == "access_denied"
    assert told(answer)["state"] == "s1"


async def test_form_post_is_answered_as_asked_also_with_an_error(client: Client, cookie: str) -> None:
    assert (await client.authorize(cookie, response_mode="form_post")).respond.response_mode == "form_post"
    wrong = await client.authorize(cookie, response_mode="form_post", scope="unknown")
    assert wrong.respond.response_mode == "form_post"


async def test_a_hint_at_somebody_else_asks_for_that_login(
    stack: Stack, land: Land, client: Client, cookie: str
) -> None:
    hint = (await client.log_in(cookie))["id_token"]
    assert "code" in told(await client.authorize(cookie, id_token_hint=hint))
    stack.clock.pass_by(seconds=1)
    other = await cookie_of(stack, land.health_agent)
    assert (await client.authorize(other, id_token_hint=hint)).login.prompt == "login"
    assert told(await client.authorize(other, id_token_hint=hint, prompt="none"))["error"] == "login_required"
