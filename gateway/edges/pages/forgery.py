"""Forms that only our own pages can send: each carries a token that belongs to the browser and its session.

The browser keeps a random nonce in a cookie; a form's token is an HMAC under it of the session's cookie, masked anew
for each page so that compressing an answer tells nothing of it. A stranger's page can make a browser send a form with
its cookies, but reads neither cookie; and who could plant a nonce still does not know the session's cookie.
"""

import binascii
import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import urlsplit

COOKIE = "workspace_forms"
FIELD = "csrf"
_NONCE = re.compile(r"[A-Za-z0-9_-]{43}")
_OCTETS = 32


def new_nonce() -> str:
    return secrets.token_urlsafe(_OCTETS)


def nonce_of(cookie: str) -> str:
    """The nonce that a cookie holds; empty when it is none of ours."""
    return cookie if _NONCE.fullmatch(cookie) else ""


def token(nonce: str, session: str) -> str:
    """A token for one page of the session whose cookie is given; empty before a login."""
    mask = secrets.token_bytes(_OCTETS)
    return urlsafe_b64encode(mask + _masked(mask, _mac(nonce, session))).decode("ascii")


def genuine(given: str, nonce: str, session: str) -> bool:
    """Whether a form's token was made for this browser and session."""
    try:
        octets = urlsafe_b64decode(given.encode("ascii"))
    except (binascii.Error, ValueError):
        return False
    if not nonce or len(octets) != 2 * _OCTETS:
        return False
    return hmac.compare_digest(_masked(octets[:_OCTETS], octets[_OCTETS:]), _mac(nonce, session))


def from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether the browser itself says that another site's page sent the form (Fetch Metadata, RFC 6454)."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin", "null")
    return origin != "null" and urlsplit(origin).netloc != headers.get("host", "")


def _mac(nonce: str, session: str) -> bytes:
    return hmac.digest(nonce.encode("ascii"), session.encode("utf-8"), hashlib.sha256)


def _masked(mask: bytes, octets: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(mask, octets, strict=True))
