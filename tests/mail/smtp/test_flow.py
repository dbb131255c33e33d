"""Who comes for the first time, and who comes too often."""

from ipaddress import ip_network
from typing import Any

import pytest

from chassis.rates import Rate
from services.mail.domain.greylisting import triple
from services.mail.smtp.flow import Flow
from tests.mail.authentication.signing import Dns
from tests.mail.smtp.peer import AGENT, OTHER, Smtp, Start

PROVEN = Dns({"example.org": [b"v=spf1 ip4:127.0.0.1 -all"]})
NOT_YET, TAKEN = "451 4.7.1", "250 2.0.0"


async def sent(smtp: Smtp, subject: str, *recipients: str, sender: str = "a@example.org") -> str:
    """What the letter is answered, or MAIL that announces it."""
    peer = await smtp.connect()
    await peer.expect("EHLO client.example.org", "250")
    answer = await peer.do(f"MAIL FROM:<{sender}>")
    if not answer.startswith("250"):
        return answer[:9]
    for recipient in recipients or (AGENT,):
        await peer.expect(f"RCPT TO:<{recipient}>", "250")
    await peer.expect("DATA", "354")
    return (await peer.do(f"From: <{sender or 'a@example.org'}>\r\nSubject: {subject}\r\n\r\nTexte\r\n."))[:9]


async def test_a_stranger_is_asked_to_come_again(start: Start) -> None:
    smtp = await start(greylists=True)
    assert await sent(smtp, "un") == NOT_YET
    assert await smtp.inbox() == []
    smtp.house.clock.advance(minutes=1)
    assert await sent(smtp, "un") == NOT_YET
    smtp.house.clock.advance(minutes=5)
    assert await sent(smtp, "un") == TAKEN
    assert await sent(smtp, "deux") == TAKEN
    assert await sent(smtp, "trois", AGENT, OTHER) == NOT_YET
    assert await sent(smtp, "quatre", sender="b@example.org") == NOT_YET
    smtp.house.clock.advance(days=37)
    assert await sent(smtp, "cinq") == NOT_YET
    assert len(await smtp.inbox()) == 2


async def test_who_comes_again_too_late_begins_anew(start: Start) -> None:
    smtp = await start(greylists=True)
    assert await sent(smtp, "un") == NOT_YET
    smtp.house.clock.advance(days=3)
    assert await sent(smtp, "un") == NOT_YET
    smtp.house.clock.advance(minutes=6)
    assert await sent(smtp, "un") == TAKEN


async def test_a_proven_domain_with_a_good_record_is_not_put_off(start: Start) -> None:
    smtp = await start(greylists=True, dns=PROVEN)
    assert await sent(smtp, "un") == NOT_YET
    smtp.house.clock.advance(minutes=6)
    assert await sent(smtp, "un") == TAKEN
    assert await sent(smtp, "deux", OTHER, sender="b@example.org") == TAKEN
    # Its name alone proves nothing.
    PROVEN.texts["example.org"] = [b"v=spf1 -all"]
    try:
        assert await sent(smtp, "trois", OTHER, sender="c@example.org") == NOT_YET
    finally:
        PROVEN.texts["example.org"] = [b"v=spf1 ip4:127.0.0.1 -all"]


@pytest.mark.parametrize("options", [{}, {"greylists": True, "examiner": {"trusted": [ip_network("127.0.0.0/8")]}}])
async def test_trusted_servers_are_never_put_off_and_nobody_by_default(start: Start, options: dict[str, Any]) -> None:
    smtp = await start(**options)
    assert await sent(smtp, "un") == TAKEN


async def test_a_network_and_a_sender_have_their_measure(start: Start) -> None:
    flow = Flow(Rate("network", 4, seconds=3600), Rate("sender", 2, seconds=3600))
    smtp = await start(flow=flow)
    assert [await sent(smtp, str(number)) for number in range(3)] == [TAKEN, TAKEN, "450 4.7.1"]
    assert await sent(smtp, "de personne", sender="") == TAKEN
    assert await sent(smtp, "trop", sender="b@example.org") == "450 4.7.1"
    assert len(await smtp.inbox()) == 3


def test_who_forges_a_sender_uses_up_its_own_measure_alone() -> None:
    flow = Flow(Rate("network", 100), Rate("sender", 1, seconds=3600))
    flow.sent("a@example.org", "192.0.2.1", proven=False)
    flow.sent("a@example.org", "198.51.100.1", proven=True)


def test_large_senders_come_again_from_a_neighbour() -> None:
    assert triple("192.0.2.1", "A@x.org", AGENT) == triple("::ffff:192.0.2.77", "a@x.org", AGENT)
    assert triple("192.0.2.1", "a@x.org", AGENT) != triple("192.0.3.1", "a@x.org", AGENT)
    assert triple("2001:db8::1", "", AGENT) == triple("2001:db8::2:1", "", AGENT)
