"""A hash chain: each record carries the digest of the one before it, so that none is changed, taken out, put in or
moved without being found.

A link's hash is SHA-256 over its sequence number, the hash before it and the digest of its record. The record itself
is not needed to follow the chain: who may not read it is shown its digest only. Checkpoints, signed with Ed25519
(RFC 8032), say how far the chain had come, so that cutting its end off is found as well.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# The hash before the first record.
ORIGIN = "0" * 64
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode

ALTERED, MISSING, MISPLACED, FORGED, CUT = "altered", "missing", "misplaced", "forged", "cut"


def canonical(record: Mapping[str, Any]) -> str:
    """The one spelling of a record: JSON with sorted names and no spaces."""
    return _encode(record)


def digest_of(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def hash_of(sequence: int, previous: str, digest: str) -> str:
    return hashlib.sha256(f"{sequence}\n{previous}\n{digest}".encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Link:
    """One place in the chain; `body` is the record's canonical text, None where only its digest is shown."""

    sequence: int
    previous: str
    digest: str
    hash: str
    body: str | None = None


def linked(sequence: int, previous: str, body: str) -> Link:
    """The link of a new record."""
    digest = digest_of(body)
    return Link(sequence, previous, digest, hash_of(sequence, previous, digest), body)


@dataclass(frozen=True)
class Checkpoint:
    """Up to which record, with which hash, the chain had come at a time, by the word of a key."""

    sequence: int
    hash: str
    at: str
    key_id: str
    signature: str

    @property
    def said(self) -> bytes:
        return f"workspace-audit-checkpoint\n{self.sequence}\n{self.hash}\n{self.at}\n{self.key_id}".encode()


def signed(key: Ed25519PrivateKey, key_id: str, sequence: int, hash_: str, at: str) -> Checkpoint:
    bare = Checkpoint(sequence, hash_, at, key_id, "")
    return Checkpoint(sequence, hash_, at, key_id, _text(key.sign(bare.said)))


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half, base64url, as people keep it beside their exports."""
    return _text(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def vouched(checkpoint: Checkpoint, keys: Mapping[str, str]) -> bool:
    """Whether one of the keys (id → public half) signed it."""
    try:
        key = Ed25519PublicKey.from_public_bytes(_octets(keys[checkpoint.key_id]))
        key.verify(_octets(checkpoint.signature), checkpoint.said)
    except (KeyError, ValueError, InvalidSignature):
        return False
    return True


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written; `sequence` is where it shows."""

    sequence: int
    kind: str
    detail: str


class Examination:
    """Follows a chain link by link, in the order given, and says what is wrong with it.

    It begins after `sequence` with `hash`: a later part of a chain is followed from what was found good before it.
    """

    def __init__(self, sequence: int = 0, hash_: str = ORIGIN) -> None:
        self.sequence, self.hash = sequence, hash_

    def follow(self, link: Link) -> Iterator[Finding]:
        """Findings about the next link. After one, the chain is taken up again at the link itself."""
        expected = self.sequence + 1
        if link.sequence > expected:
            yield Finding(expected, MISSING, f"records {expected} to {link.sequence - 1} are missing")
        elif link.sequence < expected:
            yield Finding(link.sequence, MISPLACED, f"record {link.sequence} comes after {self.sequence}")
        elif link.previous != self.hash:
            yield Finding(link.sequence, ALTERED, "it does not follow the record before it")
        if link.body is not None and digest_of(link.body) != link.digest:
            yield Finding(link.sequence, ALTERED, "what it says is not what was written")
        if hash_of(link.sequence, link.previous, link.digest) != link.hash:
            yield Finding(link.sequence, ALTERED, "its hash is not its own")
        self.sequence, self.hash = link.sequence, link.hash


def disputed(
    checkpoints: Sequence[Checkpoint], hashes: Mapping[int, str], last: int, keys: Mapping[str, str]
) -> Iterator[Finding]:
    """What checkpoints say against a chain that ends at `last` and has `hashes` at their places."""
    for checkpoint in checkpoints:
        if not vouched(checkpoint, keys):
            yield Finding(checkpoint.sequence, FORGED, "no key at hand signed this checkpoint")
        elif checkpoint.sequence > last:
            yield Finding(last + 1, CUT, f"the chain ends at {last}; a checkpoint saw record {checkpoint.sequence}")
        elif hashes.get(checkpoint.sequence, checkpoint.hash) != checkpoint.hash:
            yield Finding(checkpoint.sequence, ALTERED, "a checkpoint saw another record here")


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
