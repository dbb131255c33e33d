"""Right passwords known again for a short time, so that mail clients that reconnect all day cost no argon2id each time.

What is kept is an HMAC under a key that never leaves this process, bound to the credential's id: after a change of
password the account names another credential, and what was kept meets nothing. The account itself is read each time,
so that a suspension counts at once. Only right passwords are kept, and only who need not wait is told whether one is.
"""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 100_000


class RememberedPasswords:
    """The last right passwords of protocol clients."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def add(self, credential_id: str, password: str) -> None:
        proof = self._proof(credential_id, password)
        self._until[proof] = self._clock() + self._seconds
        self._until.move_to_end(proof)
        if len(self._until) > MOST:
            self._until.popitem(last=False)

    def holds(self, credential_id: str, password: str) -> bool:
        proof = self._proof(credential_id, password)
        until = self._until.get(proof)
        if until is None:
            return False
        if until <= self._clock():
            del self._until[proof]
            return False
        return True

    def _proof(self, credential_id: str, password: str) -> bytes:
        said = f"{credential_id}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, said, hashlib.sha256)
