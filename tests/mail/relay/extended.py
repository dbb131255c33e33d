"""A server of another domain that offers what a test says, and writes down what it is told, octet by octet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.mail.relay.route import Server


@dataclass
class Extended:
    """What it offers after EHLO, what it was told, and the messages it took."""

    offers: tuple[str, ...] = ()
    commands: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    port: int = 0

    def server(self) -> Server:
        return Server("127.0.0.1", self.port, "localhost")

    def told(self, verb: str) -> list[str]:
        return [command for command in self.commands if command.startswith(verb)]

    async def speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.example.org ESMTP\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.commands.append(line)
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                lines = ["mx.example.org", *self.offers]
                replies = [f"250-{each}\r\n" for each in lines[:-1]] + [f"250 {lines[-1]}\r\n"]
                writer.write("".join(replies).encode())
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                whole = await reader.readuntil(b"\r\n.\r\n")
                self.received.append(whole[:-3])
                writer.write(b"250 2.0.0 taken\r\n")
            else:
                writer.write(b"221 2.0.0 bye\r\n" if verb == "QUIT" else b"250 2.0.0 ok\r\n")
            await writer.drain()
        writer.close()


@asynccontextmanager
async def extended(*offers: str) -> AsyncIterator[Extended]:
    there = Extended(offers)
    server = await asyncio.start_server(there.speak, "127.0.0.1", 0, limit=64 * 1024 * 1024)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
