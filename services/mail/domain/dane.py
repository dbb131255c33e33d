"""DANE for SMTP (RFC 7672): whether a server's certificates are those that its TLSA records name (RFC 6698)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256, sha512

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

TRUST_ANCHOR, END_ENTITY = 2, 3
_MATCHING: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    1: lambda octets: sha256(octets).digest(),
    2: lambda octets: sha512(octets).digest(),
}
_LENGTHS = {1: 32, 2: 64}
MOST_RECORDS, LONGEST_CHAIN = 20, 10


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One record: certificate usage, selector, matching type and certificate association data."""

    usage: int
    selector: int
    matching: int
    data: bytes

    @property
    def usable(self) -> bool:
        """Usages 0 and 1 have no meaning between servers (RFC 7672 §3.1.3); others are not known."""
        known = self.usage in {TRUST_ANCHOR, END_ENTITY} and self.selector in {0, 1} and self.matching in _MATCHING
        return known and len(self.data) == _LENGTHS.get(self.matching, len(self.data) or -1)

    def matches(self, certificate: bytes) -> bool:
        """Whether it names a certificate (DER), by all of it or by its key."""
        octets = certificate if self.selector == 0 else _key(certificate)
        return bool(octets) and _MATCHING[self.matching](octets) == self.data

    @property
    def line(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data.hex()}"


def proven(records: Sequence[Tlsa], chain: Sequence[bytes], names: Sequence[str], now: datetime) -> bool:
    """Whether a server that showed `chain` (DER, its own certificate first) is whom the records name.

    `names` are those that a certificate under a trust anchor may have (RFC 7672 §3.2.2); one that is named itself needs
    neither a name nor a time (§3.1.1).
    """
    usable = [record for record in records[:MOST_RECORDS] if record.usable]
    if not chain:
        return False
    if any(record.matches(chain[0]) for record in usable if record.usage == END_ENTITY):
        return True
    anchors = [record for record in usable if record.usage == TRUST_ANCHOR]
    shown = chain[:LONGEST_CHAIN]
    for at, certificate in enumerate(shown[1:], 1):
        if any(record.matches(certificate) for record in anchors) and _signed(shown[:at], certificate, names, now):
            return True
    # One that stands whole in DNS need not be shown.
    whole = [record.data for record in anchors if (record.selector, record.matching) == (0, 0)]
    return any(_signed(shown, certificate, names, now) for certificate in whole)


def _key(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo; empty for a key that is not understood."""
    with suppress(ValueError, UnsupportedAlgorithm):
        key = x509.load_der_x509_certificate(certificate).public_key()
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b""


def _signed(below: Sequence[bytes], anchor: bytes, names: Sequence[str], now: datetime) -> bool:
    """Whether the first of `below` has one of the names and leads up to the anchor."""
    try:
        leaf, *between = map(x509.load_der_x509_certificate, below)
        builder = PolicyBuilder().store(Store([x509.load_der_x509_certificate(anchor)])).time(now)
    except (ValueError, UnsupportedAlgorithm):
        return False
    # Whoever makes an authority for DANE alone makes it as plain as he likes.
    builder = builder.extension_policies(ca_policy=_AUTHORITY, ee_policy=_SERVER)
    for name in names:
        with suppress(VerificationError, ValueError):
            builder.build_server_verifier(x509.DNSName(name)).verify(leaf, between)
            return True
    return False


def _is_authority(_: Policy, __: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("no authority")


_AUTHORITY = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_authority)
_SERVER = ExtensionPolicy.permit_all().require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
