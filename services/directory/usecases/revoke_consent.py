"""Take an agreement with a client back."""

from chassis.errors import NotFound
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory


async def revoke_consent(directory: Directory, client_id: str) -> None:
    """The client's sessions for the caller end. Raises `NotFound` when there is no agreement."""
    account = await caller(directory)
    client = await directory.openid.clients.find(client_id)
    now = directory.clock()
    told = facts.recorded("revoke_consent", client_id, client.name if client else "", account.unit_path)
    if not await directory.openid.consents.revoke(account.id, client_id, now, [told]):
        raise NotFound("There is no such agreement")
    for session in await directory.sessions.of_clients(account.id):
        if session.client_id == client_id:
            await directory.sessions.end(session.id, now, [facts.session_revoked(account.id, session.id)])
