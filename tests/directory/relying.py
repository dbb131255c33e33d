"""A client of the provider, as a test plays it against directory's own rpcs."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import openid_pb2 as pb

from tests.directory.conftest import Person, Stack

CALLBACK = "https://app.example.tg/retour"
OUT = "https://app.example.tg/sortie"
ISSUER = "http://localhost:8080"


def parameters(given: dict[str, Any]) -> list[pb.Parameter]:
    return [pb.Parameter(name=name, value=str(value)) for name, value in given.items() if value is not None]


@dataclass
class Client:
    """A registered client with its secret, and the state of one login."""

    stack: Stack
    registered: pb.Client
    secret: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def id(self) -> str:
        return self.registered.client_id

    def proof(self, **changed: Any) -> pb.ClientProof:
        if self.registered.token_endpoint_auth_method != "client_secret_basic":
            return pb.ClientProof(**changed)
        return pb.ClientProof(**{"basic_id": self.id, "basic_secret": self.secret, **changed})

    def request(self, **changed: Any) -> dict[str, Any]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        return {
            "client_id": self.id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid",
            "state": "s1", "nonce": "n1", "code_challenge": challenge, "code_challenge_method": "S256", **changed,
        }  # fmt: skip

    async def authorize(self, cookie: str, **changed: Any) -> pb.AuthorizeResponse:
        request = pb.AuthorizeRequest(parameters=parameters(self.request(**changed)), cookie=cookie)
        return await self.stack.gateway.openid.Authorize(request)

    async def code(self, cookie: str, **changed: Any) -> str:
        answer = await self.authorize(cookie, **changed)
        assert answer.WhichOneof("outcome") == "respond", answer
        return told(answer)["code"]

    async def token(self, proof: pb.ClientProof | None = None, **given: Any) -> pb.TokenAnswer:
        request = pb.IssueTokensRequest(parameters=parameters(given), proof=proof or self.proof())
        return await self.stack.gateway.openid.IssueTokens(request)

    async def exchange(self, code: str, **changed: Any) -> pb.TokenAnswer:
        return await self.token(**{
            "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": self.verifier,
            **({"client_id": self.id} if not self.secret else {}), **changed,
        })  # fmt: skip

    async def log_in(self, cookie: str, **changed: Any) -> dict[str, Any]:
        return body(await self.exchange(await self.code(cookie, **changed)))

    async def refresh(self, token: str, **changed: Any) -> pb.TokenAnswer:
        public = {"client_id": self.id} if not self.secret else {}
        return await self.token(grant_type="refresh_token", refresh_token=token, **public, **changed)

    async def user_info(self, token: str) -> pb.TokenAnswer:
        return await self.stack.gateway.openid.GetUserInfo(pb.GetUserInfoRequest(access_token=token))

    async def introspect(self, token: str) -> dict[str, Any]:
        request = pb.IntrospectTokenRequest(parameters=parameters({"token": token}), proof=self.proof())
        return body(await self.stack.gateway.openid.IntrospectToken(request))


def told(answer: pb.AuthorizeResponse) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in answer.respond.parameters}


def body(answer: pb.TokenAnswer) -> dict[str, Any]:
    assert answer.WhichOneof("outcome") == "body", answer
    return dict(json.loads(answer.body))


def fault(answer: pb.TokenAnswer) -> tuple[str, int]:
    assert answer.WhichOneof("outcome") == "error", answer
    return answer.error.error, answer.error.http_status


def continued(path: str) -> dict[str, str]:
    """The parameters of a path that goes on with an authorization request."""
    parts = urlsplit(path)
    assert (parts.scheme, parts.netloc, parts.path) == ("", "", "/oidc/authorize")
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


async def go_on(stack: Stack, path: str, cookie: str) -> pb.AuthorizeResponse:
    request = pb.AuthorizeRequest(parameters=parameters(continued(path)), cookie=cookie)
    return await stack.gateway.openid.Authorize(request)


async def register(stack: Stack, by: Person, **changed: Any) -> Client:
    """A first-party web client with all that a login needs, but for what is `changed`."""
    metadata = {
        "name": "Application des congés", "application_type": pb.APPLICATION_TYPE_WEB, "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [OUT], "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic", "first_party": True,
        "scopes": ["openid", "profile", "email", "groups", "phone"], **changed,
    }  # fmt: skip
    if not await stack.directory.openid.keys.all():
        # Not for each test of directory: an RSA key takes its time.
        await stack.directory.openid.turn_keys(stack.clock())
    made = await stack.cli.clients.CreateClient(pb.CreateClientRequest(client=pb.Client(**metadata)), **by.said)
    return Client(stack, made.client, made.client_secret)


async def service(stack: Stack, by: Person, **changed: Any) -> Client:
    """A client that acts for itself."""
    metadata = {
        "name": "Paie", "redirect_uris": [], "post_logout_redirect_uris": [], "grant_types": ["client_credentials"],
        "first_party": False, "scopes": ["directory.read"], "address": "paie@economie.gouv.tg", **changed,
    }  # fmt: skip
    return await register(stack, by, **metadata)


async def cookie_of(stack: Stack, person: Person) -> str:
    request = directory_pb2.CreateCookieRequest()
    return (await stack.gateway.sessions.CreateCookie(request, **person.said)).value


async def keys(stack: Stack) -> KeySet:
    answer = await stack.gateway.openid.GetOpenIdKeys(pb.GetOpenIdKeysRequest())
    return KeySet.import_key_set(json.loads(answer.jwks))


async def verified(stack: Stack, token: str, algorithm: str = "RS256") -> dict[str, Any]:
    return dict(jwt.decode(token, await keys(stack), algorithms=[algorithm]).claims)
