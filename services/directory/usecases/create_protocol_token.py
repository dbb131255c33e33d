"""A protocol client's password for a token, with which the gateway's edge asks in its owner's name."""

from dataclasses import replace

from services.directory.domain.sessions import ACCESS_LIFETIME, PROTOCOL_CLIENT, PROTOCOL_SCOPES, Session
from services.directory.usecases.context import Directory
from services.directory.usecases.create_session import Tokens
from services.directory.usecases.verify_password import verify_password


async def create_protocol_token(
    directory: Directory, address: str, password: str, protocol: str, remote: str
) -> Tokens:
    """Raises as `verify_password`.

    It names as its session what the password stands on: revoking that ends the token as logging out ends another.
    There is no session in the database, or each telephone would write one; nor has the token any role.
    """
    verified = await verify_password(directory, address, password, protocol, remote)
    account, now = verified.account, directory.clock()
    session = Session(
        id=verified.session_id,
        account_id=account.id,
        seed="",
        created_at=now,
        expires_at=now + ACCESS_LIFETIME,
        authenticated_at=now,
        client_id=PROTOCOL_CLIENT + protocol,
        scopes=PROTOCOL_SCOPES,
    )
    access = await directory.keys.sign(replace(account, roles=()), session, now)
    return Tokens(access, "", int(ACCESS_LIFETIME.total_seconds()))
