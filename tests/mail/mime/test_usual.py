"""The usual header fields as they are kept are, octet for octet, what the message has (RFC 3501 §6.4.5)."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.mime import Scanner
from services.mail.domain.mime.usual import ELSEWHERE, MOST, USUAL, Picker, following, kept, usual_fields
from services.mail.imap.codec.commands import Section
from services.mail.imap.sections import picked

THUNDERBIRD = (
    b"From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type"
    b" Reply-To".split()
)
NAMES = st.sampled_from([*USUAL[:24], b"FROM", b"sUbJeCt", b"Received", b"X-Autre", b"from ", b" to", b"\tcc", b""])
VALUES = st.one_of(
    st.sampled_from([b" Note", b"", b" =?utf-8?q?R=C3=A9?=", b" une\r\n suite", b" une\n\tsuite\r\n  et fin", b"::"]),
    st.binary(max_size=30).map(lambda octets: octets.replace(b"\0", b"")),
)
LINES = st.one_of(
    st.tuples(
        NAMES, st.sampled_from([b":", b" :", b"\t:", b""]), VALUES, st.sampled_from([b"\r\n", b"\n", b"\r", b""])
    ),
    st.tuples(st.binary(max_size=12).map(lambda octets: octets.replace(b"\0", b""))),
).map(b"".join)
HEADERS = st.lists(LINES, max_size=12).map(b"".join)
ENDS = st.sampled_from([b"\r\n", b"\n", b"", b"\r\n\r\nTexte.\r\n", b"\n\nTexte\n", b"Texte sans ligne vide"])
PREFIXES = st.sampled_from(
    [
        b"",
        b"Return-Path: <a@example.org>\r\nDelivered-To: b@gouv.tg\r\nReceived: from x\r\n\tby y\r\n",
        b"Bcc: c@gouv.tg",
    ]
)
ASKED = st.lists(st.sampled_from(USUAL), min_size=1, max_size=20)


def structured(source: bytes, piece: int) -> tuple[int, bytes]:
    """Where the body begins, and what is kept."""
    scanner = Scanner()
    for start in range(0, len(source), piece):
        scanner.feed(source[start : start + piece])
    structure = scanner.close()
    return structure.root.body_start, structure.usual


def asked(names: list[bytes]) -> Section:
    return Section(b"", what="HEADER.FIELDS", fields=tuple(name.title() for name in names), peek=True)


@given(HEADERS, ENDS, PREFIXES, ASKED, st.sampled_from([1, 7, 1000]))
def test_what_is_kept_is_what_the_message_has(
    header: bytes, end: bytes, prefix: bytes, names: list[bytes], piece: int
) -> None:
    source = header + end
    body, usual = structured(source, piece)
    whole = prefix + source[:body]
    exact = picked(whole, asked(names))
    assert Picker(names)(usual_fields(whole)) == exact
    known = following(prefix, usual)
    if known != ELSEWHERE:
        assert Picker(names)(known) == exact
        assert b"\0\0" not in b"." + known + b"."  # so that many can be kept in one piece
        assert known[:1] != b"\0"


def test_an_ordinary_header_is_kept() -> None:
    header = (
        b"From: Agent <a@gouv.tg>\r\nReceived: x\r\nSUBJECT: une\r\n suite\r\nsubject: encore\r\nX-Autre: 1\r\n\r\n"
    )
    prefix = b"Return-Path: <a@gouv.tg>\r\n"
    known = following(prefix, structured(header + b"Texte.\r\n", 10)[1])
    picker = Picker([name.lower() for name in THUNDERBIRD])
    assert picker(known) == (b"From: Agent <a@gouv.tg>\r\nSUBJECT: une\r\n suite\r\nsubject: encore\r\n\r\n")
    assert Picker([b"return-path"])(known) == prefix + b"\r\n"
    assert Picker([b"x-label"])(known) == b"\r\n"
    assert Picker(USUAL)(kept(b"\r\n")) == b"\r\n"


def test_many_headers_with_many_fields_take_no_room_together() -> None:
    picker, header = Picker([b"to"]), b"to:\r\n" * 1_000
    tracemalloc.start()
    try:
        for number in range(10):
            fields = usual_fields(header + b"cc:\r\n" * number)
            assert picker(fields) == header + b"\r\n"
        del fields
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 100_000


def test_what_is_long_or_goes_on_from_before_is_left_to_the_message() -> None:
    assert kept(b"Subject: " + b"n" * MOST + b"\r\n\r\n") == ELSEWHERE
    assert kept(b"X-Autre: " + b"n" * MOST + b"\r\n\r\n") != ELSEWHERE
    assert kept(b" suite de ce qui precede\r\nSubject: Note\r\n\r\n") == ELSEWHERE
    assert following(b"Bcc: sans fin de ligne", kept(b"Subject: Note\r\n\r\n")) == ELSEWHERE
    # Beyond what is read of a header nobody knows what else there is.
    assert structured(b"Subject: Note\r\n" + b"X-Autre: 1\r\n" * 30_000 + b"\r\n", 65536)[1] == ELSEWHERE
