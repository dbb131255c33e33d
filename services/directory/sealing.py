"""What directory keeps under the service's key: secrets sealed, proofs made. The first key serves, all are honoured."""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chassis.service_keys import BadServiceKeys, service_keys

_NONCE = 12


class Sealer:
    """Seals and proves under keys derived from the service's for each purpose."""

    def __init__(self, given: str) -> None:
        keys = service_keys(given)
        self._keys = {key.id: key.secret for key in keys}
        self._first = keys[0].id
        self._derived: dict[tuple[str, str], bytes] = {}

    def seal(self, text: str, purpose: str, of: str) -> str:
        """`<key id>.<base64url>` by AES-256-GCM, bound to its purpose and to what it belongs to."""
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._key(self._first, purpose)).encrypt(nonce, text.encode("utf-8"), of.encode("utf-8"))
        return f"{self._first}.{base64.urlsafe_b64encode(nonce + sealed).decode('ascii')}"

    def open(self, sealed: str, purpose: str, of: str) -> str:
        """What was sealed. Raises `BadServiceKeys` when no key at hand opens it."""
        key_id, _, text = sealed.partition(".")
        whole = base64.urlsafe_b64decode(text)
        try:
            cipher = AESGCM(self._key(key_id, purpose))
            return cipher.decrypt(whole[:_NONCE], whole[_NONCE:], of.encode("utf-8")).decode("utf-8")
        except (KeyError, InvalidTag) as error:
            raise BadServiceKeys(f"No service key opens what {key_id!r} sealed") from error

    def proofs(self, purpose: str, text: str) -> list[bytes]:
        """HMAC-SHA-256 of a text under each key; the first one is to be given out, all are to be accepted."""
        return [hmac.digest(self._key(key_id, purpose), text.encode("utf-8"), hashlib.sha256) for key_id in self._keys]

    def seeds(self, purpose: str) -> dict[str, bytes]:
        """32 octets under each key, by its id, the first one first: for a key pair that needs no place of its own."""
        return {key_id: self._key(key_id, purpose) for key_id in self._keys}

    def _key(self, key_id: str, purpose: str) -> bytes:
        derived = self._derived.get((key_id, purpose))
        if derived is None:
            info = f"directory {purpose}".encode("ascii")
            derived = HKDF(SHA256(), 32, salt=None, info=info).derive(self._keys[key_id])
            self._derived[key_id, purpose] = derived
        return derived
