"""Which pages may open a socket. Browsers let any page try, and say where it comes from (RFC 6455 §10.2)."""

from collections.abc import Sequence
from urllib.parse import urlsplit


def may_open(origin: str | None, host: str, allowed: Sequence[str]) -> bool:
    """Without Origin it is no browser; otherwise it is our own page, or one of an allowed origin."""
    if origin is None:
        return True
    return origin in allowed or (bool(host) and urlsplit(origin).netloc == host)
