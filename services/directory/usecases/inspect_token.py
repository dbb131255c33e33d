"""What an access or refresh token of ours is of, while it is good."""

from dataclasses import dataclass
from typing import Any

from chassis.errors import Unauthenticated
from chassis.identity import AUDIENCE, ISSUER
from services.directory.domain.accounts import Account
from services.directory.domain.authorization import OAuthFault
from services.directory.domain.clients import Client
from services.directory.domain.sessions import Session
from services.directory.usecases.client_tokens import userinfo_audience
from services.directory.usecases.context import Directory
from services.directory.usecases.refresh_grant import living


@dataclass(frozen=True)
class Inspected:
    """A good token: the client's session and account; `claims` of an access token, None of a refresh token."""

    session: Session
    client: Client
    account: Account
    claims: dict[str, Any] | None


async def session_of(directory: Directory, token: str) -> tuple[Session, dict[str, Any] | None] | None:
    """The client's session that a token is of, good or not any more; None of what we did not issue to a client."""
    named = directory.openid.refresh_tokens.named(token)
    if named is not None:
        session = await directory.sessions.find(named[0])
        if session is None or not directory.openid.refresh_tokens.proven(token, session, named[1]):
            return None
        return (session, None) if named[1] == session.generation else None
    claims = await directory.keys.decode(token)
    if claims is None or claims.get("iss") != ISSUER or "client_id" not in claims:
        return None
    if claims.get("aud") not in (AUDIENCE, userinfo_audience(directory)):
        return None
    session = await directory.sessions.find(str(claims.get("sid", "")))
    return (session, claims) if session is not None else None


async def inspect_token(directory: Directory, token: str) -> Inspected | None:
    """None of a token that is not good, whyever."""
    found = await session_of(directory, token)
    if found is None:
        return None
    session, claims = found
    if claims is not None and claims["exp"] <= directory.clock().timestamp():
        return None
    client = await directory.openid.clients.find(session.client_id)
    if client is None or client.disabled:
        return None
    try:
        account = await living(directory, session)
    except (OAuthFault, Unauthenticated):
        return None
    return Inspected(session, client, account, claims)
