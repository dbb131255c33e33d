"""A listener: reception, submission or LMTP, by its policy."""

import asyncio
import logging
import os
import ssl

from chassis.identity import Revocation, Revocations
from chassis.part import Part
from services.mail.smtp.connection import Connection
from services.mail.smtp.gate import Gate
from services.mail.smtp.policy import Options, Policy
from services.mail.smtp.session import converse

DRAIN_STEP_SECONDS = 0.05


class SmtpServer(Part):
    """Listens on one address, or on a socket of this machine where `host` is a path. `tls` is what STARTTLS switches
    to; without it there is no STARTTLS.

    `revocations` tells of sessions that end: who logged in with one is sent away.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        policy: Policy,
        options: Options,
        tls: ssl.SSLContext | None = None,
        revocations: Revocations | None = None,
    ) -> None:
        self.name = name
        self._host = host
        self._port = port
        self._policy = policy
        self._options = options
        self._tls = tls
        self._revocations = revocations
        self._gate = Gate(options.connections, options.connections_per_address, options.messages_at_once)
        self._server: asyncio.Server | None = None
        # aiosmtpd tells of each connection; we tell of each message.
        logging.getLogger("mail.log").setLevel(logging.ERROR)

    @property
    def port(self) -> int:
        """The port it listens on, which is its own choice when it was told 0."""
        if self._server is None:
            raise RuntimeError("not started")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._host.startswith("/"):
            self._server = await loop.create_unix_server(self._connection, self._host, backlog=512)
            # For its owner and its group, whatever the mask says.
            await asyncio.to_thread(os.chmod, self._host, 0o660)
        else:
            self._server = await loop.create_server(self._connection, self._host, self._port, backlog=512)
        if self._revocations is not None:
            self._revocations.watch(self._revoked)

    def _connection(self) -> Connection:
        return Connection(self._policy, self._options, self._gate, converse, self._tls)

    def _revoked(self, revocation: Revocation) -> None:
        """End a session's connections: at once, or before their next transaction."""
        for connection in list(self._gate.connections):
            if connection.identity is not None and revocation.ends(connection.identity):
                connection.until = 0
                if connection.idle:
                    connection.end_with(421, "4.7.0", "The session has ended")

    async def ready(self) -> bool:
        return self._server is not None and self._server.is_serving()

    async def drain(self) -> None:
        """No new connections; who is between transactions is sent away, who is within one may finish it."""
        self._gate.draining = True
        if self._server is not None:
            self._server.close()
        while self._gate.connections:
            for connection in list(self._gate.connections):
                if connection.idle:
                    connection.end_with(421, "4.3.2", "Going down; try again")
            await asyncio.sleep(DRAIN_STEP_SECONDS)

    async def stop(self) -> None:
        for connection in list(self._gate.connections):
            connection.end_with(421, "4.3.2", "Going down; try again")
        if self._server is not None:
            self._server.close()
