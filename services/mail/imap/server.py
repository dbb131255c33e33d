"""The IMAP listeners, and what their connections share."""

import asyncio
import ssl
from collections.abc import Coroutine
from typing import Any

import structlog

from chassis.errors import TooManyRequests
from chassis.identity import Identity, Revocation, Revocations
from chassis.sockets import SocketServer, Tally
from services.mail.imap.connection import Connection
from services.mail.imap.ports import Listen, Options
from services.mail.imap.session import Session
from services.mail.sasl import Authenticator
from services.mail.usecases import Mail, cursors

log = structlog.get_logger(__name__)

# Small, since what is kept is kept through IDLE.
TLS_BUFFER = 4 * 1024


class ImapServer(SocketServer[Connection]):
    name = "imap"

    def __init__(
        self,
        mail: Mail,
        auth: Authenticator,
        notifications: Listen,
        options: Options,
        *,
        tls: ssl.SSLContext | None,
        listen: tuple[str, int] | None,
        listen_tls: tuple[str, int] | None,
        revocations: Revocations | None = None,
    ) -> None:
        super().__init__(options, tls=tls, listen=listen, listen_tls=listen_tls, tls_buffer=TLS_BUFFER)
        self.options = options
        self._mail, self._auth, self._notifications = mail, auth, notifications
        self._revocations = revocations
        self._strangers, self._by_account = Tally(), Tally()
        self._known: dict[Connection, Identity] = {}

    async def start(self) -> None:
        await super().start()
        if self._revocations is not None:
            self._revocations.watch(self._revoked)

    def connection(self, *, secure: bool) -> Connection:
        return Connection(self, secure=secure)

    def watches(self) -> list[Coroutine[Any, Any, None]]:
        return [self._poll()]

    # What connections ask

    def session(self, connection: Connection) -> Session:
        return Session(self._mail, self._auth, self._notifications, self.options, connection)

    def admit(self, connection: Connection) -> bytes:
        """Count a connection in; the reason when there are too many."""
        strangers = self._strangers.add(connection.remote)
        refusal = self.count_in(connection)
        if not refusal and strangers > self.options.strangers_per_address:
            refusal = "Too many connections that are not logged in from your address"
        return b"[LIMIT] %b" % refusal.encode() if refusal else b""

    def logged_in(self, connection: Connection, identity: Identity) -> None:
        """Raises `TooManyRequests` when the account has as many connections as it may."""
        if self._by_account[identity.account_id] >= self.options.connections_per_account:
            raise TooManyRequests("Too many connections of your account")
        self._by_account.add(identity.account_id)
        self._known[connection] = identity
        self._strangers.remove(connection.remote)

    def forget(self, connection: Connection) -> None:
        if not self.count_out(connection):
            return
        identity = self._known.pop(connection, None)
        if identity is None:
            self._strangers.remove(connection.remote)
        else:
            self._by_account.remove(identity.account_id)

    # What happens to connections

    def _revoked(self, revocation: Revocation) -> None:
        for connection, identity in list(self._known.items()):
            if revocation.ends(identity):
                connection.dismiss(b"The session has ended")

    async def _poll(self) -> None:
        """Notifications may be lost: compare the cursors of all that sit in IDLE, in one query."""
        while True:
            await asyncio.sleep(self.options.poll_seconds)
            idling = [
                (session, session.selected)
                for session in (connection.session for connection in self.connections)
                if session.wake is not None and session.selected is not None
            ]
            if not idling:
                continue
            try:
                asked = {(selected.owner, selected.mailbox_id) for _, selected in idling}
                present = await cursors(self._mail, sorted(asked))
            except Exception as error:  # the database is away: the next round asks again
                log.warning("imap_poll_failed", error=str(error))
                continue
            for session, selected in idling:
                changed = present.get(selected.mailbox_id) != selected.cursor
                # Who may read somebody else's may change without a change of the mailbox.
                if session.wake is not None and (changed or session.visits):
                    session.wake()
