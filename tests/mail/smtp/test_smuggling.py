"""What a hostile peer sends where a message, a command or an address is expected."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.options import Options
from services.mail.smtp.codec.data import ChunkDecoder, DataDecoder
from tests.mail.smtp.peer import AGENT, Smtp, Start

INJECTED = f"MAIL FROM:<evil@example.org>\r\nRCPT TO:<{AGENT}>\r\nDATA\r\nFrom: evil@example.org\r\n\r\nForged\r\n"
ENDINGS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r.\r", b"\r\n.\r", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n",
    b"\x00\r\n\x00.\r\n", b"\r\n.\r\r\n", b"\r\r\n.\n", b"\n\r.\r\n", b"\r\n . \r\n",
]  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS, ids=[repr(ending) for ending in ENDINGS])
async def test_only_crlf_dot_crlf_ends_a_message(smtp: Smtp, ending: bytes) -> None:
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(b"From: a@example.org\r\n\r\nHello" + ending + INJECTED.encode() + b"\r\n.\r\nNOOP\r\n")
    assert (await peer.reply()).startswith("250 2.0.0 Accepted")
    assert (await peer.reply()).startswith("250 2.0.0 Ok")
    (message,) = await smtp.inbox()
    assert message.startswith(b"Return-Path: <a@example.org>\r\n")
    assert b"Forged" in message
    body = message.partition(b"\r\n\r\n")[2]
    assert body.count(b"\r") == body.count(b"\n") == body.count(b"\r\n")
    assert b"\x00" not in message


@pytest.mark.parametrize("pause", [1, 2, 3, 5])
async def test_an_end_in_pieces_is_an_end(smtp: Smtp, pause: int) -> None:
    peer = await smtp.connect()
    await peer.envelope()
    octets = b"Subject: x\r\n\r\n..stuffed\r\n.\r\n"
    for start in range(0, len(octets), pause):
        await peer.send(octets[start : start + pause])
        await asyncio.sleep(0)
    assert (await peer.reply()).startswith("250")
    assert (await smtp.inbox())[0].endswith(b"\r\n\r\n.stuffed\r\n")


async def test_an_empty_message(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(b".\r\n")
    assert (await peer.reply()).startswith("250")
    assert (await smtp.inbox())[0].endswith(b"+0000\r\n")


async def test_commands_pipelined_after_data_are_answered_in_order(smtp: Smtp) -> None:
    peer = await smtp.connect()
    unknown = "nobody@numerique.gouv.tg"
    group = ["EHLO client", "MAIL FROM:<a@example.org>", f"RCPT TO:<{unknown}>", f"RCPT TO:<{AGENT}>", "DATA", ""]
    await peer.send("\r\n".join(group).encode())
    answers = [(await peer.reply())[:3] for _ in range(5)]
    assert answers == ["250", "250", "550", "250", "354"]
    second = f"MAIL FROM:<>\r\nRCPT TO:<{AGENT}>\r\nDATA\r\n"
    await peer.send(b"Subject: one\r\n\r\n1\r\n.\r\n" + second.encode())
    assert [(await peer.reply())[:3] for _ in range(4)] == ["250", "250", "250", "354"]
    await peer.send(b"Subject: two\r\n\r\n2\r\n.\r\nQUIT\r\n")
    assert [(await peer.reply())[:3] for _ in range(2)] == ["250", "221"]
    assert len(await smtp.inbox()) == 2


async def test_a_message_pipelined_with_its_data_command(smtp: Smtp) -> None:
    """What a peer that does not wait for 354 sends is a message, not commands, and is read as one."""
    peer = await smtp.connect()
    before = ["EHLO c", "MAIL FROM:<a@example.org>", f"RCPT TO:<{AGENT}>", "DATA"]
    await peer.send("\r\n".join([*before, "Subject: x", "", "NOOP", ".", "NOOP", ""]).encode())
    assert [(await peer.reply())[:3] for _ in range(6)] == ["250", "250", "250", "354", "250", "250"]
    assert (await smtp.inbox())[0].endswith(b"NOOP\r\n")


async def test_a_half_closed_peer_gets_its_answer(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(b"Subject: x\r\n\r\nlast\r\n.\r\nQUIT\r\n")
    peer.writer.write_eof()
    assert [(await peer.reply())[:3] for _ in range(2)] == ["250", "221"]


async def test_a_peer_that_leaves_within_a_message_leaves_nothing(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(b"Subject: half\r\n\r\nnot yet at its e")
    peer.writer.close()
    await asyncio.sleep(0.1)
    assert await smtp.inbox() == []
    await smtp.still_serves()


async def test_commands_buffered_before_starttls_are_never_run(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    injected = f"STARTTLS\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<{AGENT}>\r\n"
    await peer.send(injected.encode())
    assert (await peer.reply()).startswith("220")
    await peer.writer.start_tls(smtp.trust, server_hostname="localhost")
    offered = await peer.expect("EHLO client", "250")
    assert "STARTTLS" not in offered
    await peer.expect(f"RCPT TO:<{AGENT}>", "503")
    await peer.expect("STARTTLS", "503")


async def test_a_bare_line_feed_ends_the_connection_before_what_follows(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.send(f"EHLO client\nMAIL FROM:<a@example.org>\r\nRCPT TO:<{AGENT}>\r\n".encode())
    assert (await peer.reply()).startswith("500 5.5.2")
    assert await peer.reply() == ""
    await smtp.still_serves()


@pytest.mark.parametrize(
    "command",
    [
        b"MAIL FROM:<a\rb@example.org>", b"MAIL FROM:<a\x00b@example.org>", b"MAIL FROM:<a@example.org\r>",
        b"RCPT TO:<agent1\x00@numerique.gouv.tg>", b"RCPT TO:<agent1@numerique.gouv.tg\rDATA>",
        b'RCPT TO:<"a\rb"@numerique.gouv.tg>', b"EHLO a\x00b", b"NOOP \x1b[2J", b"MAIL\x00 FROM:<a@example.org>",
    ],
)  # fmt: skip
async def test_control_characters_in_commands_are_refused(smtp: Smtp, command: bytes) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    if command.startswith(b"RCPT"):
        await peer.expect("MAIL FROM:<a@example.org>", "250")
    await peer.send(command + b"\r\n")
    assert (await peer.reply()).startswith(("501 5.5.2", "500 5.5.1"))
    await peer.expect("NOOP", "250")


@pytest.mark.parametrize(
    "path",
    ["a@example.org", "<a@example.org", "<a b@example.org>", "<a@>", "<@example.org>", "<a@-x.org>", "<a@b..org>",
     "<<a@example.org>>", "<a@example.org>>", "<" + "a" * 65 + "@example.org>", "<a@" + "b" * 300 + ">",
     "<a@example.org>SIZE=1", "<@r.org:a@example.org>"],
)  # fmt: skip
async def test_malformed_senders_are_refused(smtp: Smtp, path: str) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    assert (await peer.do(f"MAIL FROM:{path}"))[:3] in {"501", "550", "553"}


async def test_an_endless_line_is_dropped(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.send(b"NOOP " + b"x" * 30_000 + b"\r\n")
    assert (await peer.reply()).startswith("500 5.5.6")
    await peer.expect("NOOP", "250")
    try:
        await peer.send(b"x" * 3_000_000)
        assert await peer.reply() == ""
    except ConnectionError:
        pass
    await smtp.still_serves()


async def test_header_injection_by_bare_cr_makes_no_field(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.envelope()
    await peer.send(b"Subject: a\rBcc: victim@example.org\r\nX: \x00y\r\n\r\nBody\r\n.\r\n")
    assert (await peer.reply()).startswith("250")
    assert b"Subject: a Bcc: victim@example.org\r\n" in (await smtp.inbox())[0]


def decode(octets: bytes, cuts: list[int]) -> tuple[bytes, bytes, bool]:
    decoder, content, start = DataDecoder(), b"", 0
    for end in [*sorted(cuts), len(octets)]:
        if decoder.ended:
            break
        content += decoder.feed(octets[start:end])
        start = max(start, end)
    return content, decoder.rest + octets[start:], decoder.ended


LINES = st.lists(
    st.binary(max_size=20).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b""))
)


@given(lines=LINES, rest=st.binary(max_size=30), cuts=st.lists(st.integers(0, 300), max_size=8))
def test_any_split_finds_the_same_content_and_end(lines: list[bytes], rest: bytes, cuts: list[int]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
    wire = stuffed + b".\r\n" + rest
    assert decode(wire, [cut for cut in cuts if cut <= len(wire)]) == (content, rest, True)


@given(octets=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=8))
def test_hostile_octets_decode_alike_however_they_are_split(octets: bytes, cuts: list[int]) -> None:
    wire = octets + b"\r\n.\r\n"
    whole = decode(wire, [])
    assert decode(wire, [cut for cut in cuts if cut <= len(wire)]) == whole
    assert whole[2]
    assert whole[0].count(b"\r") == whole[0].count(b"\n") == whole[0].count(b"\r\n")
    assert (
        wire.find(b"\r\n.\r\n") < 0
        or wire.startswith(b".\r\n")
        or len(wire) - len(whole[1]) == wire.find(b"\r\n.\r\n") + 5
    )


@given(octets=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=8))
def test_chunks_are_normalised_alike_however_they_are_split(octets: bytes, cuts: list[int]) -> None:
    def decoded(cuts: list[int]) -> bytes:
        decoder, content, start = ChunkDecoder(), b"", 0
        for end in [*sorted(cut for cut in cuts if cut <= len(octets)), len(octets)]:
            content += decoder.feed(octets[start:end])
            start = max(start, end)
        return content + decoder.close()

    assert decoded(cuts) == decoded([])


async def test_bdat_takes_chunks_that_look_like_an_end(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org> BODY=8BITMIME", "250")
    await peer.expect(f"RCPT TO:<{AGENT}>", "250")
    first, second = b"Subject: chunks\r\n\r\n..a\r\n.\r\nQUIT\r", b"\nend\r\n"
    await peer.send(b"BDAT %d\r\n" % len(first) + first)
    assert (await peer.reply()).startswith("250")
    await peer.expect("DATA", "503")
    await peer.send(b"BDAT %d\r\n" % len(second) + second + b"BDAT 0 LAST\r\nNOOP\r\n")
    assert [(await peer.reply())[:3] for _ in range(3)] == ["250", "250", "250"]
    (message,) = await smtp.inbox()
    assert message.endswith(b"Subject: chunks\r\n\r\n..a\r\n.\r\nQUIT\r\nend\r\n")


async def test_bdat_is_refused_without_losing_the_place(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.send(b"BDAT 6 LAST\r\nNOOP\r\nNOOP\r\n")
    assert (await peer.reply()).startswith("503")
    assert (await peer.reply()).startswith("250")
    await peer.expect("BDAT -1", "501")
    assert await peer.reply() == ""


async def test_bdat_given_up_by_rset_or_by_leaving(smtp: Smtp) -> None:
    for ending in (b"RSET\r\n", b""):
        peer = await smtp.connect()
        await peer.expect("EHLO client", "250")
        await peer.expect("MAIL FROM:<a@example.org>", "250")
        await peer.expect(f"RCPT TO:<{AGENT}>", "250")
        await peer.send(b"BDAT 3\r\nabc" + ending)
        assert (await peer.reply()).startswith("250")
        peer.writer.close()
    await asyncio.sleep(0.1)
    assert await smtp.inbox() == []
    await smtp.still_serves()


async def test_bdat_larger_than_allowed(start: Start, house: object) -> None:
    import dataclasses

    house.mail = dataclasses.replace(house.mail, options=Options(max_message=100_000))  # type: ignore[attr-defined]
    smtp = await start()
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    await peer.expect(f"RCPT TO:<{AGENT}>", "250")
    codes = []
    for _ in range(3):
        await peer.send(b"BDAT 60000\r\n" + b"x" * 60_000)
        codes.append((await peer.reply())[:9])
    assert codes[0] == "250 2.0.0"
    assert "552 5.3.4" in codes


async def test_who_announces_far_too_much_is_refused_for_good(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org>", "250")
    await peer.expect(f"RCPT TO:<{AGENT}>", "250")
    await peer.expect("BDAT 99999999999 LAST", "552 5.3.4")
    assert await peer.reply() == ""
    assert await smtp.inbox() == []
