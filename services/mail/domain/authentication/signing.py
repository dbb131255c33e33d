"""Sign what leaves in the name of a domain: DKIM (RFC 6376), by RSA and by Ed25519 (RFC 8463) side by side."""

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from services.mail.domain.authentication.bodyhash import RELAXED
from services.mail.domain.authentication.fields import Field, fields_of
from services.mail.domain.authentication.signatures import read, signed_octets

RSA_BITS = 2048
# Signed as often as they stand there and once more, so that nobody adds another one (RFC 6376 §8.15).
_SEALED = (
    "from", "to", "cc", "subject", "date", "message-id", "reply-to", "in-reply-to", "references", "mime-version",
    "content-type", "content-transfer-encoding",
)  # fmt: skip
# Signed where they stand; others on the way may add their own.
_SIGNED = ("sender", "list-id", "list-help", "list-unsubscribe", "list-unsubscribe-post", "list-post", "auto-submitted")
_LINE = 72


class Kind(Enum):
    """The two algorithms; each has its own selector."""

    RSA = "rsa"
    ED25519 = "ed25519"

    @property
    def algorithm(self) -> str:
        return f"{self.value}-sha256"


@dataclass(frozen=True)
class SigningKey:
    """A domain's key. `private` is PKCS #8, DER."""

    domain: str
    selector: str
    kind: Kind
    private: bytes

    @property
    def name(self) -> str:
        """Where DNS is to have `record`."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> bytes:
        return b"v=DKIM1; k=" + self.kind.value.encode() + b"; p=" + base64.b64encode(self._public())

    def _public(self) -> bytes:
        key = self._loaded()
        if isinstance(key, Ed25519PrivateKey):
            return key.public_key().public_bytes_raw()
        return key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def _loaded(self) -> Ed25519PrivateKey | RSAPrivateKey:
        key = serialization.load_der_private_key(self.private, None)
        assert isinstance(key, Ed25519PrivateKey | RSAPrivateKey)  # noqa: S101 - as it was made
        return key

    def sign(self, octets: bytes) -> bytes:
        key, digest = self._loaded(), hashlib.sha256(octets).digest()
        if isinstance(key, Ed25519PrivateKey):
            return key.sign(digest)
        return key.sign(digest, PKCS1v15(), Prehashed(hashes.SHA256()))


def new_private(kind: Kind) -> bytes:
    """The private half of a new key; one of RSA takes a good part of a second."""
    key = Ed25519PrivateKey.generate() if kind is Kind.ED25519 else generate_private_key(65537, RSA_BITS)
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signature(key: SigningKey, header: bytes, body_hash: bytes, at: datetime) -> bytes:
    """The field DKIM-Signature of a letter, line end included; `body_hash` is of the relaxed body, by SHA-256."""
    fields = fields_of(header)
    tags = {
        "v": "1", "a": key.kind.algorithm, "c": f"{RELAXED}/{RELAXED}", "d": key.domain, "s": key.selector,
        "t": str(int(at.timestamp())), "h": ":".join(covered(fields)),
        "bh": base64.b64encode(body_hash).decode("ascii"), "b": "",
    }  # fmt: skip
    unsigned = Field(b"DKIM-Signature", folded(tags))
    # It is read again as any receiver reads it, so that what is signed is what will be looked at.
    signed = completed(key, unsigned, signed_octets(read(unsigned), fields))
    return signed.name + b":" + signed.value + b"\r\n"


def completed(key: SigningKey, unsigned: Field, octets: bytes) -> Field:
    """A signature's field with its own value, the last of its tags; `octets` are what it signs."""
    value = base64.b64encode(key.sign(octets)).decode("ascii")
    lines = "".join(f"\r\n\t{value[at : at + _LINE]}" for at in range(0, len(value), _LINE))
    return Field(unsigned.name, unsigned.value + lines.encode("ascii"))


def covered(fields: Sequence[Field]) -> list[str]:
    """The names of the fields that a signature covers, each as often as it does."""
    there = Counter(field.key.decode("ascii") for field in fields)
    sealed = [name for name in _SEALED for _ in range(there[name] + 1)]
    return sealed + [name for name in _SIGNED for _ in range(there[name])]


def folded(tags: dict[str, str]) -> bytes:
    """The value of a field, in lines that no server on the way has to break; only the list of names may be broken
    anywhere."""
    lines = [" "]
    for name, value in tags.items():
        pieces = [f"{name}={value}"]
        if name == "h":
            pieces = [piece + ":" for piece in f"{name}={value}".split(":")]
            pieces[-1] = pieces[-1][:-1]
        pieces[-1] += "; " if name != "b" else ""
        for piece in pieces:
            if len(lines[-1]) + len(piece) > _LINE and lines[-1].strip():
                lines.append("\t")
            lines[-1] += piece
    return "\r\n".join(line.rstrip(" ") if line.strip() else line for line in lines).encode("ascii")
