"""Octets in pieces: layouts, transfer encodings, line ends, header fields."""

import base64
import quopri

from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain import header, layout
from services.mail.domain.mime import Part, Scanner
from services.mail.domain.mime.text import decoded_body
from services.mail.domain.outgoing import LineEnds
from services.mail.domain.transfer import LONGEST_LINE, decoder


def nested(levels: int) -> bytes:
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(levels)
    )
    return (
        head
        + b"Content-Type: text/plain\r\n\r\nfond\r\n"
        + b"".join(b"--b%d--\r\n" % n for n in reversed(range(levels)))
    )


def shape(part: Part) -> tuple[object, ...]:
    children = tuple(shape(child) for child in part.children)
    return part.kind, part.header_start, part.body_start, part.body_length, part.lines, children


def scanned(source: bytes) -> Scanner:
    scanner = Scanner()
    scanner.feed(source)
    return scanner


def test_a_layout_says_where_every_part_stands() -> None:
    for source in (b"", b"Subject: x\r\n\r\nhello\r\n", nested(5), nested(80)):
        structure = scanned(source).close()
        packed = layout.pack(structure)
        again = layout.unpack(packed, structure.size)
        assert shape(again.root) == shape(structure.root)
        assert again.size == len(source)


def test_a_prefix_belongs_to_the_header_and_moves_the_rest() -> None:
    structure = scanned(nested(2)).close()
    moved = layout.unpack(layout.pack(structure), structure.size, 100)
    assert (moved.root.header_start, moved.root.body_start) == (0, structure.root.body_start + 100)
    inner, before = moved.find((1, 1)), structure.find((1, 1))
    assert inner is not None
    assert before is not None
    assert (inner.header_start, inner.body_start) == (before.header_start + 100, before.body_start + 100)
    assert moved.size == structure.size + 100


def split(octets: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({min(cut, len(octets)) for cut in cuts})
    return [octets[start:end] for start, end in zip([0, *places], [*places, len(octets)], strict=True)]


CUTS = st.lists(st.integers(0, 400), max_size=6)


@given(st.binary(max_size=300), CUTS)
def test_base64_decodes_in_any_pieces(plain: bytes, cuts: list[int]) -> None:
    undo = decoder("base64")
    assert b"".join(undo.feed(piece) for piece in split(base64.encodebytes(plain), cuts)) + undo.close() == plain


@given(st.binary(max_size=300), CUTS)
def test_quoted_printable_decodes_in_any_pieces(plain: bytes, cuts: list[int]) -> None:
    undo = decoder("quoted-printable")
    encoded = quopri.encodestring(plain)
    assert b"".join(undo.feed(piece) for piece in split(encoded, cuts)) + undo.close() == plain


@given(st.binary(max_size=200), CUTS, st.sampled_from(["base64", "quoted-printable", "7bit", "x-odd"]))
def test_damaged_encodings_end_as_they_do_at_once(octets: bytes, cuts: list[int], encoding: str) -> None:
    undo = decoder(encoding)
    pieces = b"".join(undo.feed(piece) for piece in split(octets, cuts)) + undo.close()
    assert pieces == decoded_body(octets, encoding)


def test_an_endless_line_of_quoted_printable_is_not_held() -> None:
    undo = decoder("quoted-printable")
    sent = sum(len(undo.feed(b"=C3=A0" * 2000)) for _ in range(40))
    assert sent > 40 * 4000 - LONGEST_LINE
    assert sent + len(undo.close()) == 40 * 4000


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n"]), max_size=30), CUTS)
def test_line_ends_become_crlf_in_any_pieces(pieces: list[bytes], cuts: list[int]) -> None:
    octets = b"".join(pieces)
    ends = LineEnds()
    got = b"".join(ends.feed(piece) for piece in split(octets, cuts)) + ends.close()
    assert got == octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def test_fields_of_a_header_by_name() -> None:
    octets = b"X-A: one\r\nSubject: s\r\nx-a: two\r\n folded\r\n\tmore\r\nX-A : =?utf-8?q?=C3=A9?=\r\n\r\n"
    assert list(header.values(octets, "X-a")) == ["one", "two folded\tmore".replace("\t", " "), "é"]
    assert list(header.values(octets, "nothing")) == []
