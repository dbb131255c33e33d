"""Log out at a client's wish (OpenID Connect RP-Initiated Logout 1.0)."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.directory.domain.authorization import OAuthFault, single
from services.directory.domain.clients import Client
from services.directory.domain.redirects import is_registered
from services.directory.domain.sessions import Session
from services.directory.usecases import facts
from services.directory.usecases.client_tokens import hinted
from services.directory.usecases.context import Directory


@dataclass(frozen=True)
class LoggedOut:
    """`confirm`: the person has to be asked first. `redirect_to` is empty when the client named no place."""

    confirm: bool = False
    redirect_to: str = ""
    state: str = ""
    forget_cookie: bool = False


async def end_browser_session(
    directory: Directory, parameters: Iterable[tuple[str, str]], cookie: str, *, confirmed: bool
) -> LoggedOut:
    """An ID token of the login proves that the wish comes from whom it was given to; without one the person is asked,
    for any page can send a browser here (§2, §6). Raises `OAuthFault` for the person to read."""
    given = single(parameters)
    hint = await hinted(directory, given["id_token_hint"]) if "id_token_hint" in given else None
    if "id_token_hint" in given and hint is None:
        raise OAuthFault("invalid_request", "id_token_hint is no ID token of ours")
    client = await _client(directory, given.get("client_id", ""), str(hint["aud"]) if hint else "")
    redirect_to = given.get("post_logout_redirect_uri", "")
    if redirect_to and (
        client is None or not is_registered(redirect_to, client.post_logout_redirect_uris, native=client.native)
    ):
        raise OAuthFault("invalid_request", "The post_logout_redirect_uri is not registered for this application")
    here = await _of_cookie(directory, cookie)
    if hint is None and here is not None and not confirmed:
        return LoggedOut(confirm=True)
    ending = {
        session.id: session
        for session in (here if hint is None else None, await _of_hint(directory, hint))
        if session is not None
    }
    for session in ending.values():
        told = facts.session_revoked(session.account_id, session.id)
        await directory.sessions.end(session.id, directory.clock(), [told])
    return LoggedOut(
        redirect_to=redirect_to,
        state=given.get("state", ""),
        forget_cookie=here is None or here.id in ending,
    )


async def _client(directory: Directory, named: str, hinted_at: str) -> Client | None:
    if named and hinted_at and named != hinted_at:
        raise OAuthFault("invalid_request", "client_id is not the one of id_token_hint")
    return await directory.openid.clients.find(named or hinted_at) if named or hinted_at else None


async def _of_cookie(directory: Directory, cookie: str) -> Session | None:
    named = directory.cookies.named(cookie)
    session = await directory.sessions.find(named) if named else None
    if session is None or session.client_id or not directory.cookies.proven(cookie, session):
        return None
    return session if session.lives(directory.clock()) else None


async def _of_hint(directory: Directory, hint: dict[str, object] | None) -> Session | None:
    session = await directory.sessions.find(str(hint.get("sid", ""))) if hint else None
    return session if session is not None and not session.client_id else None
