"""Public keys that DNS has for signatures (RFC 6376 §3.6.1, RFC 8463)."""

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from services.mail.domain.authentication.tags import BadTags, closed_up, tags_of

# RFC 8301 §3.2.
SHORTEST_RSA, LONGEST_RSA = 1024, 8192


class Revoked(BadTags):
    """The domain has taken the key back."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `strict`: identities are of the domain itself, not of one below; `testing`: the domain tries it out."""

    public: RSAPublicKey | Ed25519PublicKey
    strict: bool = False
    testing: bool = False

    @property
    def kind(self) -> str:
        return "ed25519" if isinstance(self.public, Ed25519PublicKey) else "rsa"

    def verifies(self, signature: bytes, digest: bytes) -> bool:
        """Of a digest of SHA-256."""
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, digest)
            else:
                self.public.verify(signature, digest, PKCS1v15(), Prehashed(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


def key_of(record: bytes) -> Key:
    """Raises `BadTags` for a record that is no key for mail, `Revoked` for an empty one."""
    tags = tags_of(record)
    if tags.get("v", b"DKIM1") != b"DKIM1" or ("v" in tags and next(iter(tags)) != "v"):
        raise BadTags("not a key's record")
    services = closed_up(tags.get("s", b"*")).split(b":")
    if not {b"*", b"email"} & set(services):
        raise BadTags("a key for something else")
    if "h" in tags and b"sha256" not in closed_up(tags["h"]).split(b":"):
        raise BadTags("a key for other hashes")
    if "p" not in tags:
        raise BadTags("no p=")
    octets = closed_up(tags["p"])
    if not octets:
        raise Revoked("the key was revoked")
    flags = closed_up(tags.get("t", b"")).split(b":")
    return Key(_public(tags.get("k", b"rsa"), octets), strict=b"s" in flags, testing=b"y" in flags)


def _public(kind: bytes, encoded: bytes) -> RSAPublicKey | Ed25519PublicKey:
    try:
        octets = base64.b64decode(encoded, validate=True)
        if kind == b"ed25519":
            return Ed25519PublicKey.from_public_bytes(octets)
        if kind != b"rsa":
            raise BadTags("an unknown kind of key")
        key = serialization.load_der_public_key(octets)
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise BadTags("not a key") from error
    if not isinstance(key, RSAPublicKey):
        raise BadTags("another kind of key")
    if not SHORTEST_RSA <= key.key_size <= LONGEST_RSA:
        raise BadTags(f"a key of {key.key_size} bits")
    return key
