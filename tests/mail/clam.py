"""A daemon that speaks clamd's protocol, as far as mail uses it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Daemon:
    """What clamd does with a stream, and what it was shown."""

    most: int = 1_000_000
    answer: bytes = b""
    silent: bool = False
    shown: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readexactly(10) == b"zINSTREAM\0"
            whole = b""
            while size := int.from_bytes(await reader.readexactly(4), "big"):
                whole += await reader.readexactly(size)
                if len(whole) > self.most:
                    writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            self.shown.append(whole)
            if self.silent:
                return
            found = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in whole else b"stream: OK\0"
            writer.write(self.answer or found)
        except asyncio.IncompleteReadError:
            pass
        finally:
            await writer.drain()
            writer.close()


@asynccontextmanager
async def listening(daemon: Daemon, path: Path | None = None) -> AsyncIterator[str]:
    if path is not None:
        server = await asyncio.start_unix_server(daemon.serve, str(path))
    else:
        server = await asyncio.start_server(daemon.serve, "127.0.0.1", 0)
    async with server:
        yield str(path) if path is not None else f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
