"""What we sign, beside dkimpy that verifies it, and beside our own reading."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dkim
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.mail.domain.authentication.bodyhash import RELAXED, BodyHash
from services.mail.domain.authentication.signing import Kind, SigningKey, new_private, signature
from services.mail.domain.authentication.verdicts import Result
from tests.mail.authentication.signing import LETTER, Dns, checked

RSA = SigningKey("example.org", "ws1r", Kind.RSA, new_private(Kind.RSA))
ED25519 = SigningKey("example.org", "ws1e", Kind.ED25519, new_private(Kind.ED25519))
KEYS = {each.name: [each.record] for each in (RSA, ED25519)}


def signed(letter: bytes, keys: Sequence[SigningKey] = (RSA, ED25519)) -> bytes:
    header, _, body = letter.partition(b"\r\n\r\n")
    hashed = BodyHash(RELAXED, "sha256")
    hashed.feed(body)
    digest = hashed.digest()
    return b"".join(signature(key, header + b"\r\n", digest, datetime.now(UTC)) for key in keys) + letter


async def test_both_signatures_hold() -> None:
    found = (await checked(signed(LETTER), Dns(dict(KEYS)))).dkim
    assert [(each.result, each.algorithm) for each in found] == [
        (Result.PASS, "rsa-sha256"),
        (Result.PASS, "ed25519-sha256"),
    ]


def test_dkimpy_finds_it_whole() -> None:
    letter = signed(LETTER, [RSA])
    assert dkim.verify(letter, dnsfunc=lambda name, timeout: KEYS[name.decode().rstrip(".")][0])
    assert not dkim.verify(letter.replace(b"Bonjour", b"Bonsoir"), dnsfunc=lambda name, timeout: RSA.record)


@pytest.mark.parametrize(
    "added", [b"From: <ministre@gouv.tg>", b"Subject: Autre", b"To: <x@example.com>", b"Reply-To: <x@example.com>",
              b"Cc: <x@example.com>", b"Content-Type: text/html", b"Date: now"],
)  # fmt: skip
async def test_a_field_that_somebody_adds_breaks_it(added: bytes) -> None:
    for letter in (
        added + b"\r\n" + signed(LETTER),
        signed(LETTER).replace(b"\r\n\r\n", b"\r\n" + added + b"\r\n\r\n", 1),
    ):
        assert {each.result for each in (await checked(letter, Dns(dict(KEYS)))).dkim} == {Result.FAIL}


async def test_what_servers_on_the_way_add_and_fold_anew_does_no_harm() -> None:
    letter = b"Received: by mx\r\nX-Spam: no\r\n" + signed(LETTER).replace(b"Subject: Note", b"subject:   Note  ")
    assert {each.result for each in (await checked(letter, Dns(dict(KEYS)))).dkim} == {Result.PASS}


def test_no_line_of_it_is_long_and_each_goes_on_with_space() -> None:
    letter = b"".join(b"References: <%d@example.org>\r\n" % number for number in range(30)) + LETTER
    for field in (signed(letter, [RSA]), signed(letter, [ED25519])):
        lines = field.partition(b"\r\nReferences")[0].split(b"\r\n")
        assert max(map(len, lines)) <= 90
        assert all(line[:1] in (b"\t", b" ") for line in lines[1:])


_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=_WORDS, lines=st.lists(_WORDS, max_size=6))
async def test_any_letter_is_signed_so_that_it_holds(subject: str, lines: list[str]) -> None:
    body = "\r\n".join(lines).encode()
    letter = b"From: <a@example.org>\r\nSubject: " + subject.encode() + b"\r\n\r\n" + body
    (found,) = (await checked(signed(letter, [ED25519]), Dns(dict(KEYS)))).dkim
    assert (found.result, found.reason) == (Result.PASS, "")
