"""Exchange an authorization code for tokens, once."""

from collections.abc import Mapping
from typing import Any

from chassis.errors import Unauthenticated
from chassis.ids import new_id
from services.directory.domain.authorization import OAuthFault, verifies
from services.directory.domain.authorization_codes import Code
from services.directory.domain.clients import CERTIFICATE, Client
from services.directory.domain.sessions import Session
from services.directory.usecases import facts
from services.directory.usecases.authenticate_client import Proof, thumbprint
from services.directory.usecases.client_tokens import Login, answer_with_tokens
from services.directory.usecases.context import Directory
from services.directory.usecases.create_session import open_session
from services.directory.usecases.refresh_session import account_of

_WRONG = "The code is wrong, expired or used"


async def redeem_code(directory: Directory, client: Client, given: Mapping[str, str], proof: Proof) -> dict[str, Any]:
    """Raises `OAuthFault`. A code that comes again was stolen: what it was exchanged for ends (RFC 6749 §4.1.2)."""
    text = given.get("code", "")
    code, parent = await _presented(directory, client, text, given)
    try:
        account = await account_of(directory, parent)
    except Unauthenticated as over:
        raise OAuthFault("invalid_grant", "The login has ended") from over
    own = new_id()
    if not await directory.openid.codes.use(text, own):
        raise await _used_again(directory, text)
    session = await open_session(
        directory,
        account,
        amr=code.amr,
        client_id=client.id,
        scopes=[scope for scope in code.scopes if scope in client.scopes],
        session_id=own,
        parent=parent,
        authenticated_at=code.authenticated_at,
        certificate=bound_to(client, proof),
    )
    return await answer_with_tokens(directory, client, account, session, Login(parent.id, code.nonce), 1)


def bound_to(client: Client, proof: Proof) -> str:
    """The certificate that a client's tokens are to be bound to; empty for none."""
    if not client.certificate_bound and client.auth_method != CERTIFICATE:
        return ""
    bound = thumbprint(proof.certificate)
    if not bound:
        raise OAuthFault("invalid_request", "The client's tokens are bound to a certificate, and none was given")
    return bound


async def _presented(directory: Directory, client: Client, text: str, given: Mapping[str, str]) -> tuple[Code, Session]:
    """The code, and the login that it was given in."""
    found = await directory.openid.codes.find(text) if text else None
    if found is None or found[0].client_id != client.id:
        raise OAuthFault("invalid_grant", _WRONG)
    code, used_for = found
    if used_for:
        raise await _used_again(directory, text)
    if code.expires_at <= directory.clock():
        raise OAuthFault("invalid_grant", _WRONG)
    if given.get("redirect_uri", "") != code.redirect_uri:
        raise OAuthFault("invalid_grant", "redirect_uri is not the one of the request")
    if not verifies(given.get("code_verifier", ""), code.code_challenge):
        raise OAuthFault("invalid_grant", "code_verifier is not the one of the request")
    parent = await directory.sessions.find(code.session_id)
    if parent is None:
        raise OAuthFault("invalid_grant", "The login has ended")
    return code, parent


async def _used_again(directory: Directory, text: str) -> OAuthFault:
    found = await directory.openid.codes.find(text)
    if found is not None and found[1]:
        code, session_id = found
        told = facts.session_revoked(code.account_id, session_id)
        await directory.sessions.end(session_id, directory.clock(), [told])
    return OAuthFault("invalid_grant", _WRONG)
