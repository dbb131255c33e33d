"""How much one process takes on: connections, connections of one address, messages."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.networks import within

if TYPE_CHECKING:
    from services.mail.smtp.connection import Connection


class Gate:
    """Counts what is under way."""

    def __init__(self, connections: int, per_address: int, messages: int) -> None:
        self._most = connections
        self._most_per_address = per_address
        self._most_messages = messages
        self._messages = 0
        self._addresses: Counter[str] = Counter()
        self.connections: set[Connection] = set()
        self.draining = False

    def admit(self, connection: "Connection") -> None:
        """Raises `Refused` (421) when there are too many."""
        options = connection.options
        if options.lmtp and connection.remote and not within(connection.remote, options.networks):
            raise Refused(554, "5.7.1", "Not from where you are", closing=True)
        if self.draining or len(self.connections) >= self._most:
            raise Refused(421, "4.3.2", "Not now; try again later", closing=True)
        if self._addresses[connection.remote] >= self._most_per_address:
            raise Refused(421, "4.7.0", "Too many connections from your address", closing=True)
        self.connections.add(connection)
        self._addresses[connection.remote] += 1

    def forget(self, connection: "Connection") -> None:
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        self._addresses[connection.remote] -= 1
        if not self._addresses[connection.remote]:
            del self._addresses[connection.remote]

    @contextmanager
    def message(self) -> Iterator[None]:
        """Raises `Refused` (451) when there are too many."""
        if self._messages >= self._most_messages:
            raise Refused(451, "4.3.2", "Busy; try again later")
        self._messages += 1
        try:
            yield
        finally:
            self._messages -= 1
