"""Names of mailboxes as clients write them, and the patterns of LIST."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.mail.imap.codec import BadSyntax, parse
from services.mail.imap.codec.utf7 import decode_name, encode_name
from services.mail.imap.patterns import Pattern


@given(st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=300, deadline=None)
def test_mailbox_names_come_back(name: str) -> None:
    assert decode_name(encode_name(name)) == name


@pytest.mark.parametrize(
    "octets",
    [b"&", b"&AOk", b"&AOk-&AOk-", b"&AGE-", b"&*-", b"&A-", b"\xc3\xa9", b"a\x7f", b"a\x01", b"&2AA-", b"&AOn-",
     b"&Jjo!", b"&U,BTFw-&ZeVnLIqe-"],
)  # fmt: skip
def test_invalid_modified_utf7_is_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_name(octets)
    with pytest.raises(BadSyntax):
        parse(b"a SELECT {%d}\r\n%b" % (len(octets), octets))


def test_names_of_the_rfc() -> None:
    assert decode_name(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-") == "~peter/mail/台北/日本語"
    assert decode_name(b"a&-b") == "a&b"


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*", "a/b", True),
        ("%", "a/b", False),
        ("%", "a", True),
        ("a/%", "a/b", True),
        ("a/%", "a/b/c", False),
        ("a/*", "a/b/c", True),
        ("*b", "a/b", True),
        ("%/b", "a/b", True),
        ("%%*%", "x/y", True),
        ("inbox", "INBOX", True),
        ("inbox/%", "INBOX/x", True),
        ("inboxes", "INBOXES", False),
        ("", "a", False),
        ("a", "ab", False),
        ("a?", "ab", False),
    ],
)
def test_patterns(pattern: str, name: str, matches: bool) -> None:
    assert Pattern(pattern).matches(name) is matches


def test_patterns_of_many_stars_take_linear_time() -> None:
    started = time.perf_counter()
    assert not Pattern("*a" * 250 + "b").matches("a" * 250)
    assert time.perf_counter() - started < 0.1
