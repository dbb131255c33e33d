"""HTTPS before a stack's gateway, as an administration has it: calendars are looked for by nothing else."""

import asyncio
import contextlib
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.running import RunningStack


@contextmanager
def https_front(stack: RunningStack) -> Iterator[int]:
    """Its port of localhost, with the certificate of the stack's authority. Ended at the end."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(stack.var / "tls" / "localhost.pem", stack.var / "tls" / "localhost.key")
    gateway = urlsplit(stack.local["http"]).port
    loop = asyncio.new_event_loop()

    async def passed(reader: StreamReader, writer: StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there, back = await asyncio.open_connection("127.0.0.1", gateway)
            await asyncio.gather(_copied(reader, back), _copied(there, writer))

    server = loop.run_until_complete(asyncio.start_server(passed, "127.0.0.1", 0, ssl=tls))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(_ended(asyncio.all_tasks(loop)))
        loop.close()


async def _ended(tasks: set["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _copied(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while octets := await reader.read(65536):
            writer.write(octets)
            await writer.drain()
    finally:
        writer.close()
