"""Exchange a client's refresh token for new tokens, once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chassis.errors import Unauthenticated
from services.directory.domain.accounts import Account
from services.directory.domain.authorization import OAuthFault, scopes_of
from services.directory.domain.clients import Client
from services.directory.domain.sessions import Session, expiry
from services.directory.usecases import facts
from services.directory.usecases.authenticate_client import Proof
from services.directory.usecases.client_tokens import Login, answer_with_tokens
from services.directory.usecases.context import Directory
from services.directory.usecases.redeem_code import bound_to
from services.directory.usecases.refresh_session import account_of

_OVER = "The refresh token is wrong, used or over"


async def refresh_grant(directory: Directory, client: Client, given: Mapping[str, str], proof: Proof) -> dict[str, Any]:
    """Raises `OAuthFault`. A token that was exchanged before ends the grant, for both (RFC 9700 §4.14.2)."""
    session, generation = await presented(directory, client, given.get("refresh_token", ""))
    if generation != session.generation:
        raise await _repeated(directory, session)
    if session.certificate and bound_to(client, proof) != session.certificate:
        raise OAuthFault("invalid_grant", _OVER)
    account = await living(directory, session)
    narrowed = _narrowed(client, session, given.get("scope", ""))
    now = directory.clock()
    if not await directory.sessions.rotate(session, expiry(session.created_at, now), now):
        raise await _repeated(directory, session)
    # Who works with an application is there, though no page of ours is open.
    parent = await directory.sessions.find(session.parent_id)
    if parent is not None:
        await directory.sessions.prolong(parent.id, expiry(parent.created_at, now), now)
    return await answer_with_tokens(
        directory, client, account, narrowed, Login(session.parent_id), session.generation + 1
    )


async def presented(directory: Directory, client: Client, token: str) -> tuple[Session, int]:
    """The client's session and the generation that a refresh token is of. Raises `OAuthFault`."""
    named = directory.openid.refresh_tokens.named(token)
    session = await directory.sessions.find(named[0]) if named else None
    if named is None or session is None or not directory.openid.refresh_tokens.proven(token, session, named[1]):
        raise OAuthFault("invalid_grant", _OVER)
    if session.client_id != client.id:
        raise OAuthFault("invalid_grant", _OVER)
    return session, named[1]


async def living(directory: Directory, session: Session) -> Account:
    """Whose session it is, while it, the login it hangs on and the account live. Raises `OAuthFault`."""
    try:
        if session.parent_id:
            parent = await directory.sessions.find(session.parent_id)
            if parent is None:
                raise OAuthFault("invalid_grant", _OVER)
            await account_of(directory, parent)
        return await account_of(directory, session)
    except Unauthenticated as error:
        raise OAuthFault("invalid_grant", _OVER) from error


def _narrowed(client: Client, session: Session, asked: str) -> Session:
    """With fewer scopes if the client asks for fewer (RFC 6749 §6), and none that it has lost meanwhile."""
    kept = tuple(scope for scope in session.scopes if scope in client.scopes)
    if not kept:
        raise OAuthFault("invalid_grant", _OVER)
    if not asked:
        return replace(session, scopes=kept)
    wanted = scopes_of(asked, client)
    if set(wanted) - set(kept):
        raise OAuthFault("invalid_scope", "More than was granted")
    return replace(session, scopes=wanted)


async def _repeated(directory: Directory, session: Session) -> OAuthFault:
    told = facts.session_revoked(session.account_id, session.id)
    await directory.sessions.end(session.id, directory.clock(), [told])
    return OAuthFault("invalid_grant", _OVER)
