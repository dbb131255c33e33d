"""Log out."""

from chassis.identity import current_identity
from services.directory.usecases import facts
from services.directory.usecases.context import Directory


async def delete_session(directory: Directory) -> None:
    """End the session of the token at hand; ending it again changes nothing."""
    identity = current_identity()
    revoked = facts.session_revoked(identity.account_id, identity.session_id)
    await directory.sessions.end(identity.session_id, directory.clock(), [revoked])
