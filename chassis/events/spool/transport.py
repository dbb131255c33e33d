"""The transport: `spool:///absolute/folder`. Sleeps on bells instead of polling queues."""

import time
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import unquote, urlsplit

from kombu.exceptions import OperationalError
from kombu.transport import virtual

from chassis.events.spool.channel import Channel
from chassis.events.spool.claims import Claim, reap
from chassis.events.spool.layout import make_folders
from chassis.events.spool.topology import Topology
from chassis.events.spool.waking import Ears

# How often a waiting connection looks after dead ones, and looks at its queues whether a bell rang or not.
_ROUND = 1.0


def folder_of(url: str) -> Path:
    """The folder of a `spool:///absolute/folder` URL."""
    parts = urlsplit(url)
    folder = Path(unquote(parts.path))
    if parts.scheme != "spool" or parts.netloc or not folder.is_absolute():
        raise OperationalError(f"not a spool URL (spool:///absolute/folder): {url}")
    return folder


class Transport(virtual.Transport):
    """One connection to the folder: its claim, its view of the topology, its ears."""

    Channel = Channel
    can_parse_url = True
    driver_type = "spool"
    driver_name = "spool"
    connection_errors = (*virtual.Transport.connection_errors, OSError)
    implements = virtual.Transport.implements.extend(exchange_type=frozenset({"direct", "topic", "fanout"}))

    def __init__(self, client: Any, **options: Any) -> None:
        super().__init__(client, **options)
        self.root = folder_of(client.hostname)
        self._looked_after = 0.0

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        return uri

    def establish_connection(self) -> "Transport":
        make_folders(self.root)
        self.topology = Topology(self.root)
        self.ears = Ears()
        self.claim = Claim(self.root)
        self._look_after_the_dead()
        connection: Transport = super().establish_connection()
        return connection

    def close_connection(self, connection: Any) -> None:
        super().close_connection(connection)
        self.claim.close(self.root, self.topology)
        self.ears.close()
        self.topology.close()

    def fileno(self) -> int:
        """Readable when a consumed queue may have something; -1 where there is nothing to wait on."""
        return self.ears.fileno()

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Deliver one message. Raises `socket.timeout` when none comes in time."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            self.ears.heard()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                pass
            else:
                return
            now = time.monotonic()
            if now - self._looked_after >= _ROUND:
                self._look_after_the_dead()
                self.ears.listen_again()
                continue
            left = _ROUND if until is None else min(_ROUND, until - now)
            if left <= 0:
                raise TimeoutError
            self.ears.wait(left)

    def _look_after_the_dead(self) -> None:
        self._looked_after = time.monotonic()
        reap(self.root, self.topology)
