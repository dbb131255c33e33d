"""Links that are secrets: whoever has one needs no account. Only a digest is kept, so that nobody reads them here."""

import hashlib
import re
import secrets

# 256 bits: guessing is hopeless, so that a digest without a key or a work factor is enough to keep it.
_OCTETS = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def new_secret() -> str:
    """43 characters that a URL can hold."""
    return secrets.token_urlsafe(_OCTETS)


def digest_of(secret: str) -> str:
    """By which it is found again; empty for what is none of ours."""
    return hashlib.sha256(secret.encode()).hexdigest() if _SECRET.fullmatch(secret) else ""
