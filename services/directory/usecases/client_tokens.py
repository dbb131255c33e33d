"""The tokens that clients get: access tokens limited to scopes, refresh tokens, ID tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core.util import create_half_hash

from services.directory.domain.accounts import Account
from services.directory.domain.clients import REFRESH_TOKEN, Client
from services.directory.domain.scopes import reaches_workspace
from services.directory.domain.sessions import ACCESS_LIFETIME, Session
from services.directory.signing import SigningKeys
from services.directory.usecases.context import Directory

USERINFO = "/oidc/userinfo"


def userinfo_audience(directory: Directory) -> str:
    """Of tokens that open nothing but claims about the person; no service of the workspace takes them."""
    return directory.openid.issuer + USERINFO


@dataclass(frozen=True)
class Login:
    """What an ID token tells of a login; `nonce` only the first time."""

    session_id: str
    nonce: str = ""


async def answer_with_tokens(
    directory: Directory, client: Client, account: Account, session: Session, login: Login | None, generation: int
) -> dict[str, Any]:
    """A token endpoint's answer (RFC 6749 §5.1). `login` is None where nobody logged in."""
    access = await access_token(directory, client, account, session)
    answer: dict[str, Any] = {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        "scope": " ".join(session.scopes),
    }
    if login is not None and REFRESH_TOKEN in client.grant_types:
        answer["refresh_token"] = directory.openid.refresh_tokens.issue(session, generation)
    if login is not None and "openid" in session.scopes:
        answer["id_token"] = await id_token(directory, client, account, session, login, access)
    return answer


async def access_token(directory: Directory, client: Client, account: Account, session: Session) -> str:
    """For the workspace when a scope reaches into it, else for the user info alone and telling nothing of the person.

    The gateway reads from it how much the client may ask, and which certificate it has to come with.
    """
    more: dict[str, Any] = {}
    if session.certificate:
        more["cnf"] = {"x5t#S256": session.certificate}
    now = directory.clock()
    if not reaches_workspace(session.scopes):
        return await directory.keys.sign_bare(session, userinfo_audience(directory), now, **more)
    if not session.parent_id:
        more["quota"] = [client.requests_a_minute, client.requests_a_day]
    return await directory.keys.sign(account, session, now, **more)


async def id_token(
    directory: Directory, client: Client, account: Account, session: Session, login: Login, access: str
) -> str:
    """OpenID Connect Core §2; `sid` is the login's, by which back-channel logout names it."""
    now = directory.clock()
    claims: dict[str, Any] = {
        "iss": directory.openid.issuer,
        "sub": account.id,
        "aud": client.id,
        "iat": int(now.timestamp()),
        "exp": int((now + ACCESS_LIFETIME).timestamp()),
        "auth_time": int((session.authenticated_at or session.created_at).timestamp()),
        "acr": session.acr,
        "amr": list(session.amr),
        "sid": login.session_id,
        "at_hash": create_half_hash(access, client.signing_alg).decode("ascii"),
    }
    if login.nonce:
        claims["nonce"] = login.nonce
    return await keys_for(directory, client).encode(claims, client.signing_alg, now)


def keys_for(directory: Directory, client: Client) -> SigningKeys:
    """The keys of the algorithm that a client is registered with."""
    return next(keys for keys in _signers(directory) if client.signing_alg in keys.algorithms)


def _signers(directory: Directory) -> tuple[SigningKeys, ...]:
    return directory.openid.keys, directory.openid.elliptic, directory.keys


async def hinted(directory: Directory, token: str) -> dict[str, Any] | None:
    """The claims of an ID token of ours, expired or not, by a key that signs or has signed (Core §3.1.2.1,
    RP-Initiated Logout §4); None of anything else."""
    for keys in _signers(directory):
        claims = await keys.decode(token, retired=True)
        # A logout token and an access token name the issuer or the audience otherwise.
        if claims is not None and claims.get("iss") == directory.openid.issuer and "events" not in claims:
            return claims
    return None


async def unit_names(directory: Directory, path: Sequence[str]) -> list[str]:
    """The names of the units on a path, from the ministry down."""
    found = {unit.id: unit.name for unit in await directory.units.named(path)} if path else {}
    return [found[unit] for unit in path if unit in found]
