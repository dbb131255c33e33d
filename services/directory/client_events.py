"""What directory's worker does for OpenID clients: their keys, their sessions' end, and telling them of logouts."""

from workspace.directory.v1.events_pb2 import SessionRevoked

from chassis.events import Envelope, Listener, every, hears
from services.directory.usecases.context import Directory
from services.directory.usecases.deliver_logouts import deliver_logouts
from services.directory.usecases.end_client_sessions import end_hanging_sessions, end_sessions_of_clients

KEYS_SECONDS = 60
CLIENTS_SECONDS = 5
LOGOUTS_SECONDS = 1


class ClientEvents(Listener):
    """Timers, and what follows upon directory's own facts."""

    name = "directory"

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    @every(KEYS_SECONDS)
    async def turn_openid_keys(self) -> None:
        await self._directory.openid.turn_keys(self._directory.clock())

    @hears(SessionRevoked, idempotent=True)
    async def end_hanging_sessions(self, fact: SessionRevoked, _envelope: Envelope) -> None:
        await end_hanging_sessions(self._directory, fact.account_id, fact.session_id)

    @every(CLIENTS_SECONDS)
    async def end_sessions_of_clients(self) -> None:
        await end_sessions_of_clients(self._directory)

    @every(LOGOUTS_SECONDS)
    async def deliver_logouts(self) -> None:
        await deliver_logouts(self._directory)
