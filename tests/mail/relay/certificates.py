"""An authority of a test's own, and servers' certificates by it with whatever is wrong with them."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha512
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Authority:
    """Signs what a test asks for; `folder` is where the files lie."""

    folder: Path
    name: str = "authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        name = _name(self.name)
        ca = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = (
            _builder(name, name, self.key).add_extension(ca, critical=True).sign(self.key, hashes.SHA256())
        )

        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    @property
    def file(self) -> Path:
        return self.folder / f"{self.name}.pem"

    @property
    def trust(self) -> ssl.SSLContext:
        """A client that believes this authority and nobody else."""
        return ssl.create_default_context(cafile=self.file)

    def issue(self, *names: str, days: int = 30) -> "Issued":
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(names[0] if names else "nobody")
        builder = _builder(subject, self.certificate.subject, key, days)
        if names:
            alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(alternative, critical=False)
        return Issued(self, builder.sign(self.key, hashes.SHA256()), key)


@dataclass
class Issued:
    """A server's certificate with its key."""

    by: Authority
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def server(self, *, whole_chain: bool = True) -> ssl.SSLContext:
        file = self.by.folder / f"{self.certificate.serial_number}.pem"
        chain = [self.certificate, self.by.certificate] if whole_chain else [self.certificate]
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(key + b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def tlsa(usage: int, selector: int, matching: int, of: "Authority | Issued") -> str:
    """A record that names a certificate."""
    der = of.certificate.public_bytes(serialization.Encoding.DER)
    if selector == 1:
        der = of.certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    data = {0: der, 1: sha256(der).digest(), 2: sha512(der).digest()}[matching]
    return f"{usage} {selector} {matching} {data.hex()}"


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 30
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )
