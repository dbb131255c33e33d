"""The provider by HTTP: the gateway's endpoints before the real directory."""

import base64
import html
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from authlib.oidc import discovery, rpinitiated
from joserfc import jwt
from joserfc.jwk import KeySet

from chassis.identity import Revocations, TokenVerifier
from chassis.rpc import RpcClient
from deploy.local.certificates import Authority
from gateway.app import build_app
from gateway.server import HttpServer
from gateway.settings import Settings
from gateway.upstreams import CONTRACTS, services
from tests.directory.conftest import Land, Person, Stack
from tests.directory.relying import CALLBACK, ISSUER, OUT, Client, cookie_of, register, service


class Silent:
    """No live events."""

    def listen(self, account_id: str, heard: object) -> object:
        return lambda: None


@asynccontextmanager
async def gateway_before(stack: Stack, authority: Authority, **given: Any) -> AsyncIterator[httpx.AsyncClient]:
    own = authority.of("gateway")
    settings = Settings(
        tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=2,
        http_listen="127.0.0.1:0", public_url=ISSUER, **given,
    )  # fmt: skip
    clients = {
        name: RpcClient(settings, name, f"127.0.0.1:{stack.server.port if name == 'directory' else 9}", services(name))
        for name in CONTRACTS
    }

    async def none(_since: datetime | None) -> list[object]:
        return []

    async def keys() -> list[dict[str, Any]]:
        return await stack.directory.keys.public()

    revocations = Revocations(none)
    channels = {name: client.channel for name, client in clients.items()}
    verifier = TokenVerifier(keys, revocations)
    server = HttpServer(settings, lambda: build_app(settings, channels, verifier, revocations, Silent()))
    await server.start()
    scheme = "https" if "http_certificate" in given else "http"
    verify: Any = ssl.create_default_context(cafile=authority.certificate) if scheme == "https" else False
    url = f"{scheme}://localhost:{server.port}"
    async with httpx.AsyncClient(base_url=url, timeout=20, verify=verify) as client:
        yield client
    await server.drain()
    await server.stop()
    for part in clients.values():
        await part.stop()


@pytest.fixture
async def http(stack: Stack, authority: Authority) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway_before(stack, authority) as client:
        yield client


@pytest.fixture
async def client(stack: Stack, administrator: Person, land: Land) -> Client:
    return await register(stack, administrator, scopes=["openid", "email", "directory.read"])


@pytest.fixture
async def cookie(stack: Stack, land: Land) -> dict[str, str]:
    return {"cookie": f"workspace_session={await cookie_of(stack, land.economy_agent)}"}


def basic(client: Client) -> httpx.BasicAuth:
    return httpx.BasicAuth(client.id, client.secret)


async def code_of(http: httpx.AsyncClient, client: Client, cookie: dict[str, str], **changed: Any) -> str:
    answer = await http.get("/oidc/authorize", params=client.request(**changed), headers=cookie)
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


async def exchanged(http: httpx.AsyncClient, client: Client, code: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return await http.post("/oidc/token", data={**form, "code_verifier": client.verifier}, auth=basic(client))


async def test_discovery_says_what_is_there_and_authlib_finds_it_valid(http: httpx.AsyncClient) -> None:
    document = (await http.get("/.well-known/openid-configuration")).json()
    assert document == (await http.get("/.well-known/oauth-authorization-server")).json()
    assert document["issuer"] == ISSUER
    # authlib asks for https, as production has.
    secure = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value
        for name, value in document.items()
    }
    discovery.OpenIDProviderMetadata(secure).validate(metadata_classes=[rpinitiated.OpenIDProviderMetadata])
    for name, uri in document.items():
        if name.endswith(("_endpoint", "_uri")):
            assert (await http.get(urlsplit(uri).path)).status_code != 404, name
    keys = (await http.get("/oidc/jwks")).json()["keys"]
    assert {key["kty"] for key in keys} == {"OKP"}
    assert not any({"d", "p", "q"} & key.keys() for key in keys)


async def test_a_browser_and_a_client_complete_a_login(
    http: httpx.AsyncClient, land: Land, client: Client, cookie: dict[str, str]
) -> None:
    answer = await http.get("/oidc/authorize", params=client.request(scope="openid email"), headers=cookie)
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    where = urlsplit(answer.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == CALLBACK
    told = dict(parse_qsl(where.query))
    assert (told["state"], told["iss"]) == ("s1", ISSUER)
    answer = await exchanged(http, client, told["code"])
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert tokens["expires_in"] == 900
    keys = KeySet.import_key_set((await http.get("/oidc/jwks")).json())
    assert jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims["aud"] == client.id
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    for method in ("GET", "POST"):
        claims = (await http.request(method, "/oidc/userinfo", headers=bearer)).json()
        assert claims["email"] == land.economy_agent.account.address
    shown = await http.post("/oidc/introspect", data={"token": tokens["access_token"]}, auth=basic(client))
    assert shown.json()["active"] is True
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    again = (await http.post("/oidc/token", data=form, auth=basic(client))).json()
    assert (await http.post("/oidc/revoke", data={"token": again["refresh_token"]}, auth=basic(client))).json() == {}
    refused = await http.get("/oidc/userinfo", headers=bearer)
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]


async def test_errors_at_the_token_endpoint_are_those_of_the_specification(
    http: httpx.AsyncClient, client: Client, cookie: dict[str, str]
) -> None:
    code = await code_of(http, client, cookie)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": "w" * 43}
    wrong = await http.post("/oidc/token", data=form, auth=httpx.BasicAuth(client.id, "wrong"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert wrong.headers["www-authenticate"].startswith("Basic ")
    unknown = await http.post("/oidc/token", data=form, auth=httpx.BasicAuth("01UNKNOWN", "wrong"))
    assert unknown.json() == wrong.json()
    answer = await http.post("/oidc/token", data=form, auth=basic(client))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    for header in ("Basic ???", "Bearer abc", "Basic " + base64.b64encode(b"nocolon").decode()):
        answer = await http.post("/oidc/token", data=form, headers={"authorization": header})
        assert answer.json()["error"] == "invalid_client"
    both = await http.post("/oidc/token", data={**form, "client_secret": client.secret}, auth=basic(client))
    assert both.json()["error"] == "invalid_request"
    twice = "grant_type=refresh_token&grant_type=password"
    content = {"content-type": "application/x-www-form-urlencoded"}
    answer = await http.post("/oidc/token", content=twice, headers=content, auth=basic(client))
    assert answer.json()["error"] == "invalid_request"
    assert (await http.post("/oidc/token", json=form, auth=basic(client))).status_code == 415
    assert (await http.get("/oidc/token")).status_code == 405


async def test_without_a_session_the_browser_goes_to_the_login_page_and_comes_back(
    http: httpx.AsyncClient, client: Client, cookie: dict[str, str]
) -> None:
    asked = client.request(login_hint="agent@economie.gouv.tg", acr_values="urn:gouv:tg:acr:2")
    answer = await http.get("/oidc/authorize", params=asked)
    where = urlsplit(answer.headers["location"])
    assert (where.netloc, where.path) == ("", "/login")
    told = dict(parse_qsl(where.query))
    assert told["login_hint"] == "agent@economie.gouv.tg"
    assert told["acr"] == "urn:gouv:tg:acr:2"
    assert told["return_to"].startswith("/oidc/authorize?continue=")
    answer = await http.get("/oidc/authorize", params=client.request())
    back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))["return_to"]
    assert "code=" in (await http.get(back, headers=cookie)).headers["location"]


async def test_a_form_that_asks_becomes_a_link_that_carries_the_session(
    http: httpx.AsyncClient, client: Client
) -> None:
    answer = await http.post("/oidc/authorize", data=client.request())
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert (where.netloc, where.path) == ("", "/oidc/authorize")
    assert dict(parse_qsl(where.query)) == client.request()


async def test_a_request_that_nobody_can_be_told_of_is_shown_in_both_languages(
    http: httpx.AsyncClient, client: Client
) -> None:
    asked = client.request(redirect_uri='https://evil.example/"><script>alert(1)</script>')
    for language, words in (("fr", "L’application ne peut pas"), ("en", "The application cannot")):
        answer = await http.get("/oidc/authorize", params=asked, headers={"accept-language": language})
        assert answer.status_code == 400
        assert words in html.unescape(answer.text)
        assert "location" not in answer.headers
        assert "<script>alert" not in answer.text


async def test_form_post_sends_the_answer_by_a_form_that_may_lead_there_only(
    http: httpx.AsyncClient, client: Client, cookie: dict[str, str]
) -> None:
    asked = client.request(response_mode="form_post", state='"><script>')
    answer = await http.get("/oidc/authorize", params=asked, headers=cookie)
    assert answer.status_code == 200
    assert "form-action https://app.example.tg;" in answer.headers["content-security-policy"] + ";"
    assert "<script>" not in answer.text.replace('<script src="/assets/', "")
    assert f'action="{CALLBACK}"' in answer.text
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text))
    assert html.unescape(fields["state"]) == '"><script>'
    assert (await exchanged(http, client, fields["code"])).json()["id_token"]


async def test_pages_of_registered_origins_may_call_and_no_others(
    http: httpx.AsyncClient, stack: Stack, administrator: Person, land: Land, cookie: dict[str, str]
) -> None:
    origin = "https://app.example.tg"
    client = await register(stack, administrator, token_endpoint_auth_method="none", origins=[origin])
    asking = {"origin": origin, "access-control-request-method": "POST"}
    allowed = await http.options("/oidc/token", headers=asking)
    assert allowed.headers["access-control-allow-origin"] == origin
    assert "authorization" in allowed.headers["access-control-allow-headers"]
    form = {
        "grant_type": "authorization_code", "code": await code_of(http, client, cookie), "redirect_uri": CALLBACK,
        "code_verifier": client.verifier, "client_id": client.id,
    }  # fmt: skip
    answer = await http.post("/oidc/token", data=form, headers={"origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.json()["refresh_token"]
    for path in ("/.well-known/openid-configuration", "/oidc/jwks", "/oidc/userinfo"):
        assert (await http.get(path, headers={"origin": origin})).headers["access-control-allow-origin"] == origin
        foreign = await http.get(path, headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in foreign.headers
        assert "origin" in foreign.headers["vary"]
    for evil in ("https://evil.example", "null", "https://app.example.tg.evil", "HTTPS://app.example.tg", "x" * 400):
        refused = await http.options("/oidc/token", headers={**asking, "origin": evil})
        assert "access-control-allow-origin" not in refused.headers


async def test_logging_out_by_a_client_ends_the_browsers_session(
    http: httpx.AsyncClient, client: Client, cookie: dict[str, str]
) -> None:
    tokens = (await exchanged(http, client, await code_of(http, client, cookie))).json()
    given = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": OUT, "state": "x y"}
    answer = await http.get("/oidc/end_session", params=given, headers=cookie)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{OUT}?state=x+y"
    assert any("workspace_session=" in each and "Max-Age=0" in each for each in answer.headers.get_list("set-cookie"))
    again = await http.get("/oidc/authorize", params=client.request(), headers=cookie)
    assert again.headers["location"].startswith("/login?")


async def test_a_stranger_cannot_log_anybody_out(
    http: httpx.AsyncClient, client: Client, cookie: dict[str, str]
) -> None:
    given = {"client_id": client.id, "post_logout_redirect_uri": OUT}
    page = await http.get("/oidc/end_session", params=given, headers=cookie)
    assert page.status_code == 200
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    forms = re.search(r"workspace_forms=([^;]+)", page.headers["set-cookie"])
    assert forms
    both = {"cookie": f"{cookie['cookie']}; workspace_forms={forms[1]}"}
    forged = await http.post("/oidc/end_session", data={**given, "csrf": "AAAA"}, headers=both)
    assert "location" not in forged.headers
    elsewhere = {**both, "origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert "onwards" not in (await http.post("/oidc/end_session", data=fields, headers=elsewhere)).text
    assert "code=" in (await http.get("/oidc/authorize", params=client.request(), headers=cookie)).headers["location"]
    done = await http.post("/oidc/end_session", data=fields, headers=both)
    assert OUT in done.text
    again = await http.get("/oidc/authorize", params=client.request(), headers=cookie)
    assert again.headers["location"].startswith("/login?")


async def test_no_unregistered_place_is_gone_to_after_logging_out(http: httpx.AsyncClient, client: Client) -> None:
    given = {"client_id": client.id, "post_logout_redirect_uri": "https://evil.example/"}
    answer = await http.get("/oidc/end_session", params=given)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_service_account_works_within_its_quota_and_the_gateway_asks_nobody(
    http: httpx.AsyncClient, stack: Stack, administrator: Person, land: Land
) -> None:
    client = await service(stack, administrator, unit_id=land.economy.id, requests_a_minute=3)
    token = (await http.post("/oidc/token", data={"grant_type": "client_credentials"}, auth=basic(client))).json()
    said = {"authorization": f"Bearer {token['access_token']}"}
    for _ in range(3):
        assert (await http.get("/v1/me", headers=said)).json()["address"] == "paie@economie.gouv.tg"
    refused = await http.get("/v1/me", headers=said)
    assert refused.status_code == 429
    assert '"client";q=3;w=60' in refused.headers["ratelimit-policy"]
    assert int(refused.headers["retry-after"]) >= 1
    # People are counted on their own.
    assert (await http.get("/v1/me", headers=dict(land.economy_agent.said["metadata"]))).status_code == 200


async def test_a_service_account_within_a_day_has_its_daily_quota(
    http: httpx.AsyncClient, stack: Stack, administrator: Person, land: Land
) -> None:
    client = await service(stack, administrator, unit_id=land.economy.id, requests_a_day=2)
    token = (await http.post("/oidc/token", data={"grant_type": "client_credentials"}, auth=basic(client))).json()
    said = {"authorization": f"Bearer {token['access_token']}"}
    codes = [(await http.get("/v1/me", headers=said)).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def escaped(pem: str) -> str:
    return pem.replace("\n", "%0A").replace(" ", "%20").replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


async def test_a_certificate_that_a_trusted_ingress_hands_on_proves_the_client_and_binds_its_tokens(
    stack: Stack, administrator: Person, land: Land, authority: Authority
) -> None:
    client = await service(
        stack, administrator, unit_id=land.economy.id, token_endpoint_auth_method="tls_client_auth",
        tls_client_auth_san_dns="drive",
    )  # fmt: skip
    pem = authority.of("drive").certificate.read_text()
    other = authority.of("video").certificate.read_text()
    form = {"grant_type": "client_credentials", "client_id": client.id}
    trusted = {"client_certificate_header": "Client-Cert", "trusted_proxies": ("127.0.0.1", "::1")}
    async with gateway_before(stack, authority, **trusted) as http:
        token = (await http.post("/oidc/token", data=form, headers={"client-cert": escaped(pem)})).json()
        said = {"authorization": f"Bearer {token['access_token']}"}
        assert (await http.get("/v1/me", headers={**said, "client-cert": escaped(pem)})).status_code == 200
        for wrong in (escaped(other), "", ":????:", "nonsense"):
            assert (await http.get("/v1/me", headers={**said, "client-cert": wrong})).status_code == 401
            refused = await http.post("/oidc/token", data=form, headers={"client-cert": wrong})
            assert refused.json()["error"] == "invalid_client"
        assert (await http.get("/v1/me", headers=said)).status_code == 401
    # Who is no trusted proxy may write into the field what it likes.
    for settings in ({"client_certificate_header": "Client-Cert"}, {"trusted_proxies": ("127.0.0.1", "::1")}):
        async with gateway_before(stack, authority, **settings) as http:
            refused = await http.post("/oidc/token", data=form, headers={"client-cert": escaped(pem)})
            assert refused.json()["error"] == "invalid_client"


async def test_a_certificate_of_our_own_tls_proves_the_client(
    stack: Stack, administrator: Person, land: Land, authority: Authority
) -> None:
    client = await service(
        stack, administrator, unit_id=land.economy.id, token_endpoint_auth_method="tls_client_auth",
        tls_client_auth_subject_dn="CN=drive",
    )  # fmt: skip
    public, drive = authority.of("localhost"), authority.of("drive")
    own = {
        "http_certificate": public.certificate, "http_key": public.key,
        "http_client_authorities": authority.certificate,
    }  # fmt: skip
    form = {"grant_type": "client_credentials", "client_id": client.id}
    async with gateway_before(stack, authority, **own) as http:
        assert (await http.post("/oidc/token", data=form)).json()["error"] == "invalid_client"
        proving = ssl.create_default_context(cafile=authority.certificate)
        proving.load_cert_chain(drive.certificate, drive.key)
        async with httpx.AsyncClient(base_url=http.base_url, verify=proving) as proven:
            token = (await proven.post("/oidc/token", data=form)).json()
            said = {"authorization": f"Bearer {token['access_token']}"}
            assert (await proven.get("/v1/me", headers=said)).status_code == 200
        assert (await http.get("/v1/me", headers=said)).status_code == 401
