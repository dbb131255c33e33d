"""What no client should send: the answer is bounded, and the server goes on serving others."""

import asyncio
import contextlib
import time

import pytest

from services.mail.imap.ports import Options
from tests.mail.house import House, letter
from tests.mail.imap.party import ADDRESS, PASSWORD, Imap, Start

LOGIN = f'LOGIN {ADDRESS} "{PASSWORD}"'.encode()


async def test_thousands_of_open_parentheses_before_login(imap: Imap) -> None:
    client = await imap.secure()
    await client.response()
    assert (await client.do("SEARCH " + "(" * 3_000))[-1].startswith(b"BAD")
    await client.send(b"a SEARCH " + b"(" * 100_000 + b"\r\n")
    assert (await client.response()).startswith(b"* BYE [TOOBIG]")
    await imap.still_serves()


async def test_parentheses_after_login(imap: Imap) -> None:
    client = await imap.selected()
    for verb in ("SEARCH ", "FETCH 1 ", "LIST ", "STORE 1 FLAGS "):
        assert (await client.do(verb + "(" * 30_000))[-1].startswith(b"BAD")
    assert await client.ok("NOOP") == []


@pytest.mark.parametrize("size", [b"5000", b"99999999999999999999", b"2147483648"])
async def test_a_literal_too_large_before_login(imap: Imap, size: bytes) -> None:
    client = await imap.secure()
    await client.response()
    await client.send(b"a LOGIN {" + size + b"}\r\n")
    assert (await client.response()).startswith(b"* BYE [TOOBIG]")
    assert await client.closed()
    await imap.still_serves()


async def test_a_literal_too_large_after_login(imap: Imap) -> None:
    client = await imap.selected()
    for before in (b"APPEND INBOX", b"SELECT", b"SEARCH SUBJECT"):
        await client.send(b"a " + before + b" {2000000}\r\n")
        assert (await client.response()) == b"a NO [TOOBIG] The literal is too large"
    # One that comes unasked is skipped when that is bounded …
    await client.send(b"b SELECT {100000+}\r\n" + b"x" * 100_000 + b"\r\n")
    assert (await client.response()).startswith(b"b NO [TOOBIG]")
    assert (await client.response()).startswith(b"* BAD")  # the rest of that line
    assert await client.ok("NOOP") == []
    # … and ends the session when it is not.
    await client.send(b"c APPEND INBOX {20000000+}\r\n")
    assert (await client.response()).startswith(b"* BYE [TOOBIG]")
    await imap.still_serves()


async def test_a_literal_without_end_is_given_up(start: Start) -> None:
    imap = await start(Options(max_message=1_000_000, stalled_seconds=0.3))
    client = await imap.selected()
    await client.send(b"a APPEND INBOX {1000+}\r\nFrom: a@b\r\n")
    other = await imap.selected()
    await other.send(b"a SELECT {100}\r\n")
    assert await other.response() == b"+ Go on"
    assert (await client.response()).startswith(b"* BYE")
    assert await client.closed()
    assert (await other.response()).startswith(b"* BYE")
    third = await imap.logged_in()
    [told] = await third.ok("STATUS INBOX (MESSAGES)")
    assert told == b"* STATUS INBOX (MESSAGES 0)"


async def test_a_command_without_end_is_given_up(start: Start) -> None:
    imap = await start(Options(max_message=1_000_000, stalled_seconds=0.3))
    client = await imap.selected()
    await client.send(b"a NOO")
    assert (await client.response()).startswith(b"* BYE")


async def test_strangers_have_little_time_and_little_room(start: Start) -> None:
    imap = await start(Options(max_message=1_000_000, login_seconds=1.5, strangers_per_address=3))
    clients = [await imap.secure() for _ in range(3)]
    for client in clients:
        assert (await client.response()).startswith(b"* OK")
    refused = await imap.secure()
    assert (await refused.response()).startswith(b"* BYE [LIMIT]")
    assert (await clients[0].do(LOGIN))[-1].startswith(b"OK")
    assert (await (await imap.secure()).response()).startswith(b"* OK")
    assert (await clients[1].response()).startswith(b"* BYE")
    assert await clients[0].ok("NOOP") == []


async def test_idle_sessions_are_logged_out(start: Start) -> None:
    imap = await start(Options(max_message=1_000_000, idle_seconds=0.5))
    client = await imap.selected()
    assert (await client.response()).startswith(b"* BYE")
    assert await client.closed()


async def test_commands_before_starttls_are_never_run(imap: Imap) -> None:
    plain = await imap.plain()
    await plain.response()
    await plain.send(b"a STARTTLS\r\nb " + LOGIN + b"\r\nc NOOP\r\n")
    assert (await plain.response()).startswith(b"a OK")
    await plain.send(b"d NOOP\r\n")
    with contextlib.suppress(ConnectionError):  # what was sent in the clear is gone: TLS or nothing
        assert b"OK" not in await plain.reader.read()
    assert imap.doorkeeper.asked == []
    await imap.still_serves()


async def test_starttls_and_what_was_sent_before_it(imap: Imap) -> None:
    plain = await imap.plain()
    await plain.response()
    # The second command stands in the same packet as STARTTLS.
    await plain.send(b"a STARTTLS\r\nb CAPABILITY\r\n")
    assert (await plain.response()).startswith(b"a OK")
    await plain.writer.start_tls(imap.trust, server_hostname="localhost")
    told = await plain.do("CAPABILITY")
    assert len(told) == 2, told
    assert b"STARTTLS" not in told[0]
    assert b"AUTH=PLAIN" in told[0]
    await plain.ok(LOGIN)
    assert (await plain.do("STARTTLS"))[-1].startswith(b"BAD")
    await plain.ok("SELECT INBOX")


async def test_absurd_sequence_sets(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("un"), owner)
    client = await imap.selected()
    many = ",".join(["1:*"] * 10_000)
    assert await client.ok(f"FETCH {many} (UID)") == [b"* 1 FETCH (UID 1)"]
    assert await client.ok("UID FETCH 1:4294967295 (UID)") == [b"* 1 FETCH (UID 1)"]
    assert await client.ok(f"UID SEARCH UID {many}") == [b"* SEARCH 1"]
    assert (await client.do("FETCH 1:4294967295 (UID)"))[-1].startswith(b"BAD")
    assert (await client.do("FETCH 4294967296 (UID)"))[-1].startswith(b"BAD")


@pytest.mark.parametrize(
    "name", [b"&", b"&AOk", b"&AGE-", b"\xc3\xa9", b"&AOk-&AOk-", b"&AAA-", b"a//b", b"a/../b\x7f"]
)
async def test_invalid_mailbox_names(imap: Imap, name: bytes) -> None:
    client = await imap.logged_in()
    for verb in (b"CREATE", b"SELECT"):
        answer = (await client.do(b"%b {%d+}\r\n%b" % (verb, len(name), name)))[-1]
        assert answer.startswith((b"BAD", b"NO")), answer
    assert await client.ok('LIST "" "a*"') == []


@pytest.mark.parametrize(
    "octets",
    [b"\r\n", b"\0\r\n", b"\xff\xfe\r\n", b"a\r\n", b"a \r\n", b"+ NOOP\r\n", b"a  NOOP\r\n", b"a NOOP x\r\n",
     b"a UID\r\n", b"a UID NOOP\r\n", b"a APPEND INBOX\r\n", b'a LOGIN "x\r\n', b"a FETCH 0 FLAGS\r\n",
     b"a FETCH 1 BODY[\r\n", b"a STORE 1 FLAGS (\\\r\n", b"DONE\r\n", b"{5}", b"a SEARCH BEFORE 32-Foo-2026\r\n"],
)  # fmt: skip
async def test_nonsense_is_answered_with_bad(imap: Imap, octets: bytes) -> None:
    client = await imap.selected()
    await client.send(octets.removesuffix(b"\r\n") + b"\r\n")
    answer = await client.response()
    assert answer.startswith((b"* BAD", b"a BAD", b"DONE BAD", b"+ Go on")), answer
    await imap.still_serves()


async def test_too_many_bad_commands_end_the_session(imap: Imap) -> None:
    client = await imap.secure()
    await client.response()
    await client.send(b"x\r\n" * 30)
    told = []
    while response := await client.response():
        told.append(response)
    assert told[-1].startswith(b"* BYE")
    assert len(told) < 30
    await imap.still_serves()


async def test_a_client_that_does_not_read_holds_up_nobody(start: Start, house: House, owner: str) -> None:
    imap = await start(Options(max_message=8_000_000, write_seconds=1.5))
    await house.deliver(letter("gros", body=("x" * 78 + "\r\n") * 60_000), owner)
    client = await imap.selected()
    client.writer.transport.pause_reading()
    await client.send(b"".join(b"f%d FETCH 1 BODY.PEEK[]\r\n" % number for number in range(5)))
    started = time.monotonic()
    await imap.still_serves()
    assert time.monotonic() - started < 5
    async with asyncio.timeout(10):
        while not (blocked := [each for each in imap.server.connections if each._blocked]):
            await asyncio.sleep(0.02)
    [connection] = blocked
    assert connection._transport is not None
    assert connection._transport.get_write_buffer_size() < 4 * 2**20
    async with asyncio.timeout(10):
        while connection in imap.server.connections:
            await asyncio.sleep(0.05)


async def test_nobody_sees_anothers_mail(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("secret"), "01AUTRE")
    client = await imap.selected()
    assert await client.ok("SEARCH ALL") == [b"* SEARCH"]
    assert await client.ok("UID FETCH 1:* (UID)") == []


async def test_an_object_store_that_fails_is_answered_and_nothing_half_is_kept(imap: Imap, house: House) -> None:
    client = await imap.logged_in()
    whole = house.mail.blobs.put

    async def refuse(chunks: object, *, limit: int | None = None) -> object:
        raise OSError("refused")

    object.__setattr__(house.mail.blobs, "put", refuse)
    try:
        answer = await client.append(letter("un"))
        assert answer.startswith(b"NO [")
    finally:
        object.__setattr__(house.mail.blobs, "put", whole)
    assert await client.ok("STATUS INBOX (MESSAGES)") == [b"* STATUS INBOX (MESSAGES 0)"]
    assert (await client.append(letter("un"))).startswith(b"OK [APPENDUID")


@pytest.mark.parametrize("uses", [r"\Flagged", r"\Junk \Sent"])
async def test_a_use_that_no_mailbox_has_here_makes_no_mailbox(imap: Imap, uses: str) -> None:
    client = await imap.logged_in()
    await client.ok("DELETE Junk")
    assert (await client.do(rf"CREATE Other (USE ({uses}))"))[-1].startswith(b"NO [USEATTR]")
    assert await client.ok('LIST "" Other') == []
    await client.ok(r"CREATE Other (USE (\Junk))")


async def test_nul_is_kept_out_of_what_is_shown(imap: Imap) -> None:
    """RFC 3501 §9: not even a literal may have it."""
    client = await imap.selected()
    await client.append(b"Subject: a\x00b\r\n\r\n\x00\r\n")
    shown = b"\r\n".join(await client.ok("FETCH 1 (RFC822.SIZE ENVELOPE BODY.PEEK[])"))
    assert b"\x00" not in shown
    assert b"RFC822.SIZE 19 " in shown
    assert b"Subject: a\x80b\r\n\r\n\x80\r\n" in shown
