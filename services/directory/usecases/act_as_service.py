"""A client acts for itself, as its service account (RFC 6749 §4.4)."""

from collections.abc import Mapping
from typing import Any

from services.directory.domain.authorization import OAuthFault, scopes_of
from services.directory.domain.clients import Client
from services.directory.domain.scopes import WORKSPACE_SCOPES
from services.directory.domain.sessions import ACCESS_LIFETIME
from services.directory.usecases.authenticate_client import Proof
from services.directory.usecases.client_tokens import answer_with_tokens
from services.directory.usecases.context import Directory
from services.directory.usecases.create_session import open_session
from services.directory.usecases.redeem_code import bound_to


async def act_as_service(
    directory: Directory, client: Client, given: Mapping[str, str], proof: Proof
) -> dict[str, Any]:
    """An access token for the scopes asked for; no refresh token: the client can always ask again."""
    account = await directory.accounts.find(client.account_id)
    if account is None or account.suspended:
        raise OAuthFault("unauthorized_client", "The service account may not act")
    asked = [scope for scope in scopes_of(given.get("scope", ""), client) if scope in WORKSPACE_SCOPES]
    if not asked:
        raise OAuthFault("invalid_scope", "The client has no scope of the workspace")
    session = await open_session(
        directory,
        account,
        amr=(),
        client_id=client.id,
        scopes=asked,
        lifetime=ACCESS_LIFETIME,
        certificate=bound_to(client, proof),
    )
    return await answer_with_tokens(directory, client, account, session, None, 1)
