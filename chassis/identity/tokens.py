"""Access tokens: JWTs (RFC 7519) that directory signs with Ed25519 (RFC 9864), verified here without asking it."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from chassis.errors import Unauthenticated, Unavailable
from chassis.identity.identity import Grant, Identity
from chassis.identity.revocations import Revocations

ALGORITHM = "Ed25519"
ISSUER = AUDIENCE = "workspace"
MAX_OCTETS = 8192
_CLAIMS = jwt.JWTClaimsRegistry(
    leeway=5,
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    sub={"essential": True},
    sid={"essential": True},
    exp={"essential": True},
    iat={"essential": True},
)
# An unknown `kid` may mean a new key, or a forger: fetch at most this often.
FETCH_PAUSE_SECONDS = 5.0
REMEMBERED = 4096

FetchKeys = Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]


class TokenVerifier:
    """Verifies access tokens with directory's public keys, fetched once and again on an unknown `kid`."""

    def __init__(self, fetch_keys: FetchKeys, revocations: Revocations | None = None) -> None:
        self._fetch_keys = fetch_keys
        self._revocations = revocations
        self._keys: dict[str, KeySet] = {}
        self._fetched = float("-inf")
        self._verified: OrderedDict[str, Identity] = OrderedDict()

    async def verify(self, token: str) -> Identity:
        """The identity a token proves. Raises `Unauthenticated`, or `Unavailable` while no key could be fetched."""
        identity = self._verified.get(token)
        if identity is None:
            identity = await self._check(token)
            self._verified[token] = identity
            if len(self._verified) > REMEMBERED:
                self._verified.popitem(last=False)
        if identity.expires_at <= datetime.now(UTC):
            self._verified.pop(token, None)
            raise Unauthenticated("The token has expired")
        if self._revocations is not None and self._revocations.ended(identity):
            raise Unauthenticated("The session has ended")
        return identity

    async def _check(self, token: str) -> Identity:
        if len(token) > MAX_OCTETS:
            raise Unauthenticated("The token is too long")
        try:
            key = await self._key(_kid(token))
            claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
            _CLAIMS.validate(claims)
            return _identity(claims, token)
        except (JoseError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise Unauthenticated("The token is not valid") from error

    async def _key(self, kid: str) -> KeySet:
        if kid not in self._keys and time.monotonic() - self._fetched > FETCH_PAUSE_SECONDS:
            try:
                fetched = await self._fetch_keys()
            except Exception as error:
                raise Unavailable("The keys that verify tokens cannot be had") from error
            self._fetched = time.monotonic()
            self._keys = {str(key["kid"]): _key_set(key) for key in fetched}
        return self._keys[kid]


def _key_set(key: Mapping[str, Any]) -> KeySet:
    keys: KeySetSerialization = {"keys": [dict(key)]}
    return KeySet.import_key_set(keys)


def _kid(token: str) -> str:
    from joserfc.jws import extract_compact

    header = extract_compact(token.encode("ascii")).protected
    if header.get("alg") != ALGORITHM:
        raise ValueError("alg")
    return str(header["kid"])


def _identity(claims: Mapping[str, Any], token: str) -> Identity:
    return Identity(
        account_id=str(claims["sub"]),
        address=str(claims.get("address", "")),
        session_id=str(claims["sid"]),
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        aliases=tuple(map(str, claims.get("aliases", ()))),
        name=str(claims.get("name", "")),
        unit_path=tuple(map(str, claims.get("unit", ()))),
        amr=tuple(map(str, claims.get("amr", ()))),
        acr=str(claims.get("acr", "")),
        authenticated_at=datetime.fromtimestamp(claims["auth_time"], UTC) if "auth_time" in claims else None,
        client_id=str(claims.get("client_id", "")),
        scopes=frozenset(str(claims["scope"]).split()) if "scope" in claims else None,
        certificate=str(claims["cnf"]["x5t#S256"]) if "cnf" in claims else "",
        quota=(int(claims["quota"][0]), int(claims["quota"][1])) if "quota" in claims else None,
        grants=tuple(Grant(str(grant["role"]), str(grant.get("unit", ""))) for grant in claims.get("roles", ())),
        token=token,
    )
