"""Tell a client what a token is good for (RFC 7662)."""

from collections.abc import Iterable
from typing import Any

from services.directory.domain.authorization import OAuthFault, single
from services.directory.domain.clients import PUBLIC
from services.directory.usecases.authenticate_client import Proof, authenticate_client
from services.directory.usecases.context import Directory
from services.directory.usecases.inspect_token import inspect_token

_INACTIVE = {"active": False}


async def introspect_token(directory: Directory, parameters: Iterable[tuple[str, str]], proof: Proof) -> dict[str, Any]:
    """A client is told of its own tokens, one of the administration's own of all; of others' that they are no good."""
    given = single(parameters)
    client = await authenticate_client(directory, given, proof)
    if client.auth_method == PUBLIC:
        raise OAuthFault("unauthorized_client", "A client that proves nothing is told nothing", 403)
    if "token" not in given:
        raise OAuthFault("invalid_request", "token is needed")
    found = await inspect_token(directory, given["token"])
    if found is None or (found.session.client_id != client.id and not client.first_party):
        return _INACTIVE
    session, claims = found.session, found.claims or {}
    answer = {
        "active": True,
        "client_id": session.client_id,
        "sub": session.account_id,
        "username": found.account.address,
        "scope": str(claims.get("scope", " ".join(session.scopes))),
        "iss": directory.openid.issuer,
        "token_type": "Bearer" if claims else "refresh_token",
        "exp": int(claims.get("exp", session.expires_at.timestamp())),
        "iat": int(claims.get("iat", session.created_at.timestamp())),
        "aud": claims.get("aud", directory.openid.issuer),
    }
    if session.certificate:
        answer["cnf"] = {"x5t#S256": session.certificate}
    return answer
