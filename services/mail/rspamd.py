"""rspamd, asked by its own protocol (HTTP, /checkv2) while a letter from outside passes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from dataclasses import dataclass
from typing import Any

import h11
import structlog
from prometheus_client import Counter

from chassis.daemons import connect_daemon
from chassis.errors import Forbidden, Unavailable

log = structlog.get_logger(__name__)
CHECKS = Counter("mail_spam_checks", "Letters that rspamd was shown", ["outcome"])
PIECE_SECONDS, VERDICT_SECONDS = 30.0, 60.0
# Of an answer, which names the rules that a letter met.
MOST_SAID = 1024 * 1024
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """What rspamd is told beside the letter: the client's address and HELO, the envelope, our name for the letter."""

    remote: str
    helo: str
    sender: str
    recipients: Sequence[str]
    id: str

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        named = [(b"IP", self.remote), (b"Helo", self.helo), (b"From", self.sender), (b"Queue-Id", self.id)]
        named += [(b"Rcpt", each) for each in self.recipients]
        return [(name, _one_line(value)) for name, value in named if value]


class Rspamd:
    """A scanning worker, at a "host:port" or at the path of a socket."""

    def __init__(self, place: str) -> None:
        self._place = place

    def look(self, shown: Shown) -> "Look":
        return Look(self._place, shown)


class Look:
    """At one letter. `junk` is known when all of it has passed."""

    def __init__(self, place: str, shown: Shown) -> None:
        self._place = place
        self._shown = shown
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=64 * 1024)
        self.junk = False

    async def passing(self, chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
        """The same octets; at their end, raises `Forbidden` for what rspamd rejects.

        Raises `Unavailable` for what it puts off, and while it is away, before anything is taken: nothing unseen
        counts as clean.
        """
        reader, writer = await self._connect()
        try:
            await self._say(writer, self._request())
            async for chunk in chunks:
                for at in range(0, len(chunk), _PIECE):
                    await self._say(writer, h11.Data(chunk[at : at + _PIECE]))
                yield chunk
            await self._say(writer, h11.EndOfMessage())
            self._heed(await self._answer(reader))
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _request(self) -> h11.Request:
        always = [(b"Host", b"rspamd"), (b"Connection", b"close"), (b"Transfer-Encoding", b"chunked")]
        return h11.Request(method="POST", target="/checkv2", headers=[*always, *self._shown.fields])

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await connect_daemon(self._place, MOST_SAID)
        except (OSError, TimeoutError) as error:
            raise _away(error) from error

    async def _say(self, writer: asyncio.StreamWriter, event: Any) -> None:
        try:
            writer.write(self._http.send(event) or b"")
            async with asyncio.timeout(PIECE_SECONDS):
                await writer.drain()
        except (OSError, TimeoutError) as error:
            raise _away(error) from error

    async def _answer(self, reader: asyncio.StreamReader) -> dict[str, Any]:
        try:
            async with asyncio.timeout(VERDICT_SECONDS):
                answer = json.loads(await self._body(reader))
        except (OSError, TimeoutError, h11.RemoteProtocolError, ValueError) as error:
            raise _away(error) from error
        if not isinstance(answer, dict):
            raise _away("no object")
        return answer

    async def _body(self, reader: asyncio.StreamReader) -> bytes:
        """Of the answer. Raises `ValueError` for one that is no 200 or too long."""
        body = b""
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await reader.read(_PIECE))
            elif isinstance(event, h11.Response) and event.status_code != 200:
                raise ValueError(f"answered {event.status_code}")
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > MOST_SAID:
                    raise ValueError("answered too much")
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return body

    def _heed(self, answer: dict[str, Any]) -> None:
        """rspamd's actions: https://docs.rspamd.com/configuration/metrics/#actions."""
        action = answer.get("action")
        told = {"id": self._shown.id, "score": answer.get("score"), "rules": _rules(answer.get("symbols"))}
        match action:
            # Its greylisting turns the latter into a soft reject while it wants one.
            case "no action" | "greylist":
                CHECKS.labels("clean").inc()
            case "add header" | "rewrite subject":
                CHECKS.labels("junk").inc()
                log.info("spam_junked", **told)
                self.junk = True
            case "soft reject":
                CHECKS.labels("put_off").inc()
                log.info("spam_put_off", **told)
                raise Unavailable("The message is put off; try again later")
            case "reject":
                CHECKS.labels("rejected").inc()
                log.warning("spam_rejected", **told)
                raise Forbidden("The message looks like spam")
            case _:
                raise _away(f"action {action!r}")


def _rules(symbols: object) -> list[str]:
    return sorted(symbols)[:20] if isinstance(symbols, dict) else []


def _one_line(value: str) -> bytes:
    """As a field's value: nothing that a sender says begins another field."""
    return bytes(octet if 0x20 <= octet != 0x7F else 0x3F for octet in value.strip().encode())


def _away(reason: object) -> Unavailable:
    CHECKS.labels("away").inc()
    log.warning("rspamd_away", error=f"{type(reason).__name__}: {reason}"[:200])
    return Unavailable("The message cannot be looked at for spam now")
