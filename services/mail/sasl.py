"""Who a mail program is by SASL, for the protocols in which a mailbox's owner logs in: PLAIN (RFC 4616), OAUTHBEARER
(RFC 7628)."""

import json
from typing import Protocol

from chassis.errors import Unauthenticated
from chassis.identity import Identity

# RFC 7628 §3.2.2: what a client is told of a token that is refused, before the refusal.
INVALID_TOKEN = json.dumps({"status": "invalid_token"}).encode("ascii")


class Malformed(Exception):
    """The response is not of the mechanism."""


class Authenticator(Protocol):
    """Who may log in. Both raise `Unauthenticated`, `TooManyRequests` or `Unavailable`."""

    async def password(self, address: str, password: str, remote: str) -> Identity: ...
    async def token(self, token: str) -> Identity: ...


async def plain(auth: Authenticator, response: bytes, remote: str) -> Identity:
    """[authorisation id] NUL address NUL password; nobody acts for another here.

    Raises `Malformed`, and what an `Authenticator` raises.
    """
    fields = response.split(b"\0")
    if len(fields) != 3:
        raise Malformed("Not a PLAIN response")
    try:
        acting, address, password = (field.decode("utf-8") for field in fields)
    except UnicodeDecodeError:
        raise Malformed("Not a PLAIN response") from None
    if acting and acting.lower() != address.lower():
        raise Unauthenticated
    return await auth.password(address, password, remote)


async def bearer(auth: Authenticator, response: bytes) -> Identity:
    """RFC 7628 §3.1: a GS2 header that may name the account, then key=value pairs between ^A.

    Raises `Malformed`, and what an `Authenticator` raises.
    """
    header, *pairs = response.split(b"\x01")
    values = dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)
    scheme, _, token = values.get(b"auth", b"").partition(b" ")
    if not header.startswith((b"n,", b"y,")) or scheme.lower() != b"bearer":
        raise Malformed("Not an OAUTHBEARER response")
    identity = await auth.token(token.decode("ascii", "replace").strip())
    named = next((field[2:] for field in header.split(b",") if field.startswith(b"a=")), b"")
    address = named.replace(b"=2C", b",").replace(b"=3D", b"=").decode("utf-8", "replace").lower()
    if address and address not in {identity.address.lower(), *(alias.lower() for alias in identity.aliases)}:
        raise Unauthenticated
    return identity
