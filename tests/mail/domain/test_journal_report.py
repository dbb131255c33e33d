"""The report of a letter: what it says, whatever the letter says."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.mail.domain.journal import Direction, Journaled, Waiting
from services.mail.domain.journal_report import expanded, journal_report, sealed
from services.mail.domain.mime import Scanner, describe

AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def entry(*recipients: str, **also: Any) -> Journaled:
    return Journaled("archives@gouv.tg", "b", Direction.RECEIVED, "liste+bounces@gouv.tg", recipients, AT, **also)


def written(source: bytes, *entries: Journaled) -> bytes:
    scanner = Scanner()
    scanner.feed(source)
    header = source.partition(b"\r\n\r\n")[0]
    waiting = Waiting("01JREPORT", "k1:c2VhbA==", entries)
    before, after = journal_report(waiting, describe(scanner.close()), "gouv.tg", ascii_header=header.isascii())
    return before + source + after


def test_members_of_a_list_are_named_with_it() -> None:
    above = b"List-Id: <liste.gouv.tg>\r\nList-Post: <mailto:liste@gouv.tg>\r\nPrecedence: list\r\n"
    found = [entry(f"agent{number}@gouv.tg", prefix=above, expanded=expanded(above)) for number in range(2)]
    octets = written(b"From: a@gouv.tg\r\nTo: liste@gouv.tg\r\nSubject: x\r\n\r\nNote\r\n", *found)
    assert b"Recipient: agent0@gouv.tg, Expanded: liste@gouv.tg\r\n" in octets
    assert b"Recipient: agent1@gouv.tg, Expanded: liste@gouv.tg\r\n" in octets
    assert expanded(b"Delivered-To: x\r\n") == expanded(b"List-Post: NO\r\n") == ""
    assert sealed(octets) == ("01JREPORT", "k1:c2VhbA==")


@settings(max_examples=25)
@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_a_letter_says_it_is_whole_and_says_nothing_for_us(subject: str, address: str) -> None:
    words = "".join(each for each in subject if each not in "\r\n")
    source = f"Subject: {words}\r\nTo: agent@gouv.tg\r\n\r\n--=_journal.01JREPORX--\r\n".encode("utf-8", "replace")
    octets = written(source, entry("agent@gouv.tg"), entry(address))
    assert source in octets
    parts = list(message_from_bytes(octets, policy=policy.compat32).walk())
    assert parts[1].get_content_type() == "text/plain"
    lines = parts[1].get_payload(decode=True).decode().splitlines()  # type: ignore[union-attr]
    assert [each.partition(":")[0] for each in lines[:6]] == [
        "Sender", "Subject", "Message-Id", "Direction", "Date", "To",
    ]  # fmt: skip
    assert len(octets.split(b"\r\n\r\n")[0].split(b"X-Journal-Report:")) == 2
