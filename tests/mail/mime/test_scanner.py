"""The structure of sane messages is what the standard library finds; that of odd ones is bounded and whole."""

import email
import time
from email.message import Message
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.mail.domain.mime import Kind, Limits, Part, Scanner, Structure, describe

TOKEN = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
LINE = st.text("abc -:.=éà()<>\"'", max_size=30)


def scan(source: bytes, *cuts: int, limits: Limits | None = None) -> Structure:
    scanner = Scanner(limits) if limits else Scanner()
    edges = [0, *sorted(cuts), len(source)]
    for start, end in pairwise(edges):
        scanner.feed(source[start:end])
    return scanner.close()


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


@st.composite
def messages(draw: st.DrawFn, depth: int = 3) -> str:
    """A well-formed message without its top fields."""
    kinds = ["leaf", "multipart", "message"] if depth else ["leaf"]
    kind = draw(st.sampled_from(kinds))
    if kind == "leaf":
        lines = draw(st.lists(LINE, max_size=4))
        main = draw(st.sampled_from(["text/plain; charset=utf-8", "application/x-one", 'image/png; name="a b"']))
        return f"Content-Type: {main}\nX-Token: {draw(TOKEN)}\n\n" + "\n".join(lines)
    if kind == "message":
        return "Content-Type: message/rfc822\n\nSubject: in\n" + draw(messages(depth=depth - 1))
    # Unlike any other boundary, and no line of a leaf begins so.
    boundary = f"={draw(TOKEN)}={depth}={draw(st.integers(0, 10**9))}"
    parts = draw(st.lists(messages(depth=depth - 1), min_size=1, max_size=3))
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/mixed; boundary="{boundary}"\n\npreamble\n{body}--{boundary}--\nepilogue\n'


def same(part: Part, told: Message, source: bytes) -> None:
    assert f"{part.maintype}/{part.subtype}" == told.get_content_type()
    inside = told.get_payload()
    if isinstance(inside, list):
        assert len(part.children) == len(inside)
        for mine, theirs in zip(part.children, inside, strict=True):
            assert isinstance(theirs, Message)
            same(mine, theirs, source)
    else:
        assert not part.children
        assert isinstance(inside, str)
        body = source[part.body_start : part.body_end]
        assert body == told.get_payload(decode=True)
        assert part.lines == body.count(b"\n")


@given(messages())
@settings(max_examples=150, deadline=None)
def test_structure_of_sane_messages_is_the_standard_librarys(text: str) -> None:
    source = crlf("Subject: s\n" + text)
    structure = scan(source)
    assert structure.size == len(source)
    same(structure.root, email.message_from_bytes(source), source)


@given(messages(), st.lists(st.integers(0, 600), max_size=12))
@settings(max_examples=150, deadline=None)
def test_any_split_of_the_source_gives_the_same_structure(text: str, cuts: list[int]) -> None:
    source = crlf("Subject: s\n" + text)
    assert scan(source, *[min(cut, len(source)) for cut in cuts]) == scan(source)


PIECES = [
    *(b"--", b"--a", b"--a--", b"--b", b"\r\n", b"\n", b"\r", b"\0", b"x", b":", b" ", b"\xff", b"From x\n"),
    *(b"Content-Type: multipart/mixed; boundary=a\r\n", b"content-type:message/rfc822\n", b"\r\n\r\n"),
    *(b"Content-Type: multipart/digest; boundary=b\n", b"Subject: =?x?q?=?=\n", b'To: ((("<@,:;\n'),
]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)
SMALL = Limits(top_header=80, part_header=40, kept_headers=300, parts=6, depth=3, preview=10)


@given(HOSTILE, st.booleans())
@settings(max_examples=400, deadline=None)
def test_any_octets_in_any_split_give_the_same_structure(source: bytes, small: bool) -> None:
    limits = SMALL if small else Limits()
    whole = scan(source, limits=limits)
    assert scan(source, *range(len(source)), limits=limits) == whole
    assert describe(whole) == describe(scan(source, len(source) // 2, limits=limits))


@given(HOSTILE)
@settings(max_examples=200, deadline=None)
def test_parts_stay_within_their_parents(source: bytes) -> None:
    structure = scan(source)

    def check(part: Part, start: int, end: int) -> None:
        assert start <= part.header_start <= part.body_start <= part.body_end <= end
        for child in part.children:
            check(child, part.body_start, part.body_end)

    check(structure.root, 0, len(source))


def nested(depth: int) -> bytes:
    opening = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return crlf("Subject: deep\n" + opening + "Content-Type: text/plain\n\nfond\n")


def depth_of(part: Part) -> int:
    return 1 + max(map(depth_of, part.children), default=0)


def count_of(part: Part) -> int:
    return 1 + sum(map(count_of, part.children))


def test_a_thousand_levels_end_in_an_opaque_part() -> None:
    source = nested(1_000)
    structure = scan(source)
    assert depth_of(structure.root) <= 66
    assert describe(structure).subject == "deep"
    embedded = crlf("Content-Type: message/rfc822\n\n" * 1_000 + "Subject: x\n\nfond\n")
    assert depth_of(scan(embedded).root) <= 66
    assert describe(scan(embedded)).bodystructure.count(b"message") <= 66


def test_a_hundred_thousand_parts_are_bounded_and_nothing_is_lost() -> None:
    source = crlf("Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 100_000 + "--b--\n")
    started = time.perf_counter()
    structure = scan(source, *range(0, len(source), 65_536))
    assert time.perf_counter() - started < 5
    assert count_of(structure.root) == Limits().parts
    last = structure.root.children[-1]
    assert (last.maintype, last.subtype, last.body_end) == ("application", "octet-stream", len(source))
    assert len(describe(structure).attachments) > 900


def test_twenty_thousand_rfc2231_parameters_are_read_in_linear_time() -> None:
    many = "".join(f";\r\n name*{n}*=utf-8''%41" for n in range(20_000)).encode()
    source = b"Content-Type: application/pdf" + many + b"\r\n\r\nx"
    started = time.perf_counter()
    described = describe(scan(source, limits=Limits(top_header=2**20, kept_headers=2**21)))
    assert time.perf_counter() - started < 2
    assert described.attachments[0].filename.startswith("A")
    assert len(described.bodystructure) < 20_000
    assert describe(scan(source)).bodystructure.startswith(b'("application" "pdf"')


@pytest.mark.parametrize("ending", ["", "\n", "\n--other--\n", "\n--b\n", "\n--b-- x\n"])
def test_lying_structure_is_shown_as_it_is(ending: str) -> None:
    source = crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nun" + ending)
    structure = scan(source)
    assert structure.root.kind is Kind.MULTIPART
    assert describe(structure).preview.startswith("un")


def test_a_boundary_that_never_comes_leaves_plain_text() -> None:
    described = describe(scan(crlf("Content-Type: multipart/mixed; boundary=zz\n\nBonjour\n--b\n")))
    assert described.bodystructure.startswith(b'("text" "plain" NIL')
    assert described.preview == "Bonjour --b"


def test_a_multipart_without_boundary_is_plain_text() -> None:
    described = describe(scan(crlf("Content-Type: multipart/mixed\n\nBonjour\n")))
    assert described.bodystructure.startswith(b'("text" "plain" NIL')


def test_an_inner_multipart_that_repeats_the_outer_boundary_ends_at_it() -> None:
    text = "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
    source = crlf(text * 3 + "\nfin\n--b--\n")
    structure = scan(source)
    assert structure.root.kind is Kind.MULTIPART
    assert depth_of(structure.root) == 2
    assert describe(structure).preview == "fin"


@pytest.mark.parametrize("source", [b"", b"\r\n", b"\n", b"Subject: seul", b"Subject: seul\r\n", b"sans en-tete\r\n"])
def test_empty_and_header_only_messages(source: bytes) -> None:
    structure = scan(source)
    assert structure.size == len(source)
    described = describe(structure)
    assert described.subject == ("seul" if b"seul" in source else "")
    assert described.preview == ("sans en-tete" if source.startswith(b"sans") else "")


def test_a_header_longer_than_what_is_read_keeps_the_body() -> None:
    source = b"Subject: s\r\n" + b"X-Long: " + b"y" * 400_000 + b"\r\n\r\nBonjour"
    structure = scan(source, *range(0, len(source), 1_000))
    described = describe(structure)
    assert (described.subject, described.preview) == ("s", "Bonjour")
    assert source[structure.root.body_start :] == b"Bonjour"


def test_memory_is_bounded_by_headers() -> None:
    scanner = Scanner()
    scanner.feed(crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\n"))
    for _ in range(200):
        scanner.feed(b"A" * 65_536)
        assert len(scanner._buffer) <= 66_000
    scanner.feed(b"\r\n--b--\r\n")
    assert scanner.close().root.children[0].body_length == 200 * 65_536


def test_parts_are_found_by_their_imap_numbers() -> None:
    source = crlf(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nun\n--a\nContent-Type: message/rfc822\n\n"
        "Subject: dedans\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ndeux\n--b--\n--a\n"
        "Content-Type: message/rfc822\n\nSubject: seul\n\ntrois\n--a--\n"
    )
    structure = scan(source)

    def body(*path: int) -> bytes | None:
        part = structure.find(path)
        return None if part is None else source[part.body_start : part.body_end]

    assert body(1) == b"un"
    assert body(2, 1) == b"deux"
    assert body(3, 1) == b"trois"
    assert [body(*path) for path in [(4,), (1, 1), (2, 1, 1), (2, 2), (0,)]] == [None] * 5
    single = scan(b"Subject: s\r\n\r\ncorps")
    assert single.find((1,)) is single.root
    assert single.find((2,)) is None
