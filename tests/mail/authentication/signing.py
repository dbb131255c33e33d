"""Letters signed by dkimpy, and DNS as a dictionary."""

import asyncio
import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from services.mail.domain.authentication.fields import fields_of
from services.mail.domain.authentication.verdicts import Verdicts
from services.mail.usecases.authenticate import Came, Checking

LETTER = (
    b"From: =?utf-8?q?Awa?= <agent@example.org>\r\nTo: agent1@numerique.gouv.tg\r\nSubject: Note\r\n"
    b"Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\n"
    b"Bonjour,  Lome. \r\n\r\nFin\r\n\r\n\r\n"
)
CAME = Came("192.0.2.7", "mx.example.org", "agent@example.org")


@dataclass
class Dns:
    """Texts by name; what is in `away` cannot be asked, for what is in `silent` nobody answers. Other kinds under
    (name, kind)."""

    texts: dict[str, list[bytes]] = field(default_factory=dict)
    others: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0

    async def ask(self, name: str, kind: str) -> list[Any] | None:
        self.asked.append((name, kind))
        await asyncio.sleep(30 if name in self.silent else self.seconds)
        if name in self.away:
            return None
        if kind == "TXT":
            # In pieces, as long texts come.
            return [(text[:100], text[100:]) for text in self.texts.get(name, [])]
        return self.others.get((name, kind), [])


class Signer:
    """A domain's key, and what it signs."""

    def __init__(self, domain: str = "example.org", selector: str = "s2026", bits: int = 2048) -> None:
        self.domain, self.selector = domain, selector
        self._key: RSAPrivateKey = generate_private_key(65537, bits)

    @property
    def name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> bytes:
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    @property
    def pem(self) -> bytes:
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )

    def signed(self, letter: bytes = LETTER, form: str = "relaxed/relaxed", **options: Any) -> bytes:
        header, body = (part.encode() for part in form.split("/"))
        signature = dkim.sign(
            letter, self.selector.encode(), self.domain.encode(), self.pem, canonicalize=(header, body), **options
        )
        return bytes(signature) + letter

    def sealed(self, letter: bytes, host: str = "mx.example.net") -> bytes:
        """With one more set of ARC; the letter carries this host's Authentication-Results."""
        fields = dkim.arc_sign(letter, self.selector.encode(), self.domain.encode(), self.pem, host.encode())
        assert fields
        return b"".join(fields) + letter


async def checked(letter: bytes, dns: Dns, came: Came = CAME, piece: int = 7) -> Verdicts:
    header, _, body = letter.partition(b"\r\n\r\n")
    checking = Checking(dns, came, fields_of(header + b"\r\n"), datetime.now(UTC))
    for at in range(0, len(body), piece):
        checking.feed(body[at : at + piece])
    return await checking.verdicts()


def published(*signers: Signer) -> Dns:
    """DNS with the keys of these."""
    return Dns({signer.name: [signer.record] for signer in signers})
