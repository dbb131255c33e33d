"""What a receipt says: read whatever it says, and taken for one only where it says what became of which letter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.mail.domain.mime import Scanner, describe
from services.mail.domain.received_receipts import Notification, notification

SAID = b"Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\r\nOriginal-Recipient: rfc822;Joe_Recipient@example.com\r\n"
SAID += b"Final-Recipient: rfc822;Joe_Other@example.net\r\nOriginal-Message-ID: <199509192301.23456@example.org>\r\n"
DISPLAYED = b"Disposition: manual-action/MDN-sent-manually; displayed\r\n"
REPORT = b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n"


def test_the_example_of_rfc_8098_is_read() -> None:
    assert notification(SAID + DISPLAYED) == Notification(
        "199509192301.23456@example.org", ("joe_recipient@example.com", "joe_other@example.net"), "displayed"
    )


def test_one_of_an_address_that_is_not_ascii_is_read() -> None:
    """RFC 6533 §3, as our own receipts write it."""
    said = notification(SAID.replace(b"rfc822;Joe_Other", "utf-8; r\xe9ception".encode()) + DISPLAYED)
    assert said is not None
    assert said.by == ("joe_recipient@example.com", "réception@example.net")


@pytest.mark.parametrize(
    "disposition",
    [
        b"",
        b"Disposition: displayed\r\n",
        b"Disposition: manual-action/MDN-sent-manually; \r\n",
        b"Disposition: manual-action/MDN-sent-manually; denied\r\n",
        b"Disposition: automatic-action/MDN-sent-automatically; displayed/error\r\n",
        b"Disposition: automatic-action/MDN-sent-automatically; \xff\xfe\r\n",
    ],
)
def test_what_does_not_say_what_became_of_the_letter_is_none(disposition: bytes) -> None:
    assert notification(SAID + disposition) is None


LINES = st.lists(st.sampled_from([*SAID.split(b"\r\n"), b"\r", b" x", b";"])).map(b"\r\n".join)


@settings(max_examples=80)
@given(st.one_of(st.binary(max_size=300), LINES))
def test_any_octets_are_a_receipt_or_none(octets: bytes) -> None:
    for said in (notification(octets), notification(octets + b"\r\n" + DISPLAYED)):
        assert said is None or ("\n" not in said.message_id and all("@" in each for each in said.by))


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (REPORT, "2"),
        (REPORT.replace(b"disposition-notification", b'"Disposition-Notification"'), "2"),
        (REPORT.replace(b"disposition-notification", b"delivery-status"), None),
        (REPORT.replace(b"report;", b"mixed;"), None),
        (b"Subject: x\r\n\r\n" + REPORT, None),
    ],
)
def test_only_a_report_that_says_so_has_a_part_for_machines(header: bytes, part: str | None) -> None:
    scanner = Scanner()
    body = b"--b\r\n\r\nLu.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n" + SAID + DISPLAYED
    scanner.feed(header + body + b"\r\n--b--\r\n")
    found = describe(scanner.close()).notification
    assert (found.part if found else None) == part
