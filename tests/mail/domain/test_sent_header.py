"""What leaves the header of a letter that one of our accounts sends, whatever its program put there."""

from datetime import UTC, datetime

import pytest

from services.mail.domain.envelope import Sender
from services.mail.domain.outgoing import outgoing

OWN = "agent1@numerique.gouv.tg"


@pytest.mark.parametrize(
    "field",
    [
        "Authentication-Results: mail.gouv.tg; dkim=pass; dmarc=pass header.from=numerique.gouv.tg",
        "authentication-results: mail.gouv.tg;\r\n\tspf=pass;\r\n\tdmarc=pass",
        "Return-Path: <president@gouv.tg>",
    ],
)
def test_nobody_writes_in_the_servers_name_what_was_found_of_a_letter(field: str) -> None:
    header = f"From: {OWN}\r\n{field}\r\nSubject: Note\r\n{field}\r\n\r\n".encode()
    sent = outgoing(header, Sender("01JSENDER", OWN, ()), datetime(2026, 1, 1, tzinfo=UTC), "unique").header
    assert b"Subject: Note\r\n" in sent
    assert not any(word in sent for word in (b"pass", b"president"))
