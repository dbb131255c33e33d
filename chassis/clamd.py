"""ClamAV's daemon, asked by its own protocol (clamd(8), INSTREAM) while octets pass."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

import structlog
from prometheus_client import Counter

from chassis.daemons import connect_daemon
from chassis.errors import Forbidden, TooLarge, Unavailable

log = structlog.get_logger(__name__)
SCANS = Counter("malware_scans", "Messages and files that clamd was shown", ["outcome"])
PIECE_SECONDS, VERDICT_SECONDS = 30.0, 120.0
# Whatever clamd says is shorter.
MOST_SAID = 4096
_PIECE = 256 * 1024


class Clamd:
    """At a "host:port", or at the path of a socket. `what` it is shown is how refusals begin."""

    def __init__(self, place: str, what: str = "The message") -> None:
        self._place = place
        self._what = what

    async def passing(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The same octets; at their end, raises `Forbidden` for what carries malware.

        Raises `Unavailable` while clamd is away, before anything is taken: nothing unseen counts as clean. `TooLarge`
        for what clamd is not told to look at (its StreamMaxLength).
        """
        reader, writer = await self._connect()
        # It may speak, and hang up, before it has seen everything: what it says is then no longer lost by our writing.
        said = asyncio.create_task(reader.readuntil(b"\0"))
        try:
            await self._send(writer, b"zINSTREAM\0")
            async for chunk in chunks:
                for at in range(0, len(chunk), _PIECE):
                    piece = chunk[at : at + _PIECE]
                    if not said.done():
                        await self._send(writer, len(piece).to_bytes(4, "big") + piece)
                yield chunk
            if not said.done():
                await self._send(writer, bytes(4))
            self._heed(await self._heard(said))
        finally:
            said.cancel()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await connect_daemon(self._place, MOST_SAID)
        except (OSError, TimeoutError) as error:
            raise self._away(error) from error

    async def _send(self, writer: asyncio.StreamWriter, octets: bytes) -> None:
        try:
            writer.write(octets)
            async with asyncio.timeout(PIECE_SECONDS):
                await writer.drain()
        except ConnectionError:
            # Why it hung up is read where the verdict is.
            return
        except (OSError, TimeoutError) as error:
            raise self._away(error) from error

    async def _heard(self, said: "asyncio.Task[bytes]") -> str:
        try:
            async with asyncio.timeout(VERDICT_SECONDS):
                whole = await said
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise self._away(error) from error
        return whole.rstrip(b"\0").decode("ascii", "replace").strip()

    def _heed(self, said: str) -> None:
        if said == "stream: OK":
            SCANS.labels("clean").inc()
            return
        if said.endswith(" FOUND"):
            SCANS.labels("found").inc()
            name = said.removeprefix("stream: ").removesuffix(" FOUND")[:100]
            log.warning("malware_found", name=name)
            raise Forbidden(f"{self._what} carries malware ({name})")
        if "size limit exceeded" in said:
            SCANS.labels("too_large").inc()
            raise TooLarge(f"{self._what} is too large to be looked at for malware")
        raise self._away(said)

    def _away(self, reason: object) -> Unavailable:
        SCANS.labels("away").inc()
        log.warning("clamd_away", error=f"{type(reason).__name__}: {reason}"[:200])
        return Unavailable(f"{self._what} cannot be looked at for malware now")
