"""What hangs on a login ends with it, and the clients are told; what a client had ends with the client."""

from services.directory.domain.logouts import Logout
from services.directory.domain.sessions import Session
from services.directory.usecases import facts
from services.directory.usecases.context import Directory

_BATCH = 200


async def end_hanging_sessions(directory: Directory, account_id: str, session_id: str) -> None:
    """After a login ended, or (no `session_id`) all that an account had. Doing it again changes nothing."""
    if session_id:
        hanging = await directory.sessions.hanging_on(session_id)
    else:
        account = await directory.accounts.find(account_id)
        ended = account.sessions_end if account is not None else directory.clock()
        hanging = [
            session
            for session in await directory.sessions.of_clients(account_id)
            if ended is not None and session.created_at <= ended
        ]
    for session in hanging:
        # First what must not be forgotten: should this be cut off, the session is found again.
        await _tell_client(directory, session)
        await _end(directory, session)


async def end_sessions_of_clients(directory: Directory) -> None:
    """Of clients that were removed or disabled, a batch each time."""
    for client_id in await directory.openid.clients.ending_sessions():
        found = await directory.sessions.of_client(client_id, _BATCH)
        for session in found:
            await _end(directory, session)
        if len(found) < _BATCH:
            await directory.openid.clients.sessions_ended(client_id)


async def _tell_client(directory: Directory, session: Session) -> None:
    client = await directory.openid.clients.find(session.client_id)
    if client is not None and client.backchannel_logout_uri:
        now = directory.clock()
        await directory.openid.logouts.add(Logout(client.id, session.account_id, session.parent_id, due_at=now))


async def _end(directory: Directory, session: Session) -> None:
    told = facts.session_revoked(session.account_id, session.id)
    await directory.sessions.end(session.id, directory.clock(), [told])
