"""What waits to be sent to one socket: bounded, and honest about what it had to drop."""

import asyncio
from collections import deque
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.events import fact_in
from chassis.protojson import writer
from chassis.telemetry import consumer_span

WAITING = 256

Frame = dict[str, Any]
_time = writer(Timestamp.DESCRIPTOR)
RESYNC: Frame = {"type": "resync"}


def frame_of(envelope: Envelope) -> Frame:
    """An event as its client reads it. Who did it, and who else may hear of it, stays inside."""
    fact: Any = fact_in(envelope)
    return {
        "id": envelope.id,
        "type": envelope.type,
        "source": envelope.source,
        "time": _time(envelope.time),
        "subject": envelope.subject,
        "version": str(envelope.version),
        "data": writer(fact.DESCRIPTOR)(fact),
    }


class Feed:
    """Events of one account. When its reader is too slow the events that wait are dropped: it is told to read again."""

    def __init__(self, account_id: str, waiting: int = WAITING) -> None:
        self._account_id = account_id
        self._most = waiting
        self._frames: deque[Frame] = deque()
        self._behind = False
        self._some = asyncio.Event()

    def hear(self, envelope: Envelope | None) -> None:
        """Only what names this account in its audience gets in, whoever calls; None: some were or may be missed."""
        if envelope is None:
            self.resync()
        elif self._account_id in envelope.audience and not self._behind:
            with consumer_span(f"push {envelope.source}.{envelope.type}", envelope.traceparent):
                self.put(frame_of(envelope))

    def put(self, frame: Frame) -> None:
        if len(self._frames) >= self._most:
            self.resync()
            return
        self._frames.append(frame)
        self._some.set()

    def resync(self) -> None:
        """Drop the events that wait, and say so once; what is of the socket itself stays."""
        if self._behind:
            return
        self._behind = True
        self._frames = deque(frame for frame in self._frames if "id" not in frame)
        self._frames.append(RESYNC)
        self._some.set()

    async def next(self) -> Frame:
        while not self._frames:
            self._some.clear()
            await self._some.wait()
        frame = self._frames.popleft()
        if frame is RESYNC:
            self._behind = False
        return frame
