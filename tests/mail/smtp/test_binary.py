"""BINARYMIME (RFC 3030), in reception and in submission."""

from email import message_from_bytes

import pytest

from tests.mail.smtp.peer import AGENT, OTHER, Peer, Smtp
from tests.mail.smtp.test_submission import logged_in

OCTETS = b"\x00\r\n.\r\n\n\r" + bytes(range(256)) * 10
HEADER = b"From: <%s>\r\nSubject: Image\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n"


async def chunked(peer: Peer, sender: str, recipient: str, source: bytes, size: int = 700) -> str:
    """What the last of its chunks is answered, or the first that is refused."""
    await peer.expect(f"MAIL FROM:<{sender}> BODY=BINARYMIME", "250")
    await peer.expect(f"RCPT TO:<{recipient}>", "250")
    answer = ""
    for at in range(0, len(source), size):
        piece, last = source[at : at + size], at + size >= len(source)
        await peer.send(f"BDAT {len(piece)}{' LAST' if last else ''}\r\n".encode() + piece)
        answer = await peer.reply()
        if not answer.startswith("250"):
            break
    return answer


@pytest.mark.parametrize("size", [50, 100_000])
async def test_any_octets_are_received_and_can_be_read_by_all(smtp: Smtp, size: int) -> None:
    peer = await smtp.connect()
    assert "BINARYMIME\r\n" in await peer.expect("EHLO client", "250")
    assert (await chunked(peer, "a@example.org", AGENT, HEADER % b"a@example.org" + OCTETS, size)).startswith("250")
    (message,) = await smtp.inbox()
    assert message_from_bytes(message).get_payload(decode=True) == OCTETS
    assert message.isascii()


async def test_any_octets_are_submitted_and_leave_as_base64(submission: Smtp) -> None:
    peer = await logged_in(submission)
    assert (await chunked(peer, AGENT, OTHER, HEADER % AGENT.encode() + OCTETS)).startswith("250")
    for owner in ("01AGENT1", "01AGENT2"):
        (message,) = await submission.inbox(owner)
        assert message_from_bytes(message).get_payload(decode=True) == OCTETS


async def test_data_carries_no_binary(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org> BODY=BINARYMIME", "250")
    await peer.expect(f"RCPT TO:<{AGENT}>", "250")
    await peer.expect("DATA", "503 5.5.1")
    await peer.send(b"BDAT 3\r\nabc")
    assert (await peer.reply()).startswith("250")
    await peer.expect("DATA", "503 5.5.1")
    await peer.expect("RSET", "250")
    await peer.envelope()


async def test_a_signed_binary_part_is_refused_rather_than_broken(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    part = HEADER.partition(b"Content-Type: image")[2]
    source = (
        b"From: <a@example.org>\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nContent-Type: image"
        + part + OCTETS + b"\r\n--b--\r\n"
    )  # fmt: skip
    assert (await chunked(peer, "a@example.org", AGENT, source)).startswith("554 5.6.3")
    assert await smtp.inbox() == []
    await peer.expect("NOOP", "250")


async def test_a_bare_line_feed_hides_no_field(smtp: Smtp) -> None:
    peer = await smtp.connect()
    await peer.expect("EHLO client", "250")
    source = b"From: <a@example.org>\nFrom: <b@example.org>\n\ntexte"
    assert (await chunked(peer, "a@example.org", AGENT, source)).startswith("550 5.6.0")
