"""What we seal when we pass a letter on: whole chains for dkimpy and for us, and no word for what does not hold."""

from datetime import UTC, datetime
from typing import Any

import dkim
import pytest

from services.mail.domain.authentication.bodyhash import RELAXED, BodyHash
from services.mail.domain.authentication.fields import fields_of
from services.mail.domain.authentication.found import Found, chain_digest
from services.mail.domain.authentication.sealing import sealed
from services.mail.domain.authentication.signing import Kind, SigningKey, new_private
from services.mail.domain.authentication.verdicts import Result
from tests.mail.authentication.signing import LETTER, Dns, Signer, checked, published

SAID = b"mx.gouv.tg;\r\n\tspf=pass smtp.mailfrom=agent@example.org;\r\n\tdmarc=pass header.from=example.org"


@pytest.fixture(scope="module")
def ours() -> SigningKey:
    return SigningKey("numerique.gouv.tg", "ws1r", Kind.RSA, new_private(Kind.RSA))


@pytest.fixture(scope="module")
def foreign() -> Signer:
    return Signer("lists.example.com", "arc")


@pytest.fixture(scope="module")
def dns(ours: SigningKey, foreign: Signer) -> Dns:
    dns = published(foreign)
    dns.texts[ours.name] = [ours.record]
    return dns


def seal(key: SigningKey, letter: bytes, found: Found) -> bytes:
    """The letter as it goes on."""
    header, _, body = letter.partition(b"\r\n\r\n")
    hashed = BodyHash(RELAXED, "sha256")
    hashed.feed(body)
    return sealed(key, header + b"\r\n\r\n", hashed.digest(), found, datetime.now(UTC)) + letter


async def found_of(letter: bytes, dns: Dns) -> Found:
    """As reception finds it."""
    verdicts = await checked(letter, dns)
    return Found(SAID, verdicts.arc.result, chain_digest(fields_of(letter.partition(b"\r\n\r\n")[0])))


def by_dkimpy(letter: bytes, dns: Dns) -> tuple[Any, str]:
    def text(name: bytes, timeout: int = 5) -> bytes:
        return b"".join(dns.texts.get(name.decode().rstrip("."), []))

    verdict, _, reason = dkim.arc_verify(letter, dnsfunc=text)
    return verdict, reason


def from_a_list(foreign: Signer) -> bytes:
    results = b"Authentication-Results: mx.example.net; dmarc=pass header.from=example.org\r\n"
    return foreign.sealed(results + LETTER).replace(results, b"")


async def test_a_letter_that_we_pass_on_begins_a_chain(ours: SigningKey, dns: Dns) -> None:
    letter = seal(ours, LETTER, await found_of(LETTER, dns))
    assert by_dkimpy(letter, dns) == (dkim.CV_Pass, "success")
    arc = (await checked(letter, dns)).arc
    assert (arc.result, arc.sealer) == (Result.PASS, "numerique.gouv.tg")
    assert arc.said.strip() == b"i=1; " + SAID
    seal_field = letter.partition(b"\r\nARC-Message-Signature")[0]
    assert seal_field.startswith(b"ARC-Seal: i=1; ")
    assert b"cv=none" in seal_field


async def test_a_chain_of_others_goes_on(ours: SigningKey, foreign: Signer, dns: Dns) -> None:
    came = from_a_list(foreign)
    letter = seal(ours, came, await found_of(came, dns))
    assert by_dkimpy(letter, dns) == (dkim.CV_Pass, "success")
    arc = (await checked(letter, dns)).arc
    assert (arc.result, arc.sealer) == (Result.PASS, "numerique.gouv.tg")
    again = seal(ours, letter, await found_of(letter, dns))
    assert again.startswith(b"ARC-Seal: i=3; ")
    assert by_dkimpy(again, dns)[0] == dkim.CV_Pass


async def test_a_signature_of_the_author_is_covered(ours: SigningKey) -> None:
    author = Signer()
    letter = author.signed()
    dns = published(author)
    dns.texts[ours.name] = [ours.record]
    whole = seal(ours, letter, await found_of(letter, dns))
    assert (await checked(whole, dns)).arc.result is Result.PASS
    meddled = whole.replace(b"s=s2026", b"s=s2027")
    assert meddled != whole
    assert (await checked(meddled, dns)).arc.result is Result.FAIL


async def test_a_chain_that_came_broken_is_sealed_as_broken_and_no_more(
    ours: SigningKey, foreign: Signer, dns: Dns
) -> None:
    came = from_a_list(foreign).replace(b"Bonjour", b"Bonsoir")
    found = await found_of(came, dns)
    assert found.chain is Result.FAIL
    letter = seal(ours, came, found)
    assert b"cv=fail" in letter.partition(b"\r\nARC-Message-Signature")[0]
    # dkimpy says so of a chain that has ended, once its last signature holds.
    assert by_dkimpy(letter, dns)[0] is None
    # Whoever comes next leaves a broken chain as it is (RFC 8617 §5.1).
    assert seal(ours, letter, await found_of(letter, dns)) == letter


@pytest.mark.parametrize("changed", [(b"cv=none", b"cv=pass"), (b"dmarc=pass header", b"dmarc=fail header")])
async def test_a_chain_that_was_changed_here_is_not_sealed_as_whole(
    ours: SigningKey, foreign: Signer, dns: Dns, changed: tuple[bytes, bytes]
) -> None:
    came = from_a_list(foreign)
    found = await found_of(came, dns)
    assert found.chain is Result.PASS
    letter = seal(ours, came.replace(*changed), found)
    assert b"cv=fail" in letter.partition(b"\r\nARC-Message-Signature")[0]
    assert (await checked(letter, dns)).arc.result is Result.FAIL


async def test_what_nobody_could_look_up_is_left_to_whoever_comes_next(
    ours: SigningKey, foreign: Signer, dns: Dns
) -> None:
    came = from_a_list(foreign)
    away = Dns(dns.texts, away={foreign.name})
    assert seal(ours, came, await found_of(came, away)) == came


@pytest.mark.parametrize(("last", "made"), [(49, True), (50, False), (10**9, False), (0, False)])
def test_a_chain_has_fifty_sets_at_most(ours: SigningKey, last: int, made: bool) -> None:
    seal_field = b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=example.net; s=a; b=AAAA\r\n" % last
    letter = seal_field + LETTER
    went = seal(ours, letter, Found(SAID, Result.FAIL))
    assert went.count(b"ARC-Seal: i=50; a=rsa-sha256; d=numerique") == made
    assert went.endswith(letter)
    assert (went == letter) is not made


@pytest.mark.parametrize(
    "junk", [b"ARC-Seal: \xff\r\n", b"ARC-Seal: i=x; cv=pass\r\n", b"ARC-Authentication-Results: 1\r\n"]
)
def test_a_chain_that_cannot_be_read_is_left_alone(ours: SigningKey, junk: bytes) -> None:
    letter = junk + LETTER
    assert seal(ours, letter, Found(SAID, Result.FAIL, b"x")) == letter
