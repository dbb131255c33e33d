"""End the grant that a token is of (RFC 7009)."""

from collections.abc import Iterable

from services.directory.domain.authorization import OAuthFault, single
from services.directory.usecases import facts
from services.directory.usecases.authenticate_client import Proof, authenticate_client
from services.directory.usecases.context import Directory
from services.directory.usecases.inspect_token import session_of


async def revoke_token(directory: Directory, parameters: Iterable[tuple[str, str]], proof: Proof) -> None:
    """A token that is none, or another client's, changes nothing and is not told from one that was (§2.2)."""
    given = single(parameters)
    client = await authenticate_client(directory, given, proof)
    if "token" not in given:
        raise OAuthFault("invalid_request", "token is needed")
    found = await session_of(directory, given["token"])
    if found is not None and found[0].client_id == client.id:
        session = found[0]
        told = facts.session_revoked(session.account_id, session.id)
        await directory.sessions.end(session.id, directory.clock(), [told])
