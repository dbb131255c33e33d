"""A listening IMAP server on the mail service under test."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chassis.identity import Revocation, Revocations
from chassis.tls import public_context
from services.mail.imap.ports import Options
from services.mail.imap.server import ImapServer
from tests.mail.house import House
from tests.mail.imap.party import Bells, Doorkeeper, Imap, Start


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


async def _none(_: datetime | None) -> list[Revocation]:
    return []


@pytest.fixture
async def start(house: House, owner: str, certificate: tuple[Path, Path]) -> AsyncIterator[Start]:
    running: list[Imap] = []

    async def begin(options: Options) -> Imap:
        doorkeeper, bells, revocations = Doorkeeper(owner), Bells(), Revocations(_none)
        server = ImapServer(
            house.mail,
            doorkeeper,
            bells.listen,
            options,
            tls=public_context(*certificate),
            listen=("127.0.0.1", 0),
            listen_tls=("127.0.0.1", 0),
            revocations=revocations,
        )
        await server.start()
        running.append(Imap(server, doorkeeper, bells, certificate[0], revocations))
        return running[-1]

    yield begin
    for imap in running:
        for client in imap.clients:
            client.close()
        await imap.server.stop()


@pytest.fixture
async def imap(start: Start) -> Imap:
    """With short pauses, so that tests are fast."""
    return await start(Options(max_message=1_000_000, failed_login_pause=0, poll_seconds=0.3))
