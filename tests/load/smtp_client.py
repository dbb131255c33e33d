"""A light SMTP sender: several connections kept open, one message at a time on each (RFC 5321)."""

import asyncio
from collections.abc import Sequence


async def _reply(reader: asyncio.StreamReader, wanted: bytes) -> None:
    while True:
        line = await reader.readline()
        if line[3:4] != b"-":
            break
    if not line.startswith(wanted):
        raise RuntimeError(f"{line!r} where {wanted!r} was expected")


async def _one_connection(
    host: str, port: int, sender: str, recipient: str, letters: Sequence[bytes], hello: bytes
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    await _reply(reader, b"220")
    writer.write(hello + b" load.example\r\n")
    await _reply(reader, b"250")
    for letter in letters:
        writer.write(f"MAIL FROM:<{sender}>\r\n".encode())
        await _reply(reader, b"250")
        writer.write(f"RCPT TO:<{recipient}>\r\n".encode())
        await _reply(reader, b"250")
        writer.write(b"DATA\r\n")
        await _reply(reader, b"354")
        writer.write(letter + b".\r\n")
        await _reply(reader, b"250")
    writer.write(b"QUIT\r\n")
    await _reply(reader, b"221")
    writer.close()


async def send(
    host: str,
    port: int,
    sender: str,
    recipient: str,
    letters: Sequence[bytes],
    connections: int,
    *,
    hello: bytes = b"EHLO",
) -> None:
    """Send all letters over `connections` connections at once; `LHLO` speaks LMTP, where one recipient is answered as
    in SMTP (RFC 2033). Raises RuntimeError when one is refused."""
    shares = [letters[first::connections] for first in range(connections)]
    await asyncio.gather(*(_one_connection(host, port, sender, recipient, share, hello) for share in shares))
