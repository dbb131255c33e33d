"""Binary parts made base64 in a stream."""

from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.mail.domain.mime.unbinary import SignedBinary, Unbinary

OCTETS = bytes(range(256)) * 40 + b"\r\n--other\r\n\n--b\n\r\r\n"


def passed(source: bytes, size: int = 1000) -> bytes:
    parts = Unbinary()
    return b"".join(parts.feed(source[at : at + size]) for at in range(0, len(source), size)) + parts.close()


def mixed(*parts: bytes, kind: bytes = b"mixed", boundary: bytes = b"b") -> bytes:
    inner = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    return b"Content-Type: multipart/%s; boundary=%s\r\n\r\npreamble\r\n%s--%s--\r\nepilogue\r\n" % (
        kind, boundary, inner, boundary
    )  # fmt: skip


def binary(content: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    return b"Content-Type: %s\r\nContent-Transfer-Encoding: Binary (any octets)\r\nX-After: 1\r\n\r\n%s" % (
        kind,
        content,
    )


def leaves(source: bytes) -> list[Any]:
    message = message_from_bytes(source, policy=policy.default)
    return [part for part in message.walk() if not part.is_multipart()]


TEXT = b"Content-Type: text/plain\r\n\r\nUn texte.\r\n"


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("content", [b"", b"\r\n", b"x", OCTETS, b"\x00" * 200_000, b"fin\r\n"])
def test_any_octets_come_back(content: bytes, size: int) -> None:
    source = b"Subject: Note\r\n" + mixed(TEXT, binary(content), TEXT)
    made = passed(source, size if len(content) < 100_000 else 5000)
    first, second, third = leaves(made)
    assert (second["Content-Transfer-Encoding"], second["X-After"]) == ("base64", "1")
    assert second.get_payload(decode=True) == content
    assert first.get_payload(decode=True) == third.get_payload(decode=True)
    assert b"\x00" not in made
    assert max(map(len, made.split(b"\r\n"))) < 100


def test_what_is_not_binary_stays_octet_by_octet() -> None:
    source = b"Subject: Note\r\n" + mixed(TEXT, mixed(TEXT, b"\r\nsans champ", boundary=b"inner"), TEXT)
    assert passed(source, 3) == source
    for odd in (
        b"",
        b"\r\n",
        b"Subject: x",
        b"Subject: x\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: 1\r\n--b--",
    ):
        assert passed(odd, 2) == odd


def test_a_whole_message_and_messages_within_it() -> None:
    (leaf,) = leaves(passed(b"Subject: Note\r\n" + binary(OCTETS)))
    assert leaf.get_payload(decode=True) == OCTETS
    inner = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\nSubject: Dedans\r\n" + binary(
        OCTETS
    )
    made = passed(b"Content-Transfer-Encoding: binary\r\n" + mixed(inner, TEXT))
    assert made.startswith(b"Content-Transfer-Encoding: 8bit\r\n")
    assert b"message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n" in made
    assert leaves(made)[0].get_payload(decode=True) == OCTETS


def test_what_is_signed_is_not_changed() -> None:
    with pytest.raises(SignedBinary):
        passed(mixed(mixed(binary(b"x"), boundary=b"inner"), TEXT, kind=b"signed"))
    assert passed(mixed(TEXT, kind=b"signed")) == mixed(TEXT, kind=b"signed")
    after = mixed(mixed(TEXT, kind=b"signed", boundary=b"inner"), binary(b"x"))
    assert leaves(passed(after))[-1].get_payload(decode=True) == b"x"


def test_hostile_structures_are_bounded() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(500))
    with pytest.raises(InvalidInput):
        passed(deep)
    with pytest.raises(InvalidInput):
        passed(b"X: " + b"x" * 1_000_000)


_BITS = [b"--b", b"--b--", b"\r\n", b"\n", b"\r", b"x" * 80, b"\x00", b"Content-Transfer-Encoding: binary\r\n"]
_BITS.append(b"Content-Type: multipart/mixed; boundary=b\r\n")


@given(st.lists(st.sampled_from(_BITS), max_size=30), st.integers(1, 50))
def test_pieces_make_no_difference(pieces: list[bytes], size: int) -> None:
    source = b"".join(pieces)
    assert passed(source, size) == passed(source, 10_000)
