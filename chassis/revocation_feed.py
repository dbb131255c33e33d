"""Ended sessions, told to every process at once, whoever is connected there. Not for workers."""

from collections.abc import Callable

from workspace.events.v1.envelope_pb2 import Envelope

from chassis.authority import revocation_in
from chassis.events import EVERYBODY, Notifications
from chassis.identity import Revocations
from chassis.part import Part

SOURCE = "directory"


class RevocationFeed(Part):
    """Hears of each session that ends by directory's live feed. Where that may have missed something, it has the
    revocations synchronised at once; their own round of 30 s is the net below."""

    name = "revocation_feed"

    def __init__(self, revocations: Revocations, notifications: Notifications, *, alone: bool = False) -> None:
        """On notifications that the process listens to anyway, or `alone` on some that this part starts and stops."""
        self._revocations = revocations
        self._notifications = notifications
        self._alone = alone
        self._cancel: Callable[[], None] | None = None

    @classmethod
    def alone(cls, revocations: Revocations, broker_url: str) -> "RevocationFeed":
        return cls(revocations, Notifications(broker_url, [SOURCE]), alone=True)

    async def start(self) -> None:
        if self._alone:
            await self._notifications.start()
        self._cancel = self._notifications.listen(EVERYBODY, self._heard)

    async def stop(self) -> None:
        if self._cancel is not None:
            self._cancel()
        if self._alone:
            await self._notifications.stop()

    def _heard(self, envelope: Envelope | None) -> None:
        if envelope is None:
            self._revocations.hurry()
            return
        ended = revocation_in(envelope)
        if ended is not None:
            self._revocations.add(ended)
