"""A small certificate authority for the local stack and the tests: mutual TLS between services, TLS for clients."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVICES = ("directory", "mail", "calendar", "drive", "video", "gateway", "cli")
LOCALHOST = "localhost"
_LIFE = timedelta(days=820)


@dataclass(frozen=True)
class Certificate:
    """Where a certificate and its key lie (PEM)."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A folder of certificates: `ca.pem`, and `<name>.pem` with `<name>.key` each."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    def of(self, name: str) -> Certificate:
        return Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")


def ensure_authority(folder: Path) -> Authority:
    """The authority in `folder`, made with all its certificates unless it is there already."""
    authority = Authority(folder)
    # The last file written: a start that was cut off makes all of it anew.
    if authority.of(LOCALHOST).certificate.exists():
        return authority
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Local authority of the workspace")
    ca = _builder(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    usage = x509.KeyUsage(
        key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    signed = ca.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    authority.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    for service in SERVICES:
        _issue(authority.of(service), [x509.DNSName(service)], signed, key)
    loopback = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    _issue(authority.of(LOCALHOST), [x509.DNSName(LOCALHOST), *loopback], signed, key)
    return authority


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _issue(
    files: Certificate,
    names: Sequence[x509.GeneralName],
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    signed = (
        _builder(_name(str(names[0].value)), ca.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files.key.touch(mode=0o600)
    files.key.write_bytes(private)
    files.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
