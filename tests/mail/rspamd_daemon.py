"""A daemon that speaks rspamd's protocol, as far as mail uses it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import h11


@dataclass
class Daemon:
    """What rspamd does with a letter, and what it was shown."""

    answer: bytes = b""
    action: str = "no action"
    status: int = 200
    shown: list[bytes] = field(default_factory=list)
    told: list[list[tuple[bytes, bytes]]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http, body = h11.Connection(h11.SERVER), b""
        while not isinstance(event := http.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
            if event is h11.NEED_DATA:
                http.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                self.told.append(list(event.headers))
            elif isinstance(event, h11.Data):
                body += event.data
        self.shown.append(body)
        answer = self.answer or json.dumps({"action": self.action, "score": 7.5, "symbols": {"RULE": {}}}).encode()
        said: list[Any] = [
            h11.Response(status_code=self.status, headers=[("Content-Length", str(len(answer)))]),
            h11.Data(answer),
            h11.EndOfMessage(),
        ]
        for event in said:
            writer.write(http.send(event) or b"")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening(daemon: Daemon) -> AsyncIterator[str]:
    async with await asyncio.start_server(daemon.serve, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
