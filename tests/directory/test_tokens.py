"""Tokens that directory did not issue, or that are over, open nothing at its real server."""

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Unauthenticated
from tests.directory.conftest import Person, Stack, bearer, header


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, Any]:
    text = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


async def refused(stack: Stack, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), metadata=bearer(token))


async def test_unsigned_and_otherwise_signed_tokens_are_refused(stack: Stack, administrator: Person) -> None:
    token = administrator.session.access_token
    claims, kid = claims_of(token), header(token)["kid"]
    public = (await stack.directory.keys.all())[0].x
    for alg in ("none", "None", "", None):
        await refused(stack, f"{part({'alg': alg, 'kid': kid})}.{part(claims)}.")
    other = OKPKey.generate_key("Ed25519")
    await refused(stack, jwt.encode({"alg": "Ed25519", "kid": kid}, claims, other, ["Ed25519"]))
    await refused(stack, jwt.encode({"alg": "Ed25519", "kid": "unknown"}, claims, other, ["Ed25519"]))
    # The public key as a shared secret, the oldest confusion of algorithms (RFC 8725 §2.1).
    secret = OctKey.import_key(public)
    await refused(stack, jwt.encode({"alg": "HS256", "kid": kid}, claims, secret, ["HS256"]))
    await refused(stack, jwt.encode({"alg": "RS256", "kid": kid}, claims, RSAKey.generate_key(2048), ["RS256"]))
    head, body, signature = token.split(".")
    await refused(stack, f"{head}.{part({**claims, 'sub': 'somebody else'})}.{signature}")
    await refused(stack, f"{head}.{body}.{signature[:-8]}AAAAAAAA")


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "elsewhere"}, {"aud": None}, {"iss": "elsewhere"}, {"exp": 1}, {"exp": None}, {"sub": None},
        {"sid": None}, {"exp": "never"}, {"iat": None},
    ],
)  # fmt: skip
async def test_tokens_of_our_own_key_with_other_claims_are_refused(
    stack: Stack, administrator: Person, changed: dict[str, Any]
) -> None:
    token = administrator.session.access_token
    key = (await stack.directory.keys.all())[0]
    claims = {name: value for name, value in {**claims_of(token), **changed}.items() if value is not None}
    private = stack.directory.keys._private(key)
    await refused(stack, jwt.encode({"alg": "Ed25519", "kid": key.kid}, claims, private, ["Ed25519"]))


async def test_an_expired_token_is_refused(stack: Stack, administrator: Person) -> None:
    stack.clock.pass_by(hours=-1)
    old = await stack.log_in("admin@gouv.tg")
    await refused(stack, old.access_token)


async def test_what_is_no_token_is_refused_and_the_server_goes_on(stack: Stack, administrator: Person) -> None:
    for token in ("x", "a.b.c", "..", "A" * 7_000, "e30.e30.e30"):
        await refused(stack, token)
    own = await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), **administrator.said)
    assert own.id == administrator.account.id
