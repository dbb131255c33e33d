"""A web server of another domain that says what a test tells it, octet by octet."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


def policy(mode: str = "enforce", *mx: str, max_age: int = 86400) -> bytes:
    names = "".join(f"mx: {name}\r\n" for name in mx)
    return f"version: STSv1\r\nmode: {mode}\r\n{names}max_age: {max_age}\r\n".encode()


@dataclass
class WebServer:
    """`answers` are whole, by their order; the last is said again and again."""

    port: int = 0
    answers: list[bytes] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)
    # Seconds before it says anything.
    waits: float = 0

    def says(self, body: bytes, *, status: str = "200 OK", kind: str = "text/plain", more: str = "") -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        self.answers = [head.encode() + body]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0
        )
        self.asked.append(head + await reader.readexactly(length))
        await asyncio.sleep(self.waits)
        writer.write(self.answers[0] if len(self.answers) == 1 else self.answers.pop(0))
        await writer.drain()
        writer.close()


@asynccontextmanager
async def web_server(context: ssl.SSLContext) -> AsyncIterator[WebServer]:
    made = WebServer()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await made.serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
