"""Reports of letters that did not arrive, as servers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.received_bounces import Bounce, Failure, bounce, original_name

EXIM = (
    b"Reporting-MTA: dns; mx.example.org\r\n\r\n"
    b"Action: failed\r\nFinal-Recipient: rfc822;Invitee@Example.org\r\nStatus: 5.0.0\r\n"
    b"Remote-MTA: dns; mx2.example.org\r\nDiagnostic-Code: smtp; 550 no such user\r\n"
)
EXCHANGE = (
    b"Reporting-MTA: dns;mbx.example.org\r\nOriginal-Envelope-Id: invitation.01request\r\n\r\n"
    b"Original-Recipient: rfc822;alias@example.org\r\nFinal-Recipient: rfc822;boite@example.org\r\n"
    b"Action: failed\r\nStatus: 5.1.10 (no such user)\r\n\r\n"
    b"Final-Recipient: rfc822;autre@example.org\r\nAction: delayed\r\nStatus: 4.4.7\r\n"
)


def test_what_servers_say_is_read() -> None:
    assert bounce(EXIM) == Bounce("", (Failure(("invitee@example.org",), "5.0.0"),))
    failure = Failure(("alias@example.org", "boite@example.org"), "5.1.10")
    assert bounce(EXCHANGE) == Bounce("invitation.01request", (failure,))


@pytest.mark.parametrize(
    "said",
    [
        b"", b"\r\n\r\n", b"Reporting-MTA: dns; x\r\n\r\n", EXIM.replace(b"failed", b"delayed"),
        EXIM.replace(b"failed", b"delivered"), EXIM.replace(b"rfc822;Invitee@Example.org", b"rfc822;"),
        EXIM.replace(b"rfc822;Invitee@Example.org", b"x400;/c=tg/"), b"Action: failed\r\n",
    ],
)  # fmt: skip
def test_what_fails_nobody_is_no_bounce(said: bytes) -> None:
    assert bounce(said) is None


def test_the_letter_is_known_by_what_stands_behind() -> None:
    behind = (
        b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-ID:\r\n <invitation.01r@gouv.tg>\r\n"
    )
    assert original_name(behind) == "invitation.01r"
    assert original_name(b"Subject: <invitation.01r@gouv.tg>\r\n") == ""


@given(st.binary(max_size=400))
def test_nothing_breaks_it(octets: bytes) -> None:
    bounce(octets)
    original_name(octets)
