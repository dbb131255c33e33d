"""The token endpoint: exchange a grant for tokens."""

from collections.abc import Iterable
from typing import Any

from services.directory.domain.authorization import OAuthFault, single
from services.directory.domain.clients import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN
from services.directory.usecases.act_as_service import act_as_service
from services.directory.usecases.authenticate_client import Proof, authenticate_client
from services.directory.usecases.context import Directory
from services.directory.usecases.redeem_code import redeem_code
from services.directory.usecases.refresh_grant import refresh_grant

_GRANTS = {
    AUTHORIZATION_CODE: redeem_code,
    REFRESH_TOKEN: refresh_grant,
    CLIENT_CREDENTIALS: act_as_service,
}


async def issue_tokens(directory: Directory, parameters: Iterable[tuple[str, str]], proof: Proof) -> dict[str, Any]:
    """The members of the answer. Raises `OAuthFault`.

    There is no grant that takes a person's password: logins, and what slows down guessing, have one place.
    """
    given = single(parameters)
    client = await authenticate_client(directory, given, proof)
    wanted = given.get("grant_type", "")
    if not wanted:
        raise OAuthFault("invalid_request", "grant_type is needed")
    grant = _GRANTS.get(wanted)
    if grant is None:
        raise OAuthFault("unsupported_grant_type", "Not a grant that is exchanged here")
    if wanted not in client.grant_types:
        raise OAuthFault("unauthorized_client", "The client is not registered for this grant")
    return await grant(directory, client, given, proof)
