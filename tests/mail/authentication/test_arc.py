"""Chains of ARC that dkimpy sealed, whole and broken."""

import pytest

from services.mail.domain.authentication.verdicts import Result
from tests.mail.authentication.signing import LETTER, Dns, Signer, checked, published

HOST = b"mx.example.net"


@pytest.fixture(scope="module")
def forwarders() -> list[Signer]:
    return [Signer("example.net", "arc"), Signer("lists.example.com", "arc")]


def said(dmarc: str = "pass", arc: str = "none") -> bytes:
    return b"Authentication-Results: %s; dmarc=%s header.from=example.org; arc=%s\r\n" % (
        HOST,
        dmarc.encode(),
        arc.encode(),
    )


def forwarded(forwarders: list[Signer]) -> bytes:
    letter = forwarders[0].sealed(said() + LETTER)
    # Each takes out what another said of it in the open.
    return forwarders[1].sealed(said(arc="pass") + letter.replace(said(), b""))


async def test_a_letter_without_a_chain_has_none() -> None:
    assert (await checked(LETTER, Dns())).arc.result is Result.NONE


async def test_a_chain_of_two_passes_and_names_the_last(forwarders: list[Signer]) -> None:
    found = (await checked(forwarded(forwarders), published(*forwarders))).arc
    assert (found.result, found.sealer, found.reason) == (Result.PASS, "lists.example.com", "")
    assert b"dmarc=pass" in found.said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: Note", b"Subject: Autre"),
        (b"Bonjour", b"Bonsoir"),
        (b"dmarc=pass", b"dmarc=fail"),
        (b"cv=pass", b"cv=none"),
        (b"cv=none", b"cv=pass"),
        (b"cv=pass", b"cv=fail"),
        (b"ARC-Seal: i=1;", b"X-Seal: i=1;"),
        (b"ARC-Message-Signature: i=1;", b"X-Signature: i=1;"),
        (b"ARC-Seal: i=2;", b"ARC-Seal: i=3;"),
        (b"ARC-Authentication-Results: i=2;", b"ARC-Authentication-Results: i=1;"),
        (b"ARC-Authentication-Results: i=2;", b"ARC-Authentication-Results: 2;"),
    ],
)
async def test_a_chain_that_was_meddled_with_fails(forwarders: list[Signer], before: bytes, after: bytes) -> None:
    letter = forwarded(forwarders)
    assert before in letter
    assert (await checked(letter.replace(before, after), published(*forwarders))).arc.result is Result.FAIL


async def test_a_set_that_stands_twice_fails(forwarders: list[Signer]) -> None:
    letter = forwarders[0].sealed(said() + LETTER)
    (seal,) = [line for line in letter.split(b"\r\nARC-")[:1] if line.startswith(b"ARC-Seal")]
    found = (await checked(seal + b"\r\n" + letter, published(*forwarders))).arc
    assert (found.result, found.reason) == (Result.FAIL, "a set that is out of place")


async def test_a_key_that_cannot_be_asked_for_decides_nothing(forwarders: list[Signer]) -> None:
    letter = forwarded(forwarders)
    dns = published(*forwarders)
    dns.away.add(forwarders[0].name)
    assert (await checked(letter, dns)).arc.result is Result.TEMPERROR
    assert (await checked(letter, published(forwarders[1]))).arc.result is Result.FAIL


async def test_an_endless_chain_is_not_followed() -> None:
    letter = b"".join(b"ARC-Authentication-Results: i=%d; x\r\n" % number for number in range(1, 200)) + LETTER
    dns = Dns()
    assert (await checked(letter, dns)).arc.result is Result.FAIL
    assert not any("_domainkey" in name for name, _ in dns.asked)
