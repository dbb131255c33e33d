"""Signed tokens (RFC 7519, RFC 9864); and the keys that sign them, sealed in the database."""

import time
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry
from joserfc.jws import extract_compact

from chassis.errors import Unavailable
from chassis.identity import ALGORITHM, AUDIENCE, ISSUER
from services.directory.domain.accounts import Account
from services.directory.domain.keys import Schedule, SigningKey
from services.directory.domain.policy import Policy
from services.directory.domain.sessions import ACCESS_LIFETIME, Session
from services.directory.key_kinds import Ed25519Kind, KeyKind, Pair
from services.directory.sealing import Sealer
from services.directory.store import KeyStore

# Shorter than the time a key is published before it signs, so that every process turns in time.
READ_AGAIN_SECONDS = 60.0
# RFC 9864 names the curve; clients that know the older name only are still to be served, and each said so in the log.
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)
MAX_OCTETS = 8192


class SigningKeys:
    """The platform's signing keys of a kind: made, read, used, retired."""

    def __init__(
        self,
        store: KeyStore,
        sealer: Sealer,
        schedule: Schedule,
        *,
        policy: Policy | None = None,
        kind: KeyKind | None = None,
    ) -> None:
        self._store = store
        self._policy = policy or Policy()
        self._sealer = sealer
        self._schedule = schedule
        self._kind: KeyKind = kind or Ed25519Kind()
        self._read: list[SigningKey] = []
        self._read_at = float("-inf")
        self._opened: dict[str, Any] = {}

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The names under which these keys sign."""
        return self._kind.algorithms

    async def all(self) -> Sequence[SigningKey]:
        """Every key with which a living token may be signed, and the next one."""
        return [key for key in await self._whole() if key.retired_at is None]

    async def _whole(self) -> Sequence[SigningKey]:
        """Those, and the public halves of retired ones."""
        if time.monotonic() - self._read_at > READ_AGAIN_SECONDS:
            self._read = await self._store.all()
            self._read_at = time.monotonic()
            self._opened = {kid: self._opened[kid] for kid in self._opened if kid in {k.kid for k in self._read}}
        return self._read

    async def public(self) -> list[dict[str, Any]]:
        """The same as JSON Web Keys, without the name of an algorithm."""
        return [self._kind.public(key.kid, key.x) for key in await self.all()]

    async def turn(self, now: datetime) -> None:
        """Make the key of the period that is due, retire those whose tokens have all expired.

        Safe at any time and in any number of processes: a period has one key, by a unique index.
        """
        keys = await self._store.all()
        due = self._schedule.due(now)
        if all(key.period < due for key in keys):
            await self._store.insert(self._made(due if keys else self._schedule.period(now), now))
        for key in self._schedule.expired(keys, now):
            await self._store.retire(key.kid, now)
        for key in self._schedule.forgotten(keys, now):
            await self._store.delete(key.kid)
        self._read_at = float("-inf")

    async def sign(self, account: Account, session: Session, now: datetime, **more: Any) -> str:
        """An access token of a session for the workspace; `more` claims beside those of the account.

        Of the account's roles it has those that the login was strong enough for.
        """
        account = self._policy.effective(account, session.acr)
        claims = {
            "address": account.address,
            "aliases": list(account.also_writes_as),
            "name": account.display_name,
            "unit": list(account.unit_path),
            "roles": [{"role": grant.role, "unit": grant.unit_id} for grant in account.roles],
            "amr": list(session.amr),
            "acr": session.acr,
            "auth_time": int((session.authenticated_at or session.created_at).timestamp()),
            **more,
        }
        return await self.sign_bare(session, AUDIENCE, now, **claims)

    async def sign_bare(self, session: Session, audience: str, now: datetime, **claims: Any) -> str:
        """An access token that tells no more of the account than its id."""
        whole = {
            "iss": ISSUER,
            "aud": audience,
            "sub": session.account_id,
            "sid": session.id,
            **claims,
            **({"client_id": session.client_id, "scope": " ".join(session.scopes)} if session.client_id else {}),
            # With its fraction, so that a login in the second in which all sessions ended is told from them.
            "iat": round(now.timestamp(), 6),
            "exp": round((now + ACCESS_LIFETIME).timestamp(), 6),
        }
        return await self.encode(whole, ALGORITHM, now)

    async def encode(self, claims: Mapping[str, Any], algorithm: str, now: datetime, kind: str = "JWT") -> str:
        """Any claims, signed; `kind` is the header's `typ`."""
        key = self._schedule.signing(await self.all(), now)
        if key is None:
            raise Unavailable("There is no key to sign with yet")
        header = {"alg": algorithm, "kid": key.kid, "typ": kind}
        return jwt.encode(header, dict(claims), self._private(key), [algorithm])

    async def decode(self, token: str, *, retired: bool = False) -> dict[str, Any] | None:
        """The claims of a token that one of these keys signed, whatever they say; None of any other text.

        With `retired`, of one that signs no more as well: for what names a login, and opens nothing.

        The key is one of ours by its `kid`, the algorithm one of its kind: what else the header says is not read.
        """
        try:
            header = extract_compact(token[: MAX_OCTETS + 1].encode("ascii")).protected
            keys = await self._whole() if retired else await self.all()
            key = next((key for key in keys if key.kid == header.get("kid")), None)
            if key is None or len(token) > MAX_OCTETS:
                return None
            public = JWKRegistry.import_key(self._kind.public(key.kid, key.x))
            return dict(jwt.decode(token, public, algorithms=list(self._kind.algorithms)).claims)
        except (JoseError, ValueError, TypeError):
            return None

    def _private(self, key: SigningKey) -> Any:
        opened = self._opened.get(key.kid)
        if opened is None:
            private = self._sealer.open(key.sealed, self._kind.purpose, key.kid)
            opened = self._kind.private(Pair(key.kid, key.x, private))
            self._opened[key.kid] = opened
        return opened

    def _made(self, period: int, now: datetime) -> SigningKey:
        pair = self._kind.make()
        return SigningKey(
            kid=pair.kid,
            period=period,
            x=pair.public,
            sealed=self._sealer.seal(pair.private, self._kind.purpose, pair.kid),
            created_at=now,
        )
