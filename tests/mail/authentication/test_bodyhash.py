"""Bodies as DKIM hashes them, in pieces, beside dkimpy that has them whole."""

import hashlib

import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.authentication.bodyhash import RELAXED, SIMPLE, BodyHash

_PIECES = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"b ", b"\r"]), max_size=20)


@given(_PIECES, st.integers(1, 5), st.sampled_from([(SIMPLE, Simple), (RELAXED, Relaxed)]))
def test_a_body_in_pieces_is_hashed_as_a_whole_one(pieces: list[bytes], size: int, form: tuple[str, type]) -> None:
    body = b"".join(pieces) + b"\r\n"
    hashed = BodyHash(form[0], "sha256")
    for at in range(0, len(body), size):
        hashed.feed(body[at : at + size])
    canonical = form[1].canonicalize_body(body)
    assert hashed.digest() == hashlib.sha256(canonical).digest()
    assert hashed.octets == len(canonical)


@pytest.mark.parametrize(
    ("form", "body", "canonical"),
    [
        # RFC 6376 §3.4.3 and §3.4.4: of an empty body, and of one without its last line end.
        (SIMPLE, b"", b"\r\n"),
        (RELAXED, b"", b""),
        (SIMPLE, b"\r\n\r\n", b"\r\n"),
        (RELAXED, b" \r\n\t\r\n", b""),
        (SIMPLE, b"C \r\nD \t E", b"C \r\nD \t E\r\n"),
        (RELAXED, b" C \r\nD \t E \t", b" C\r\nD E\r\n"),
        (RELAXED, b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
    ],
)
def test_canonical_forms(form: str, body: bytes, canonical: bytes) -> None:
    hashed = BodyHash(form, "sha256")
    hashed.feed(body)
    assert hashed.digest() == hashlib.sha256(canonical).digest()


def test_a_length_counts_canonical_octets() -> None:
    hashed = BodyHash(RELAXED, "sha256", 4)
    hashed.feed(b"a  b c")
    hashed.feed(b"d\r\n")
    assert hashed.digest() == hashlib.sha256(b"a b ").digest()
    assert hashed.octets == len(b"a b cd\r\n")
