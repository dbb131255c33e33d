"""The ManageSieve listener, and what its connections share."""

import ssl

from chassis.errors import TooManyRequests
from chassis.identity import Identity, Revocation, Revocations
from chassis.sockets import SocketServer, Tally
from services.mail.managesieve.connection import Connection
from services.mail.managesieve.ports import Options
from services.mail.managesieve.session import Session
from services.mail.sasl import Authenticator
from services.mail.usecases import Mail

TLS_BUFFER = 16 * 1024


class ManageSieveServer(SocketServer[Connection]):
    """RFC 5804 knows STARTTLS alone, and no port with TLS from the first octet."""

    name = "managesieve"

    def __init__(
        self,
        mail: Mail,
        auth: Authenticator,
        options: Options,
        *,
        tls: ssl.SSLContext | None,
        listen: tuple[str, int],
        revocations: Revocations,
    ) -> None:
        super().__init__(options, tls=tls, listen=listen, listen_tls=None, tls_buffer=TLS_BUFFER)
        self.options = options
        self._mail, self._auth, self._revocations = mail, auth, revocations
        self._strangers, self._by_account = Tally(), Tally()
        self._known: dict[Connection, Identity] = {}

    async def start(self) -> None:
        await super().start()
        self._revocations.watch(self._revoked)

    def connection(self, *, secure: bool) -> Connection:
        return Connection(self, secure=secure)

    # What connections ask

    def session(self, connection: Connection) -> Session:
        return Session(self._mail, self._auth, self.options, connection)

    def admit(self, connection: Connection) -> str:
        """Count a connection in; the reason when there are too many."""
        strangers = self._strangers.add(connection.remote)
        refusal = self.count_in(connection)
        if not refusal and strangers > self.options.strangers_per_address:
            refusal = "Too many connections that are not logged in from your address"
        return refusal

    def logged_in(self, connection: Connection, identity: Identity) -> None:
        """Raises `TooManyRequests` when the account has as many connections as it may."""
        if self._by_account[identity.account_id] >= self.options.connections_per_account:
            raise TooManyRequests("Too many connections of your account")
        self._by_account.add(identity.account_id)
        self._known[connection] = identity
        self._strangers.remove(connection.remote)

    def logged_out(self, connection: Connection) -> None:
        identity = self._known.pop(connection, None)
        if identity is not None:
            self._by_account.remove(identity.account_id)
            self._strangers.add(connection.remote)

    def forget(self, connection: Connection) -> None:
        if self.count_out(connection):
            self.logged_out(connection)
            self._strangers.remove(connection.remote)

    def _revoked(self, revocation: Revocation) -> None:
        for connection, identity in list(self._known.items()):
            if revocation.ends(identity):
                connection.dismiss("The session has ended")
