"""The stack's secrets: random, made once, readable by their owner alone (`var/secrets`)."""

import base64
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Neither words nor dates come of these, which directory refuses.
LETTERS = "bcdfghjkmnpqrstvwxz"


@dataclass(frozen=True)
class Keys:
    """A folder of secrets, a file each."""

    folder: Path

    def once(self, name: str, make: Callable[[], str]) -> str:
        """The secret of that name; made and kept when it is asked for the first time."""
        path = self.folder / name
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_name(f".{name}.{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(make())
            fresh.rename(path)
        return path.read_text()

    def word(self, name: str) -> str:
        """A secret of letters and digits, long enough for a key of an account or a broker."""
        return self.once(name, lambda: secrets.token_hex(20))

    def password(self, address: str) -> str:
        """A demo account's password, short enough to be typed."""
        return self.once(f"password-{address}", lambda: "-".join(_four() for _ in range(4)))

    def service_keys(self, service: str) -> str:
        """The keys under which a service seals: `<id>:<base64 of 32 octets>`."""
        return self.once(f"keys-{service}", lambda: f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}")


def _four() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(4))
