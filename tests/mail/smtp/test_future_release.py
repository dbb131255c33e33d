"""FUTURERELEASE (RFC 4865), as a mail program asks for it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.mail.smtp.peer import AGENT, OTHER, Peer, Smtp, Start
from tests.mail.smtp.test_submission import LETTER, logged_in


async def submitting(start: Start) -> tuple[Smtp, Peer]:
    submission = await start(submission=True, holds=True)
    return submission, await logged_in(submission)


async def test_a_letter_is_held_for_or_until(start: Start) -> None:
    submission, peer = await submitting(start)
    offered = await peer.expect("EHLO client", "250")
    assert re.search(r"FUTURERELEASE 5184000 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\r\n", offered)
    until = datetime.now(UTC) + timedelta(hours=2)
    for wanted in ("HOLDFOR=3600", f"HOLDUNTIL={until:%Y-%m-%dT%H:%M:%SZ}"):
        await peer.expect(f"MAIL FROM:<{AGENT}> {wanted}", "250")
        await peer.expect(f"RCPT TO:<{OTHER}>", "250")
        await peer.expect("DATA", "354")
        await peer.expect(LETTER.decode() + f"{wanted}\r\n.", "250")
    assert await submission.inbox("01AGENT2") == await submission.inbox() == []
    found = await submission.house.mail.store.held.of("01AGENT1")
    hours = [round((each.release_at - datetime.now(UTC)).total_seconds() / 3600) for each in found]
    assert hours == [1, 2]


@pytest.mark.parametrize(
    "wanted",
    [
        "HOLDFOR=0", "HOLDFOR=-1", "HOLDFOR=1h", "HOLDFOR=5184001", "HOLDFOR=99999999999999999999", "HOLDFOR",
        "HOLDUNTIL=2001-01-01T00:00:00Z", "HOLDUNTIL=2999-01-01T00:00:00Z", "HOLDUNTIL=demain",
        "HOLDUNTIL=2030-01-01T00:00:00", "HOLDFOR=60 HOLDUNTIL=2030-01-01T00:00:00Z", "HOLDFOR=60 HOLDFOR=60",
    ],
)  # fmt: skip
async def test_times_that_are_none_are_refused(start: Start, wanted: str) -> None:
    _, peer = await submitting(start)
    await peer.expect(f"MAIL FROM:<{AGENT}> {wanted}", "501 5.5.4")
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")


async def test_strangers_hold_nothing(smtp: Smtp) -> None:
    peer = await smtp.connect()
    assert "FUTURERELEASE" not in await peer.expect("EHLO client", "250")
    await peer.expect("MAIL FROM:<a@example.org> HOLDFOR=60", "555 5.5.4")
