"""A service's keys: the first one seals, all of them open, so that a key is replaced without rewriting any content."""

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from chassis.blobs.seal import Damaged
from chassis.service_keys import KEY_OCTETS, ServiceKey, service_keys
from chassis.settings import ServiceSettings

_NONCE_OCTETS = 12


class Digest(Protocol):
    """What `put` needs of a running HMAC."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


@dataclass(frozen=True)
class BlobKey(ServiceKey):
    """What addresses and what wraps are derived apart from a service's key (RFC 5869)."""

    @cached_property
    def addressing(self) -> bytes:
        return self._derived(b"workspace blob address")

    @cached_property
    def wrapping(self) -> AESGCM:
        return AESGCM(self._derived(b"workspace blob key wrap"))

    def _derived(self, purpose: bytes) -> bytes:
        return HKDFExpand(hashes.SHA256(), KEY_OCTETS, purpose).derive(self.secret)


class KeyRing:
    """Every key that a service holds."""

    def __init__(self, keys: Sequence[BlobKey]) -> None:
        self._keys = {key.id: key for key in keys}
        self._sealing = keys[0]

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """From `<id>:<base64>`, comma separated. Raises `BadServiceKeys`."""
        return cls([BlobKey(key.id, key.secret) for key in service_keys(text)])

    @classmethod
    def of(cls, settings: ServiceSettings) -> "KeyRing":
        return cls.parse(settings.service_keys.get_secret_value())

    @property
    def sealing_id(self) -> str:
        return self._sealing.id

    @property
    def retired_ids(self) -> list[str]:
        """Keys that still open but no longer seal."""
        return [name for name in self._keys if name != self._sealing.id]

    def address(self) -> Digest:
        """A running address: HMAC-SHA-256, so that who reads addresses cannot tell which known file is stored."""
        return hmac.new(self._sealing.addressing, digestmod="sha256")

    def wrap(self, data_key: bytes, bound_to: bytes) -> bytes:
        """Seal a data key, bound to what it belongs to."""
        nonce = os.urandom(_NONCE_OCTETS)
        return nonce + self._sealing.wrapping.encrypt(nonce, data_key, bound_to)

    def unwrap(self, key_id: str, wrapped: bytes, bound_to: bytes) -> bytes:
        """The data key again. Raises `Damaged` when anything is not as it was sealed, or the key is gone."""
        key = self._keys.get(key_id)
        if key is None:
            raise Damaged(f"no service key {key_id!r}")
        try:
            return key.wrapping.decrypt(wrapped[:_NONCE_OCTETS], wrapped[_NONCE_OCTETS:], bound_to)
        except (InvalidTag, ValueError) as error:
            raise Damaged("the record of a blob is not as it was written") from error
