"""Vouches for how far the audit log has come, by Ed25519 keys that derive from the service's."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.chain import Checkpoint, public_text, signed
from services.directory.domain.audit import spelled
from services.directory.sealing import Sealer

_PURPOSE = "audit-checkpoint"


class Witness:
    """Signs with the key of the first service key; whose public halves there are, anybody may know."""

    def __init__(self, sealer: Sealer) -> None:
        self._keys = {
            key_id: Ed25519PrivateKey.from_private_bytes(seed) for key_id, seed in sealer.seeds(_PURPOSE).items()
        }
        self._first = next(iter(self._keys))

    def sign(self, sequence: int, hash_: str, at: datetime) -> Checkpoint:
        return signed(self._keys[self._first], self._first, sequence, hash_, spelled(at))

    def public(self) -> dict[str, str]:
        """Public halves by key id, base64url."""
        return {key_id: public_text(key) for key_id, key in self._keys.items()}
