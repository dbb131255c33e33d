"""OpenID Connect clients that we did not write, authlib and openid-client, complete code with PKCE, refresh and logout
through the pages that a person sees."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis.ids import new_id
from tests.e2e.clients import Agent
from tests.interop.browsing import Person
from tests.interop.node_programs import node
from tests.running import RunningStack, until

NATIONAL = "administrateur@gouv.tg"
CALLBACK = "http://127.0.0.1:49321/retour"
OUT = "http://127.0.0.1:49321/sortie"


@pytest.fixture
def person(stack: RunningStack, agent: Agent) -> Iterator[Person]:
    browser = Person(stack.local["http"], agent.address, agent.password)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def administrator(stack: RunningStack) -> dict[str, str]:
    login = {"address": NATIONAL, "password": stack.password(NATIONAL)}
    session = httpx.post(f"{stack.local['http']}/v1/sessions", json=login, timeout=30).json()
    return {"authorization": f"Bearer {session['access_token']}"}


def registered(stack: RunningStack, administrator: dict[str, str], **given: Any) -> dict[str, Any]:
    """The metadata of a new client, with its secret."""
    metadata = {
        "name": "Application d'essai", "application_type": "APPLICATION_TYPE_WEB", "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [OUT], "grant_types": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "profile", "email", "directory.read"], **given,
    }  # fmt: skip
    answer = httpx.post(f"{stack.local['http']}/v1/directory/clients", json=metadata, headers=administrator, timeout=30)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return {**made["client"], "client_secret": made.get("client_secret", "")}


class Logouts:
    """A client's back-channel: what was posted to it."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                outer.tokens += parse_qs(body)["logout_token"]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._server.server_address[1]}/sortie"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def logouts() -> Iterator[Logouts]:
    channel = Logouts()
    yield channel
    channel.close()


def test_authlib_logs_in_refreshes_and_logs_out_and_hears_of_it(
    stack: RunningStack, agent: Agent, administrator: dict[str, str], person: Person, logouts: Logouts
) -> None:
    http = stack.local["http"]
    client = registered(stack, administrator, backchannel_logout_uri=logouts.uri)
    at = httpx.get(f"{http}/.well-known/openid-configuration", timeout=30).json()
    assert at["issuer"] == http
    verifier, nonce = new_id() * 2, new_id()
    with OAuth2Client(
        client["client_id"], client["client_secret"], scope="openid email directory.read", redirect_uri=CALLBACK,
        code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic", timeout=30,
    ) as application:  # fmt: skip
        url, _ = application.create_authorization_url(at["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
        landed = person.go(url, CALLBACK)
        assert person.pages == ["/login", "/consent"]
        token = application.fetch_token(at["token_endpoint"], authorization_response=landed, code_verifier=verifier)
        keys = KeySet.import_key_set(httpx.get(at["jwks_uri"], timeout=30).json())
        decoded = jwt.decode(token["id_token"], keys, algorithms=["RS256"])
        claims = CodeIDToken(
            decoded.claims, decoded.header, params={"nonce": nonce, "access_token": token["access_token"]}
        )
        claims.validate()
        assert claims["aud"] == client["client_id"]
        assert application.get(at["userinfo_endpoint"]).json()["email"] == agent.address
        assert application.get(f"{http}/v1/me").json()["address"] == agent.address
        before = token["refresh_token"]
        token = application.refresh_token(at["token_endpoint"], before)
        assert token["refresh_token"] != before
        assert application.introspect_token(at["introspection_endpoint"], token["access_token"]).json()["active"]

        # Again with the session and the consent at hand: no page is shown.
        again, _ = application.create_authorization_url(at["authorization_endpoint"], code_verifier=verifier)
        person.pages.clear()
        assert "code=" in person.go(again, CALLBACK)
        assert person.pages == []

        out = httpx.URL(at["end_session_endpoint"]).copy_merge_params(
            {"id_token_hint": token["id_token"], "post_logout_redirect_uri": OUT, "state": "fin"}
        )
        assert person.go(str(out), OUT) == f"{OUT}?state=fin"
        refused = httpx.post(
            at["token_endpoint"], data={"grant_type": "refresh_token", "refresh_token": token["refresh_token"]},
            auth=(client["client_id"], client["client_secret"]), timeout=30,
        )  # fmt: skip
        assert refused.json()["error"] == "invalid_grant"
        until(lambda: bool(logouts.tokens), 20)
        told = jwt.decode(logouts.tokens[0], keys, algorithms=["RS256"]).claims
        assert (told["aud"], told["sid"], told["sub"]) == (client["client_id"], claims["sid"], claims["sub"])
        # What hung on the login is over at every door.
        until(lambda: application.get(at["userinfo_endpoint"]).status_code == 401, 20)


async def test_authlib_acts_as_a_service_account_by_private_key(
    stack: RunningStack, administrator: dict[str, str]
) -> None:
    http = stack.local["http"]
    key = ECKey.generate_key("P-256", {"kid": "cle"})
    address = f"service.{new_id().lower()}@gouv.tg"
    client = registered(
        stack, administrator, name="Paie", redirect_uris=[], post_logout_redirect_uris=[],
        grant_types=["client_credentials"], scopes=["directory.read"], address=address,
        token_endpoint_auth_method="private_key_jwt", jwks=json.dumps({"keys": [key.as_dict(private=False)]}),
    )  # fmt: skip
    endpoint = f"{http}/oidc/token"
    async with AsyncOAuth2Client(client["client_id"], key, token_endpoint_auth_method="private_key_jwt") as service:
        service.register_client_auth_method(PrivateKeyJWT(endpoint, alg="ES256"))
        token = await service.fetch_token(endpoint, grant_type="client_credentials", scope="directory.read")
        assert token["scope"] == "directory.read"
        own = (await service.get(f"{http}/v1/me")).json()
        assert own["address"] == address
        assert own["kind"] == "ACCOUNT_KIND_SERVICE"
        assert (await service.delete(f"{http}/v1/sessions/current")).status_code == 403


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_openid_client_logs_in_refreshes_and_logs_out(
    stack: RunningStack, agent: Agent, administrator: dict[str, str], person: Person, algorithm: str
) -> None:
    client = registered(
        stack, administrator, application_type="APPLICATION_TYPE_NATIVE", token_endpoint_auth_method="none",
        id_token_signed_response_alg=algorithm,
    )  # fmt: skip
    common = (stack.local["http"], client["client_id"], algorithm, CALLBACK)
    begun = node("login.mjs", *common)
    landed = person.go(begun["url"], CALLBACK)
    done = node("finish.mjs", *common, json.dumps(begun), landed, OUT)
    assert done["email"] == agent.address
    assert done["sub"] == done["userinfo_sub"]
    assert done["refreshed"]
    assert done["issuer"] == stack.local["http"]
    assert person.go(done["logout"], OUT) == f"{OUT}?state=fin"
    assert node("refused.mjs", *common, done["refresh_token"]) == {"error": "invalid_grant"}
