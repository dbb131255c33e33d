"""DATA (RFC 5321 §4.1.1.4)."""

from collections.abc import AsyncIterator

from services.mail.smtp.codec.data import DataDecoder
from services.mail.smtp.codec.head import Head
from services.mail.smtp.codec.reply import Refused, endless
from services.mail.smtp.connection import Connection


async def data(connection: Connection, argument: str) -> None:
    connection.want_recipients()
    if argument:
        raise Refused(501, "5.5.4", "DATA has no argument")
    if connection.transfer is not None:
        raise Refused(503, "5.5.1", "DATA cannot follow BDAT")
    if connection.transaction.binary:
        # RFC 3030 §3: only announced lengths can carry any octet.
        raise Refused(503, "5.5.1", "BODY=BINARYMIME wants BDAT")
    async with connection.message_slot():
        connection.write(b"354 End with <CRLF>.<CRLF>\r\n")
        body = Body(connection)
        recipients = len(connection.transaction.recipients)
        try:
            taken = await connection.accept(body, body.head)
        except Refused as refused:
            taken = connection.for_each(refused, recipients)
        finally:
            await body.discard()
        connection.write(taken)


class Body:
    """The message's octets up to its end, decoded. Reading on after the consumer gave up finds the end still."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._decoder = DataDecoder()
        self._octets = 0
        self.head = Head()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._decoder.ended:
            piece = await self._piece()
            if piece:
                self.head.feed(piece)
                return piece
        raise StopAsyncIteration

    async def discard(self) -> None:
        """Read what is left (RFC 5321 §4.2.5: the reply comes after the end), as long as it is not endless."""
        while not self._decoder.ended:
            await self._piece()
            if self._octets > 2 * self._connection.options.max_message + 1024 * 1024:
                raise endless()

    async def _piece(self) -> bytes:
        received = await self._connection.octets()
        self._octets += len(received)
        piece = self._decoder.feed(received)
        if self._decoder.ended:
            self._connection.give_back(self._decoder.rest)
        return piece
