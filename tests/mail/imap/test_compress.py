"""COMPRESS=DEFLATE (RFC 4978)."""

import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.imap.codec.deflate import Deflated, NotDeflated
from tests.mail.house import House, letter
from tests.mail.imap.party import Client, Imap


class Compressed:
    """A client that has switched compression on."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._out = zlib.compressobj(9, zlib.DEFLATED, -15)
        self._in = zlib.decompressobj(-15)
        self._told = b""

    async def send(self, octets: bytes) -> None:
        await self.client.send(self._out.compress(octets) + self._out.flush(zlib.Z_SYNC_FLUSH))

    async def until(self, mark: bytes) -> bytes:
        """All that is told up to and with `mark`."""
        while mark not in self._told:
            piece = await self.client.reader.read(65536)
            assert piece, self._told[-200:]
            self._told += self._in.decompress(piece)
        before, _, self._told = self._told.partition(mark)
        return before + mark


async def compressed(imap: Imap) -> Compressed:
    client = await imap.logged_in()
    assert b"COMPRESS=DEFLATE" in (await client.ok("CAPABILITY"))[0]
    assert (await client.do("COMPRESS DEFLATE"))[-1] == b"OK Compressed from now on"
    return Compressed(client)


async def test_everything_is_compressed_from_then_on(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("Budget", body="Bonjour. " * 20_000), owner)
    client = await compressed(imap)
    await client.send(b"a CAPABILITY\r\n")
    assert b"COMPRESS=" not in await client.until(b"a OK Done\r\n")
    await client.send(b"b SELECT INBOX\r\nc FETCH 1 BODY.PEEK[TEXT]\r\n")
    await client.until(b"b OK")
    assert (await client.until(b"c OK Done\r\n")).count(b"Bonjour. ") == 20_000
    source = letter("Annexe", body=os.urandom(150_000).hex())
    await client.send(b"d APPEND INBOX {%d}\r\n" % len(source))
    await client.until(b"+ Ready for the message\r\n")
    await client.send(source + b"\r\n")
    await client.until(b"d OK [APPENDUID")
    await client.send(b"e IDLE\r\n")
    await client.until(b"+ idling\r\n")
    await house.deliver(letter("Neuf"), owner)
    imap.bells.ring(owner)
    await client.until(b"* 3 EXISTS\r\n")
    await client.send(b"DONE\r\nf COMPRESS DEFLATE\r\n")
    await client.until(b"f NO [COMPRESSIONACTIVE]")
    await client.send(b"g LOGOUT\r\n")
    await client.until(b"g OK Done\r\n")
    assert await client.client.closed()


async def test_the_client_is_heard_again_after_idle_and_after_a_message(imap: Imap, owner: str) -> None:
    client = await compressed(imap)
    await client.send(b"a SELECT INBOX\r\n")
    await client.until(b"a OK")
    source = letter("Annexe")
    for number in range(3):
        await client.send(b"b%d IDLE\r\n" % number)
        await client.until(b"+ idling\r\n")
        await client.send(b"DONE\r\n")
        await client.until(b"b%d OK Done\r\n" % number)
        await client.send(b"c%d APPEND INBOX {%d}\r\n" % (number, len(source)))
        await client.until(b"+ Ready for the message\r\n")
        await client.send(source + b"\r\n")
        await client.until(b"c%d OK [APPENDUID" % number)
        await client.send(b"d%d NOOP\r\n" % number)
        await client.until(b"d%d OK Done\r\n" % number)


async def test_it_is_refused_before_login_and_by_other_names(imap: Imap) -> None:
    stranger = await imap.secure()
    assert b"COMPRESS" not in await stranger.response()
    assert (await stranger.do("COMPRESS DEFLATE"))[-1].startswith(b"BAD Not allowed")
    client = await imap.logged_in()
    for wrong in ("COMPRESS", "COMPRESS LZ4", "COMPRESS DEFLATE 9"):
        assert (await client.do(wrong))[-1].startswith(b"BAD "), wrong


async def test_a_few_octets_that_are_very_many_are_read_a_piece_at_a_time(imap: Imap) -> None:
    """A line without end, and commands without number that wait their turn."""
    client = await compressed(imap)
    await client.send(b"x" * 50_000_000)
    await client.until(b"* BYE [TOOBIG] The line is too long\r\n")
    client = await compressed(imap)
    await client.send(b"a NOOP\r\n" * 3_000 + b"z NOOP\r\n")
    assert (await client.until(b"z OK Done\r\n")).count(b"a OK Done\r\n") == 3_000
    await imap.still_serves()


@pytest.mark.parametrize("octets", [b"\xff" * 100, b"a NOOP\r\n", zlib.compress(b"a NOOP\r\n") + b"reste"])
async def test_what_is_not_compressed_ends_the_connection(imap: Imap, octets: bytes) -> None:
    client = await compressed(imap)
    await client.client.send(octets * 10)
    assert await client.client.closed()
    await imap.still_serves()


@given(st.lists(st.binary(max_size=500), max_size=20), st.integers(1, 100), st.integers(1, 1000))
def test_what_is_deflated_is_inflated_no_faster_than_asked(pieces: list[bytes], cut: int, most: int) -> None:
    here, there = Deflated(), Deflated()
    sent = b"".join(here.deflated(piece) for piece in pieces)
    received = b""
    for start in range(0, len(sent), cut):
        there.feed(sent[start : start + cut])
        while there.more:
            found = there.inflated(most)
            assert len(found) <= most
            received += found
    assert received == b"".join(pieces)


def test_a_bomb_is_held_as_it_came() -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    octets = bomb.compress(b"\0" * 100_000_000) + bomb.flush()
    there = Deflated()
    there.feed(octets)
    assert len(there.inflated(1000)) == 1000
    assert there.more
    there.feed(b"reste")

    def inflate_all() -> None:
        while there.more:
            there.inflated(10_000_000)

    with pytest.raises(NotDeflated):
        inflate_all()
