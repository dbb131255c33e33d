"""What looks at messages: Debian's rspamd and clamd, asked as mail asks them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from chassis.clamd import Clamd
from chassis.errors import Forbidden, TooLarge
from services.mail.rspamd import Rspamd, Shown
from tests.interop import scanners
from tests.mail.clam import EICAR

LETTER = (
    b"From: agent@example.org\r\nTo: agent1@numerique.gouv.tg\r\nSubject: Note\r\n"
    b"Date: Sun, 29 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\n"
)
# The text that filters of spam know to be one: the Generic Test for Unsolicited Bulk Email.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"


async def chunked(octets: bytes, size: int = 50_000) -> AsyncIterator[bytes]:
    for at in range(0, len(octets), size):
        yield octets[at : at + size]


@pytest.fixture(scope="module")
def rspamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rspamd]:
    with scanners.rspamd(tmp_path_factory.mktemp("rspamd")) as place:
        yield Rspamd(place)


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    with scanners.clamd(tmp_path_factory.mktemp("clamd")) as place:
        yield Clamd(place)


async def test_rspamd_lets_letters_pass_and_rejects_spam(rspamd: Rspamd) -> None:
    shown = Shown("192.0.2.1", "mx.example.org", "agent@example.org", ["agent1@numerique.gouv.tg"], "id1")
    for letter in (LETTER + b"Bonjour\r\n", LETTER + b"Bonjour\r\n" * 500_000):
        look = rspamd.look(shown)
        assert b"".join([piece async for piece in look.passing(chunked(letter))]) == letter
        assert not look.junk
    with pytest.raises(Forbidden):
        _ = [piece async for piece in rspamd.look(shown).passing(chunked(LETTER + GTUBE))]


async def test_clamd_lets_letters_pass_and_finds_malware(clamd: Clamd) -> None:
    letter = LETTER + b"Bonjour\r\n" * 100_000
    assert b"".join([piece async for piece in clamd.passing(chunked(letter))]) == letter
    with pytest.raises(Forbidden, match="Eicar-Test-Signature"):
        _ = [piece async for piece in clamd.passing(chunked(LETTER + EICAR))]


async def test_clamd_looks_no_further_than_it_is_told(clamd: Clamd) -> None:
    with pytest.raises(TooLarge):
        _ = [piece async for piece in clamd.passing(chunked(b"a" * 110_000_000, 1_000_000))]
