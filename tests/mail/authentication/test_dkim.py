"""Signatures made by dkimpy, whole and meddled with."""

import base64
import contextlib
import hashlib
from collections import defaultdict

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.authentication.bodyhash import BodyHash
from services.mail.domain.authentication.fields import Field, fields_of
from services.mail.domain.authentication.signatures import LONGEST, read, signed_octets
from services.mail.domain.authentication.tags import BadTags
from services.mail.domain.authentication.verdicts import Result
from tests.mail.authentication.signing import LETTER, Dns, Signer, checked, published


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.mark.parametrize("form", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"])
async def test_a_signed_letter_passes_in_each_form(signer: Signer, form: str) -> None:
    (found,) = (await checked(signer.signed(form=form), published(signer))).dkim
    assert (found.result, found.domain, found.selector) == (Result.PASS, "example.org", "s2026")
    assert (found.algorithm, found.reason) == ("rsa-sha256", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: Note", b"Subject: Votre mot de passe"),
        (b"Bonjour", b"Bonsoir"),
        (b"<agent@example.org>", b"<directeur@example.org>"),
        (b"h=", b"h=x-unknown : "),
        (b"Fin\r\n", b"Fin\r\nEt encore\r\n"),
    ],
)
async def test_what_was_changed_on_the_way_fails(signer: Signer, before: bytes, after: bytes) -> None:
    letter = signer.signed()
    assert before in letter
    (found,) = (await checked(letter.replace(before, after, 1), published(signer))).dkim
    assert found.result is Result.FAIL


async def test_a_second_from_is_covered_by_no_signature_that_names_it_once_more(signer: Signer) -> None:
    letter = b"From: <directeur@gouv.tg>\r\n" + signer.signed()
    (found,) = (await checked(letter, published(signer))).dkim
    assert found.result is Result.FAIL


async def test_a_part_of_the_body_is_not_the_whole(signer: Signer) -> None:
    whole = signer.signed(length=True)
    (found,) = (await checked(whole, published(signer))).dkim
    assert found.result is Result.PASS
    (found,) = (await checked(whole + b"<a href=//phishing.example>Ici</a>\r\n", published(signer))).dkim
    assert (found.result, found.reason) == (Result.POLICY, "a part of the body is not signed")


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (b"v=DKIM1; p=", Result.FAIL),
        (b"v=DKIM2; p=AAAA", Result.PERMERROR),
        (b"v=DKIM1; k=rsa; p=AAAA", Result.PERMERROR),
        (b"v=DKIM1; k=dsa; p=AAAA", Result.PERMERROR),
        (b"v=DKIM1; k=rsa; p=\xff", Result.PERMERROR),
        (b"v=spf1 -all", Result.PERMERROR),
        (b"", Result.PERMERROR),
    ],
)
async def test_a_key_that_is_none(signer: Signer, record: bytes, result: Result) -> None:
    (found,) = (await checked(signer.signed(), Dns({signer.name: [record]}))).dkim
    assert found.result is result


async def test_a_key_that_is_not_there_twice_or_cannot_be_asked_for(signer: Signer) -> None:
    letter = signer.signed()
    for dns, result in (
        (Dns(), Result.PERMERROR),
        (Dns({signer.name: [signer.record, signer.record]}), Result.PERMERROR),
        (Dns(away={signer.name}), Result.TEMPERROR),
    ):
        (found,) = (await checked(letter, dns)).dkim
        assert found.result is result


async def test_what_the_key_says_of_itself(signer: Signer) -> None:
    letter = signer.signed(identity=b"agent@sub.example.org")
    for flags, result in ((b"y", Result.NEUTRAL), (b"s", Result.PERMERROR), (b"", Result.PASS)):
        record = signer.record + b"; t=" + flags
        (found,) = (await checked(letter, Dns({signer.name: [record]}))).dkim
        assert found.result is result
    for more in (b"; s=tlsrpt", b"; h=sha1"):
        (found,) = (await checked(letter, Dns({signer.name: [signer.record + more]}))).dkim
        assert found.result is Result.PERMERROR


async def test_short_keys_and_old_hashes_prove_nothing() -> None:
    short = Signer(bits=1024)
    (found,) = (await checked(short.signed(), published(short))).dkim
    assert found.result is Result.PASS
    (found,) = (await checked(short.signed(signature_algorithm=b"rsa-sha1"), published(short))).dkim
    assert (found.result, found.reason) == (Result.PERMERROR, "an algorithm that nobody relies on")


async def test_an_expired_signature_fails(signer: Signer) -> None:
    letter = signer.signed().replace(b"; h=", b"; x=1700000000; h=", 1)
    (found,) = (await checked(letter, published(signer))).dkim
    assert (found.result, found.reason) == (Result.FAIL, "expired")


async def test_only_the_first_signatures_are_looked_at(signer: Signer) -> None:
    letter = b"DKIM-Signature: v=1; d=nobody.example\r\n" * 100 + LETTER
    dns = published(signer)
    found = (await checked(letter, dns)).dkim
    assert len(found) == 8
    assert {each.result for each in found} == {Result.PERMERROR}


async def test_an_ed25519_signature_passes() -> None:
    """The octets are those of RFC 8463 §3: PureEdDSA upon the SHA-256 of what is signed."""
    key = Ed25519PrivateKey.generate()
    header, _, body = LETTER.partition(b"\r\n\r\n")
    hashed = BodyHash("relaxed", "sha256")
    hashed.feed(body)
    value = (
        b" v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=ed; h=from:to:subject;\r\n\tbh="
        + base64.b64encode(hashed.digest())
        + b"; b="
    )
    (unsigned,) = fields_of(b"DKIM-Signature:" + value + b"AAAA")
    octets = signed_octets(read(unsigned), fields_of(header))
    letter = b"DKIM-Signature:" + value + base64.b64encode(key.sign(hashlib.sha256(octets).digest())) + b"\r\n" + LETTER
    record = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(key.public_key().public_bytes_raw())
    (found,) = (await checked(letter, Dns({"ed._domainkey.example.org": [record]}))).dkim
    assert (found.result, found.algorithm) == (Result.PASS, "ed25519-sha256")


@given(st.binary(max_size=400))
def test_no_field_breaks_the_reader(value: bytes) -> None:
    field = Field(b"DKIM-Signature", b" v=1; " + value)
    with contextlib.suppress(BadTags):
        assert read(field).field is field


def test_a_signature_that_is_endless_is_none() -> None:
    (field,) = fields_of(b"DKIM-Signature: v=1; b=" + b"A" * LONGEST)
    with pytest.raises(BadTags, match="longer"):
        read(field)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"d=example.org", b"d=example.org(.attacker.example"),
        (b"d=example.org", b"d=example.org/.attacker.example"),
        (b"d=example.org", b"d=example..org"),
        (b"d=example.org", b"d=org"),
        (b"s=s2026", b"s=s2026._domainkey.gouv.tg("),
        (b"i=@example.org", b"i=@gouv.tg(.example.org"),
    ],
)
async def test_a_domain_that_is_no_name_is_nobodys(signer: Signer, before: bytes, after: bytes) -> None:
    letter = signer.signed(identity=b"@example.org")
    assert before in letter
    everywhere = Dns()
    everywhere.texts = defaultdict(lambda: [signer.record])
    (found,) = (await checked(letter.replace(before, after, 1), everywhere)).dkim
    assert found.result is Result.PERMERROR
    assert not [name for name, _ in everywhere.asked if "_domainkey" in name]


_NAMES = st.from_regex(r"[!-9;-~]{1,12}", fullmatch=True)
_LINES = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\r\n", b"")), min_size=1, max_size=3)


@given(st.lists(st.tuples(_NAMES, _LINES), max_size=5))
def test_fields_are_read_with_each_of_their_octets(given_fields: list[tuple[str, list[bytes]]]) -> None:
    fields = [(name.encode(), b"\r\n\t".join(lines)) for name, lines in given_fields]
    header = b"".join(name + b":" + value + b"\r\n" for name, value in fields)
    assert [tuple(field) for field in fields_of(header)] == fields
