"""Claims about the person of an access token (OpenID Connect Core §5.3)."""

from typing import Any

from services.directory.domain.authorization import OAuthFault
from services.directory.domain.claims import claims_of
from services.directory.usecases.authenticate_client import Proof, thumbprint
from services.directory.usecases.client_tokens import unit_names
from services.directory.usecases.context import Directory
from services.directory.usecases.groups_for_client import groups_for_client
from services.directory.usecases.inspect_token import inspect_token


async def get_user_info(directory: Directory, token: str, proof: Proof) -> dict[str, Any]:
    """Raises `OAuthFault` in the words of RFC 6750 §3.1."""
    found = await inspect_token(directory, token)
    if found is None or found.claims is None:
        raise OAuthFault("invalid_token", "The token is wrong, expired or over", 401)
    if found.session.certificate and thumbprint(proof.certificate) != found.session.certificate:
        raise OAuthFault("invalid_token", "The token is bound to a certificate that did not come with it", 401)
    scopes = str(found.claims.get("scope", "")).split()
    if "openid" not in scopes:
        raise OAuthFault("insufficient_scope", "The token has not the scope openid", 403)
    if "groups" not in scopes:
        return claims_of(found.account, [], [], scopes)
    units = await unit_names(directory, found.account.unit_path)
    groups = await groups_for_client(directory, found.client, found.account)
    return claims_of(found.account, units, groups, scopes)
