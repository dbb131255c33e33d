"""The LDAP listeners, and what their connections share."""

import asyncio
import ssl
from collections.abc import Collection, Coroutine
from typing import Any

import structlog

from chassis.errors import TooManyRequests
from chassis.sockets import SocketServer, Tally
from services.directory.ldap.codec import responses
from services.directory.ldap.connection import Connection
from services.directory.ldap.ports import Gatherings, Opened, Options, Photo, Recheck, Verify
from services.directory.ldap.session import Session, Trees
from services.directory.usecases.verify_password import Verified

log = structlog.get_logger(__name__)
TLS_BUFFER = 16 * 1024
RETRY_SECONDS = 1.0


class LdapServer(SocketServer[Connection]):
    name = "ldap"

    def __init__(
        self,
        verify: Verify,
        recheck: Recheck,
        opened: Opened,
        collectives: Gatherings,
        photo: Photo,
        options: Options,
        *,
        tls: ssl.SSLContext | None,
        listen: tuple[str, int] | None,
        listen_tls: tuple[str, int] | None,
    ) -> None:
        super().__init__(options, tls=tls, listen=listen, listen_tls=listen_tls, tls_buffer=TLS_BUFFER)
        self.options = options
        self._verify, self._still, self._opened = verify, recheck, opened
        self._collectives, self._photo = collectives, photo
        self._trees = Trees(options.base)
        self._bound: dict[Connection, Verified] = {}
        self._by_account = Tally()
        self._doubtful: set[Connection] = set()
        self._something = asyncio.Event()

    def connection(self, *, secure: bool) -> Connection:
        return Connection(self, secure=secure)

    def watches(self) -> list[Coroutine[Any, Any, None]]:
        return [self._recheck()]

    # What connections ask

    def session(self, connection: Connection) -> Session:
        return Session(
            self.options, self._verify, self._opened, self._collectives, self._photo, self._trees, connection
        )

    def bound(self, connection: Connection, who: Verified | None) -> None:
        """Whose a connection is. Raises `TooManyRequests` when the account has as many as it may."""
        before = self._bound.pop(connection, None)
        if before is not None:
            self._by_account.remove(before.account.id)
        if who is None:
            return
        if self._by_account[who.account.id] >= self.options.connections_per_account:
            raise TooManyRequests("Too many connections of your account")
        self._by_account.add(who.account.id)
        self._bound[connection] = who
        # What changed while the password was verified was told when nobody stood on it yet.
        self._doubtful.add(connection)
        self._something.set()

    def forget(self, connection: Connection) -> None:
        if self.count_out(connection):
            self.bound(connection, None)

    # What happens to connections

    def written(self, ids: Collection[str]) -> None:
        """Accounts or app passwords have been written; with none, any may have been. Who stands on them is looked at
        again."""
        for connection, who in self._bound.items():
            if not ids or who.account.id in ids or who.session_id in ids:
                self._doubtful.add(connection)
        if self._doubtful:
            self._something.set()

    async def _recheck(self) -> None:
        """Whoever would not be let in any more is bound no longer; roles are as they are now."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._doubtful:
                connection = self._doubtful.pop()
                who, session = self._bound.get(connection), connection.session
                if who is None or session.since is None:
                    continue
                try:
                    account = await self._still(who.account.id, who.session_id, session.since)
                except Exception as error:  # the database is away: tried again
                    log.warning("ldap_recheck_failed", error=str(error)[:200])
                    self._doubtful.add(connection)
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                if self._bound.get(connection) is not who:
                    continue
                if account is None:
                    connection.dismiss(responses.UNAVAILABLE, "The session has ended")
                else:
                    session.account = account
