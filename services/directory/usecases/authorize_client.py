"""Decide on an authorization request: tell the client, or ask for a login or a consent first."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chassis.errors import Unauthenticated
from services.directory.domain.accounts import PERSON, Account
from services.directory.domain.authorization import (
    AuthorizationRequest,
    OAuthFault,
    parsed,
    response_mode,
    single,
)
from services.directory.domain.authorization_codes import CODE_LIFETIME, Code
from services.directory.domain.clients import Client
from services.directory.domain.sessions import MULTI_FACTOR, Session
from services.directory.usecases.client_tokens import hinted
from services.directory.usecases.context import Directory
from services.directory.usecases.pending_authorization import CONTINUE, Pending, opened, path_to, sealed
from services.directory.usecases.refresh_session import account_of


@dataclass(frozen=True)
class Answer:
    """To the client's redirect URI."""

    redirect_uri: str
    response_mode: str
    parameters: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class LoginNeeded:
    """First a login, then `return_to`; `acr` is the strength needed, `prompt` says that one at hand is not enough."""

    return_to: str
    acr: str = ""
    prompt: str = ""
    login_hint: str = ""


@dataclass(frozen=True)
class ConsentNeeded:
    """First a consent to this request."""

    request: str


@dataclass(frozen=True)
class Browser:
    """Who is logged in there."""

    session: Session
    account: Account


Outcome = Answer | LoginNeeded | ConsentNeeded


async def authorize_client(directory: Directory, parameters: Iterable[tuple[str, str]], cookie: str) -> Outcome:
    """What to do next. Raises `OAuthFault` when no client can be told: that is for the person to read."""
    pending = _pending(directory, single(parameters))
    client = await directory.openid.clients.find(pending.parameters.get("client_id", ""))
    if client is None or client.disabled:
        raise OAuthFault("invalid_client", "No application is registered under this client_id")
    redirect_uri = pending.parameters.get("redirect_uri", "")
    if not client.redirects_to(redirect_uri):
        raise OAuthFault("invalid_request", "The redirect_uri is not registered for this application")
    try:
        request = parsed(pending.parameters, client)
        return await _decide(directory, client, request, pending, await _browser(directory, cookie))
    except OAuthFault as fault:
        told = [("error", fault.error), ("error_description", fault.description)]
        return _answer(directory, pending, told)


def _pending(directory: Directory, parameters: dict[str, str]) -> Pending:
    if CONTINUE not in parameters:
        return Pending(parameters, directory.clock())
    pending = opened(directory, parameters[CONTINUE])
    if pending is None:
        raise OAuthFault("invalid_request", "This login has waited too long; begin again at the application")
    return pending


async def _browser(directory: Directory, cookie: str) -> Browser | None:
    """Whose session a cookie is of, while it lives; a client's own session is no login."""
    named = directory.cookies.named(cookie)
    session = await directory.sessions.find(named) if named else None
    if session is None or session.client_id or not directory.cookies.proven(cookie, session):
        return None
    try:
        account = await account_of(directory, session)
    except Unauthenticated:
        return None
    return Browser(session, account) if account.kind == PERSON else None


async def _decide(
    directory: Directory, client: Client, request: AuthorizationRequest, pending: Pending, browser: Browser | None
) -> Outcome:
    if pending.denied:
        raise OAuthFault("access_denied", "The person refused")
    needed = await _login_needed(directory, client, request, pending, browser)
    if needed is not None:
        if "none" in request.prompt:
            raise OAuthFault("login_required", "Nobody is logged in, or not well enough")
        return needed
    if browser is None:
        raise OAuthFault("login_required", "Nobody is logged in")
    if await _consent_needed(directory, client, request, pending, browser):
        if "none" in request.prompt:
            raise OAuthFault("consent_required", "The person has not agreed to this")
        return ConsentNeeded(sealed(directory, Pending(pending.parameters, pending.since, browser.session.id)))
    return _answer(directory, pending, [("code", await _code(directory, request, browser))])


async def _login_needed(
    directory: Directory, client: Client, request: AuthorizationRequest, pending: Pending, browser: Browser | None
) -> LoginNeeded | None:
    acr = MULTI_FACTOR if request.needs_multi_factor else ""
    return_to = path_to(directory, Pending(pending.parameters, pending.since))
    if browser is None:
        return LoginNeeded(return_to, acr, login_hint=request.login_hint)
    proven_at = browser.session.authenticated_at or browser.session.created_at
    # Who logged in since the request began did so for it: asking again would never end.
    fresh = proven_at >= pending.since
    weak = bool(acr) and browser.session.acr != MULTI_FACTOR
    other = await _is_other(directory, client, request, browser)
    if fresh:
        if weak:
            raise OAuthFault("unmet_authentication_requirements", "The account has no second factor")
        if other:
            raise OAuthFault("login_required", "Somebody else logged in")
        return None
    age = (directory.clock() - proven_at).total_seconds()
    stale = request.max_age is not None and age > request.max_age
    again = stale or other or bool(request.prompt & {"login", "select_account"})
    if weak or again:
        return LoginNeeded(return_to, acr if weak else "", "login" if again else "", request.login_hint)
    return None


async def _is_other(directory: Directory, client: Client, request: AuthorizationRequest, browser: Browser) -> bool:
    """Whether the client expects somebody else (`id_token_hint`)."""
    if not request.id_token_hint:
        return False
    claims = await hinted(directory, request.id_token_hint)
    if claims is None or claims.get("aud") != client.id:
        raise OAuthFault("invalid_request", "id_token_hint is no ID token of this client")
    return claims.get("sub") != browser.account.id


async def _consent_needed(
    directory: Directory, client: Client, request: AuthorizationRequest, pending: Pending, browser: Browser
) -> bool:
    asked_for = "consent" in request.prompt
    if client.first_party and not asked_for:
        return False
    consent = await directory.openid.consents.find(browser.account.id, client.id)
    if consent is None or not set(request.scopes) <= set(consent.scopes):
        return True
    return asked_for and consent.granted_at < pending.since


async def _code(directory: Directory, request: AuthorizationRequest, browser: Browser) -> str:
    text = secrets.token_urlsafe(32)
    code = Code(
        client_id=request.client_id,
        account_id=browser.account.id,
        session_id=browser.session.id,
        redirect_uri=request.redirect_uri,
        scopes=request.scopes,
        code_challenge=request.code_challenge,
        nonce=request.nonce,
        amr=browser.session.amr,
        authenticated_at=browser.session.authenticated_at or browser.session.created_at,
        expires_at=directory.clock() + CODE_LIFETIME,
    )
    await directory.openid.codes.insert(text, code)
    return text


def _answer(directory: Directory, pending: Pending, told: Sequence[tuple[str, str]]) -> Answer:
    """With who says it, so that a client of several providers is not mixed up (RFC 9207)."""
    state = pending.parameters.get("state", "")
    return Answer(
        pending.parameters["redirect_uri"],
        response_mode(pending.parameters),
        [*told, *([("state", state)] if state else []), ("iss", directory.openid.issuer)],
    )
