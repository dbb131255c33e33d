"""BDAT (RFC 3030 §2): a message in chunks of announced length."""

import asyncio
from collections.abc import AsyncIterator

from services.mail.smtp.codec.data import BinaryDecoder, ChunkDecoder
from services.mail.smtp.codec.head import Head
from services.mail.smtp.codec.reply import Refused, endless
from services.mail.smtp.connection import Connection

PIECE = 256 * 1024


async def bdat(connection: Connection, argument: str) -> None:
    size, last = _arguments(argument)
    try:
        connection.want_recipients()
        if connection.transfer is None and size > connection.options.max_message:
            raise Refused(552, "5.3.4", f"At most {connection.options.max_message} octets")
    except Refused as refused:
        await _skip(connection, size)
        if not last:
            raise
        connection.write(connection.for_each(refused, len(connection.transaction.recipients) or 1))
        return
    transfer = connection.transfer
    if transfer is None:
        transfer = connection.transfer = Transfer(connection)
    while size:
        piece = await connection.octets(min(size, PIECE))
        size -= len(piece)
        await transfer.feed(piece)
    if last:
        connection.transfer = None
        connection.write(await transfer.finish())
    elif transfer.refused:
        connection.transfer = None
        connection.forget()
        raise transfer.refused
    else:
        connection.reply(250, "2.0.0", "Chunk ok")


def _arguments(argument: str) -> tuple[int, bool]:
    size, _, rest = argument.strip().partition(" ")
    if not size.isdigit() or len(size) > 12 or rest.strip().upper() not in {"", "LAST"}:
        # How much follows is not known: nothing after it can be trusted to be a command.
        raise Refused(501, "5.5.4", "Syntax: BDAT size [LAST]", closing=True)
    return int(size), bool(rest.strip())


async def _skip(connection: Connection, size: int) -> None:
    """The octets of a chunk that is refused follow nevertheless."""
    if size > 2 * connection.options.max_message:
        raise endless()
    while size:
        size -= len(await connection.octets(min(size, PIECE)))


class Transfer:
    """A message between its first chunk and its last: what takes it runs beside the commands."""

    def __init__(self, connection: Connection) -> None:
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(2)
        self._decoder = BinaryDecoder() if connection.transaction.binary else ChunkDecoder()
        self._head = Head()
        self._connection = connection
        self._recipients = len(connection.transaction.recipients)
        self._taking = asyncio.create_task(self._take())

    @property
    def refused(self) -> Refused | None:
        """Why it is refused already, if it is."""
        failed = self._taking.done() and not self._taking.cancelled() and self._taking.exception()
        return failed if isinstance(failed, Refused) else None

    async def feed(self, octets: bytes) -> None:
        await self._put(self._decoder.feed(octets))

    async def finish(self) -> bytes:
        """No more chunks: wait until the message is taken. The replies. Raises `Refused`."""
        await self._put(self._decoder.close())
        await self._put(None)
        try:
            return await self._taking
        except Refused as refused:
            return self._connection.for_each(refused, self._recipients)

    async def cancel(self) -> None:
        self._taking.cancel()
        await asyncio.gather(self._taking, return_exceptions=True)

    async def _take(self) -> bytes:
        async with self._connection.message_slot():
            return await self._connection.accept(self._chunks(), self._head)

    async def _put(self, piece: bytes | None) -> None:
        """Wait for room, unless nobody takes any more."""
        putting = asyncio.ensure_future(self._pieces.put(piece))
        await asyncio.wait({putting, self._taking}, return_when=asyncio.FIRST_COMPLETED)
        putting.cancel()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            if piece:
                self._head.feed(piece)
                yield piece
