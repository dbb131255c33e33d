"""Mail that comes over from elsewhere: each message has a name that it keeps, so that it comes once."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from chassis.errors import InvalidInput

MAX_KEY, MAX_SOURCE, MOST_KEYS = 500, 200, 1000
# Crockford's base 32, as ids of messages have it.
_TO_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@dataclass(frozen=True, slots=True)
class Import:
    """Messages that come from one place into one account. `actor` brings them."""

    id: str
    owner: str
    address: str
    actor: str
    source: str
    begun_at: datetime
    last_at: datetime | None = None
    messages: int = 0
    octets: int = 0


def imported_id(owner: str, key: str) -> str:
    """The id of the message that an account gets under a key. Raises `InvalidInput`."""
    if not key or len(key) > MAX_KEY:
        raise InvalidInput("Not a key", fields={"key": f"between 1 and {MAX_KEY} characters"})
    digest = hashlib.sha256(f"{owner}\x00{key}".encode("utf-8", "surrogatepass")).digest()
    # 26 characters that no clock makes: a ULID's first is at most 7.
    return "Z" + base64.b32encode(digest)[:25].decode().translate(_TO_CROCKFORD)


def source_name(given: str) -> str:
    """Raises `InvalidInput` for what cannot be shown."""
    name = given.strip()
    if not name or len(name) > MAX_SOURCE or not name.isprintable():
        raise InvalidInput("Say where the mail comes from", fields={"source": f"1 to {MAX_SOURCE} visible characters"})
    return name
