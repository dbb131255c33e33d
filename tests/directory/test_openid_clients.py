"""Registration of clients, how they prove themselves, service accounts, and back-channel logout."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import openid_pb2 as pb

from chassis.documents import scans
from chassis.errors import Forbidden, InvalidInput, NotFound
from services.directory.domain.logouts import EVENT, PAUSES
from services.directory.logout_posting import LogoutPosting
from services.directory.usecases.deliver_logouts import deliver_logouts
from services.directory.usecases.end_client_sessions import end_hanging_sessions, end_sessions_of_clients
from tests.directory.conftest import Land, Person, Stack
from tests.directory.relying import (
    CALLBACK,
    ISSUER,
    Client,
    body,
    cookie_of,
    fault,
    go_on,
    keys,
    parameters,
    register,
    service,
    told,
)
from tests.directory.test_tokens import claims_of, part

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN = f"{ISSUER}/oidc/token"


async def changed(stack: Stack, by: Person, client: Client, **fields: Any) -> pb.Client:
    request = pb.UpdateClientRequest(client=pb.Client(client_id=client.id, **fields))
    request.update_mask.paths.extend(fields)
    return await stack.cli.clients.UpdateClient(request, **by.said)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"redirect_uris": ["http://app.example.tg/retour"]}, "redirect_uris"),
    ({"redirect_uris": ["http://localhost/retour"]}, "redirect_uris"),
    ({"redirect_uris": ["http://127.0.0.1/retour"]}, "redirect_uris"),
    ({"redirect_uris": ["https://app.example.tg/retour#f"]}, "redirect_uris"),
    ({"redirect_uris": ["https://user@app.example.tg/retour"]}, "redirect_uris"),
    ({"redirect_uris": ["https://a@b@app.example.tg/"]}, "redirect_uris"),
    ({"redirect_uris": ["HTTPS://app.example.tg/retour"]}, "redirect_uris"),
    ({"redirect_uris": ["https://App.example.tg/retour"]}, "redirect_uris"),
    ({"redirect_uris": ["https://app.example.tg/a/..;/retour"]}, "redirect_uris"),
    ({"redirect_uris": ["https://app.example.tg/a/%2E%2e/retour"]}, "redirect_uris"),
    ({"redirect_uris": ["https://app.example.tg\\@evil.example/"]}, "redirect_uris"),
    ({"redirect_uris": ["https://app.example.tg/é"]}, "redirect_uris"),
    ({"redirect_uris": ["https://app.example.tg:99999/"]}, "redirect_uris"),
    ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
    ({"redirect_uris": ["https://app.example.tg/*"] * 1 + [CALLBACK] * 1, "origins": ["*"]}, "origins"),
    ({"redirect_uris": []}, "redirect_uris"),
    ({"application_type": pb.APPLICATION_TYPE_NATIVE, "redirect_uris": ["http://localhost/x"]}, "redirect_uris"),
    ({"application_type": pb.APPLICATION_TYPE_NATIVE, "redirect_uris": ["myapp:/x"]}, "redirect_uris"),
    ({"origins": ["https://app.example.tg/"]}, "origins"),
    ({"origins": ["http://app.example.tg"]}, "origins"),
    ({"backchannel_logout_uri": "http://app.example.tg/out"}, "backchannel_logout_uri"),
    ({"grant_types": ["password"]}, "grant_types"),
    ({"grant_types": ["refresh_token"]}, "grant_types"),
    ({"scopes": ["openid", "everything"]}, "scopes"),
    ({"token_endpoint_auth_method": "client_secret_jwt"}, "token_endpoint_auth_method"),
    ({"token_endpoint_auth_method": "private_key_jwt"}, "jwks"),
    ({"token_endpoint_auth_method": "private_key_jwt", "jwks": "{}"}, "jwks"),
    ({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://app.example.tg/jwks"}, "jwks_uri"),
    ({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example.tg/a/../jwks"}, "jwks_uri"),
    ({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "file:///etc/passwd"}, "jwks_uri"),
    ({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.tg/k", "jwks": "{}"}, "jwks"),
    ({"jwks_uri": "https://app.example.tg/jwks"}, "jwks"),
    ({"token_endpoint_auth_method": "tls_client_auth"}, "tls_client_auth_subject_dn"),
    ({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "nonsense"},
     "tls_client_auth_subject_dn"),
    ({"id_token_signed_response_alg": "none"}, "id_token_signed_response_alg"),
    ({"id_token_signed_response_alg": "HS256"}, "id_token_signed_response_alg"),
    ({"requests_a_minute": 10**9}, "requests_a_minute"),
    ({"name": " "}, "name"),
    ({"name": "a\r\nb"}, "name"),
    ({"grant_types": ["client_credentials"], "redirect_uris": []}, "address"),
]  # fmt: skip


async def test_a_registration_that_is_not_sound_is_refused_by_its_field(stack: Stack, administrator: Person) -> None:
    for given, field in WRONG:
        with pytest.raises(InvalidInput) as refused:
            await register(stack, administrator, **given)
        assert field in refused.value.fields, given


async def test_keys_of_a_client_are_public_and_strong(stack: Stack, administrator: Person) -> None:
    weak = [
        RSAKey.generate_key(1024).as_dict(private=False),
        RSAKey.generate_key(2048).as_dict(private=True),
        OctKey.generate_key(256).as_dict(),
        OKPKey.generate_key("X25519").as_dict(private=False),
        {"kty": "RSA"}, {}, [], None, "text",
    ]  # fmt: skip
    for key in weak:
        jwks = json.dumps({"keys": [key]})
        with pytest.raises(InvalidInput):
            await register(stack, administrator, token_endpoint_auth_method="private_key_jwt", jwks=jwks)


async def test_a_client_is_its_units_administrators_business(stack: Stack, administrator: Person, land: Land) -> None:
    by, other = land.economy_administrator, land.health_administrator
    with pytest.raises((Forbidden, NotFound)):
        await register(stack, by, unit_id=land.health.id, first_party=False)
    with pytest.raises(Forbidden):
        await register(stack, by, first_party=False)
    for beyond in ({"first_party": True}, {"first_party": False, "requests_a_minute": 50_000}):
        with pytest.raises(Forbidden):
            await register(stack, by, unit_id=land.treasury.id, **beyond)
    client = await register(stack, by, unit_id=land.treasury.id, first_party=False)
    listed = await stack.cli.clients.ListClients(pb.ListClientsRequest(), **by.said)
    assert [each.client_id for each in listed.clients] == [client.id]
    assert not (await stack.cli.clients.ListClients(pb.ListClientsRequest(), **other.said)).clients
    for call in (
        stack.cli.clients.GetClient(pb.GetClientRequest(client_id=client.id), **other.said),
        changed(stack, other, client, name="Autre"),
        stack.cli.clients.RotateClientSecret(pb.RotateClientSecretRequest(client_id=client.id), **other.said),
        stack.cli.clients.DeleteClient(pb.DeleteClientRequest(client_id=client.id), **other.said),
    ):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(Forbidden):
        await changed(stack, by, client, first_party=True)
    with pytest.raises(NotFound):
        await changed(stack, by, client, unit_id=land.health.id)
    renamed = await changed(stack, by, client, name="Congés", redirect_uris=[CALLBACK, CALLBACK + "2"])
    assert (renamed.name, renamed.version) == ("Congés", 2)
    kept = await stack.database["clients"].find_one({"_id": client.id})
    acts = [json.loads(entry["body"])["data"]["act"] for entry in kept["outbox"]]
    assert acts == ["create_client", "update_client"]
    await stack.cli.clients.DeleteClient(pb.DeleteClientRequest(client_id=client.id), **by.said)
    with pytest.raises(NotFound):
        await stack.cli.clients.GetClient(pb.GetClientRequest(client_id=client.id), **by.said)


async def test_clients_are_listed_page_by_page(stack: Stack, administrator: Person, land: Land) -> None:
    made = [await register(stack, administrator, unit_id=land.economy.id) for _ in range(3)]
    await register(stack, administrator)
    found: list[str] = []
    request = pb.ListClientsRequest(unit_id=land.economy.id, page_size=2)
    while True:
        page = await stack.cli.clients.ListClients(request, **administrator.said)
        found += [client.client_id for client in page.clients]
        request.page_token = page.next_page_token
        if not request.page_token:
            break
    assert found == [client.id for client in made]
    assert len((await stack.cli.clients.ListClients(pb.ListClientsRequest(), **administrator.said)).clients) == 4


async def test_a_secret_is_kept_as_a_proof_and_replaced_without_an_outage(
    stack: Stack, administrator: Person, land: Land
) -> None:
    client = await service(stack, administrator, unit_id=land.economy.id)
    kept = json.dumps(await stack.database["clients"].find_one({"_id": client.id}), default=str)
    assert client.secret not in kept
    assert len(client.secret) >= 43
    ask = {"grant_type": "client_credentials"}
    request = pb.RotateClientSecretRequest(client_id=client.id)
    answer = await stack.cli.clients.RotateClientSecret(request, **administrator.said)
    new = client.proof(basic_secret=answer.client_secret)
    for proof in (client.proof(), new):
        assert body(await client.token(proof, **ask))["access_token"]
    stack.clock.pass_by(days=1, minutes=1)
    assert fault(await client.token(**ask)) == ("invalid_client", 401)
    assert body(await client.token(new, **ask))["access_token"]


async def test_a_client_proves_itself_in_the_registered_way_only(
    stack: Stack, administrator: Person, land: Land
) -> None:
    post = await service(stack, administrator, unit_id=land.economy.id, token_endpoint_auth_method="client_secret_post")
    ask = {"grant_type": "client_credentials", "client_id": post.id}
    assert body(await post.token(**ask, client_secret=post.secret))["access_token"]
    basic = pb.ClientProof(basic_id=post.id, basic_secret=post.secret)
    for answer in (
        await post.token(basic, grant_type="client_credentials"),
        await post.token(**ask),
        await post.token(**ask, client_secret="wrong"),
        await post.token(**ask, client_secret=post.secret, client_assertion="a.b.c"),
        await post.token(pb.ClientProof(malformed=True), **ask, client_secret=post.secret),
    ):
        assert fault(answer)[0] in {"invalid_client", "invalid_request"}


def assertion(key: Any, client: Client, algorithm: str = "ES256", header: Any = None, **claims: Any) -> str:
    """As authlib's client makes it."""
    more = {"jti": f"j{time.monotonic_ns()}", **claims}
    return private_key_jwt_sign(key, client.id, TOKEN, algorithm, more, header=header)


def hs256(claims: dict[str, Any], secret: bytes) -> str:
    """Signed with a public key as if it were a shared secret; libraries refuse to, an attacker does not."""
    signed = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(claims)}"
    mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def test_a_client_proves_itself_by_a_signed_assertion_once(
    stack: Stack, administrator: Person, land: Land
) -> None:
    own, old = ECKey.generate_key("P-256", {"kid": "k2"}), RSAKey.generate_key(2048, {"kid": "k1"})
    jwks = json.dumps({"keys": [old.as_dict(private=False), own.as_dict(private=False)]})
    client = await service(
        stack, administrator, unit_id=land.economy.id, token_endpoint_auth_method="private_key_jwt", jwks=jwks
    )
    assert client.secret == ""

    async def asked(text: str, **more: Any) -> pb.TokenAnswer:
        given = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": text}
        return await client.token(pb.ClientProof(), **{**given, **more})

    good = assertion(own, client)
    assert body(await asked(good, client_id=client.id))["access_token"]
    assert fault(await asked(good)) == ("invalid_client", 401)
    assert body(await asked(assertion(old, client, "RS256", {"kid": "k1"})))["access_token"]
    assert body(await asked(assertion(own, client, aud=ISSUER)))["access_token"]

    stranger = ECKey.generate_key("P-256", {"kid": "k2"})
    now = int(time.time())
    forged = [
        assertion(stranger, client),
        assertion(stranger, client, header={"jwk": stranger.as_dict(private=False)}),
        assertion(stranger, client, header={"jku": "https://evil.example/k", "kid": "k2"}),
        assertion(own, client, header={"kid": "k1"}),
        f"{part({'alg': 'none'})}.{part(claims_of(good) | {'jti': 'n'})}.",
        hs256(claims_of(good) | {"jti": "h"}, old.as_pem(private=False)),
        assertion(own, client, aud="https://evil.example/token"),
        assertion(own, client, exp=now - 120),
        assertion(own, client, exp=now + 90_000),
        assertion(own, client, sub="01OTHER"),
        assertion(own, client, iss="01OTHER"),
        assertion(own, client, jti=""),
        assertion(own, client, jti=7),
        assertion(own, client, nbf=now + 900),
        "", "a.b.c", "é", "x" * 9000, f"{part([])}.{part([])}.", f"{part({'alg': 'ES256'})}.{part('text')}.AA",
    ]  # fmt: skip
    for each in forged:
        assert fault(await asked(each)) == ("invalid_client", 401), each
    assert fault(await asked(assertion(own, client), client_assertion_type="other")) == ("invalid_client", 401)
    other = await service(stack, administrator, unit_id=land.economy.id, address="autre@economie.gouv.tg")
    assert fault(await asked(assertion(own, other))) == ("invalid_client", 401)


@asynccontextmanager
async def listening(status: int = 200) -> AsyncIterator[tuple[str, list[str]]]:
    """A client's server on loopback, and what was posted to it."""
    heard: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length:")[2].partition("\r\n")[0])
        heard.append((await reader.readexactly(length)).decode())
        location = b"Location: http://127.0.0.1:1/\r\n" if status == 302 else b""
        writer.write(b"HTTP/1.1 %d x\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n" % (status, location))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/sortie", heard


async def logged_out(stack: Stack, person: Person, cookie: str) -> None:
    await stack.gateway.sessions.DeleteSession(directory_pb2.DeleteSessionRequest(), **person.said)
    await end_hanging_sessions(stack.directory, person.account.id, cookie.partition(".")[0])


async def test_clients_are_told_of_a_logout_until_they_have_heard(
    stack: Stack, administrator: Person, land: Land
) -> None:
    object.__setattr__(stack.directory.openid, "loopback", True)
    object.__setattr__(stack.directory.openid, "post", LogoutPosting(loopback=True).post)
    agent = land.economy_agent
    cookie = await cookie_of(stack, agent)
    async with listening() as (uri, heard), listening(503) as (broken, tries):
        client = await register(stack, administrator, backchannel_logout_uri=uri)
        stubborn = await register(stack, administrator, backchannel_logout_uri=broken)
        sid = claims_of((await client.log_in(cookie))["id_token"])["sid"]
        for _ in range(2):
            await stubborn.log_in(cookie)
        await logged_out(stack, agent, cookie)
        for _ in range(3):
            await deliver_logouts(stack.directory)
        (posted,) = heard
        assert posted.startswith("logout_token=")
        token = jwt.decode(posted.removeprefix("logout_token="), await keys(stack), algorithms=["RS256"])
        assert token.header["typ"] == "logout+jwt"
        claims = token.claims
        assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, client.id, agent.account.id)
        assert claims["sid"] == sid
        assert claims["events"] == {EVENT: {}}
        assert "nonce" not in claims
        assert len(tries) == 1
        for pause in PAUSES:
            stack.clock.pass_by(seconds=pause.total_seconds() + 1)
            await deliver_logouts(stack.directory)
        assert len(tries) == 1 + len(PAUSES)
        assert await stack.database["logouts"].count_documents({}) == 0


async def test_a_logout_token_is_posted_to_the_registered_place_and_nowhere_else() -> None:
    posting = LogoutPosting(loopback=True)
    async with listening(302) as (uri, heard):
        assert not await posting.post(uri, "t")
        assert heard == ["logout_token=t"]
        closed = LogoutPosting()
        for refused in (uri, uri.replace("http:", "https:"), "https://[::1]:9/", "https://[::ffff:127.0.0.1]:9/"):
            assert not await closed.post(refused, "t")
        assert len(heard) == 1
    for nowhere in (uri, "https://169.254.169.254/latest", "https://0.0.0.0/", "ftp://127.0.0.1/", "http://[", ""):
        assert not await posting.post(nowhere, "t")


async def test_every_question_about_clients_is_answered_from_an_index(
    stack: Stack, administrator: Person, land: Land
) -> None:
    cookie = await cookie_of(stack, land.economy_agent)
    client = await register(
        stack, administrator, first_party=False, origins=["https://app.example.tg"],
        backchannel_logout_uri="https://app.example.tg/out",
    )  # fmt: skip
    agent = land.economy_agent
    waiting = (await client.authorize(cookie)).consent
    granting = pb.GrantConsentRequest(request=waiting)
    back = (await stack.gateway.openid.GrantConsent(granting, **agent.said)).return_to
    code = told(await go_on(stack, back, cookie))["code"]
    tokens = body(await client.exchange(code))
    await client.refresh(tokens["refresh_token"])
    await stack.gateway.openid.CheckOrigin(pb.CheckOriginRequest(origin="https://app.example.tg"))
    await stack.gateway.openid.ListConsents(pb.ListConsentsRequest(), **agent.said)
    await stack.cli.clients.ListClients(pb.ListClientsRequest(), **administrator.said)
    await changed(stack, administrator, client, disabled=True)
    await end_sessions_of_clients(stack.directory)
    await stack.gateway.openid.RevokeConsent(pb.RevokeConsentRequest(client_id=client.id), **agent.said)
    await logged_out(stack, agent, cookie)
    await end_hanging_sessions(stack.directory, agent.account.id, "")
    await deliver_logouts(stack.directory)
    await stack.gateway.openid.RevokeToken(
        pb.RevokeTokenRequest(parameters=parameters({"token": tokens["access_token"]}), proof=client.proof())
    )
    asked = {shape.split(" ")[0] for shape in stack.recorder.commands}
    assert asked >= {"clients", "codes", "consents", "logouts", "openid_keys", "sessions"}
    assert await scans(stack.database, stack.recorder) == []
