"""AUTHENTICATE (RFC 3501 §6.2.2) with PLAIN (RFC 4616) and OAUTHBEARER (RFC 7628)."""

import binascii
import json

from chassis.errors import Unauthenticated
from chassis.identity import Identity
from services.mail.imap.codec.commands import Authenticate
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.codec.parse import base64
from services.mail.imap.commands.login import admit
from services.mail.imap.session import Session

_INVALID_TOKEN = json.dumps({"status": "invalid_token"}).encode("ascii")


async def authenticate(session: Session, command: Authenticate) -> bytes:
    if not session.may_log_in:
        return b"NO [PRIVACYREQUIRED] Begin TLS first"
    if command.mechanism not in ("PLAIN", "OAUTHBEARER"):
        return b"NO [CANNOT] Unknown mechanism"
    response = command.initial
    if response is None:
        response = await _challenged(session, b"")
    if command.mechanism == "PLAIN":
        return await admit(session, _plain(session, response))
    return await admit(session, _bearer(session, response))


async def _challenged(session: Session, challenge: bytes) -> bytes:
    """The client's answer."""
    line = await _asked(session, challenge)
    if line == b"*":
        raise BadSyntax("Cancelled")
    return base64(line)


async def _asked(session: Session, challenge: bytes) -> bytes:
    session.wire.write(b"+ %b\r\n" % binascii.b2a_base64(challenge, newline=False))
    await session.wire.flush()
    line = await session.wire.line()
    if line is None:
        raise ConnectionAbortedError
    return line


async def _plain(session: Session, response: bytes) -> Identity:
    """[authorisation id] NUL address NUL password; nobody acts for another here."""
    fields = response.split(b"\0")
    if len(fields) != 3:
        raise BadSyntax("Not a PLAIN response")
    try:
        acting, address, password = (field.decode("utf-8") for field in fields)
    except UnicodeDecodeError:
        raise BadSyntax("Not a PLAIN response") from None
    if acting and acting.lower() != address.lower():
        raise Unauthenticated
    return await session.auth.password(address, password, session.wire.remote)


async def _bearer(session: Session, response: bytes) -> Identity:
    """RFC 7628 §3.1: a GS2 header that may name the account, then key=value pairs between ^A."""
    header, *pairs = response.split(b"\x01")
    values = dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)
    scheme, _, token = values.get(b"auth", b"").partition(b" ")
    if not header.startswith((b"n,", b"y,")) or scheme.lower() != b"bearer":
        raise BadSyntax("Not an OAUTHBEARER response")
    try:
        identity = await session.auth.token(token.decode("ascii", "replace").strip())
        _check_named(header, identity)
    except Unauthenticated:
        await _asked(session, _INVALID_TOKEN)  # §3.2.3: the client answers the error before it is final
        raise
    return identity


def _check_named(header: bytes, identity: Identity) -> None:
    named = next((field[2:] for field in header.split(b",") if field.startswith(b"a=")), b"")
    address = named.replace(b"=2C", b",").replace(b"=3D", b"=").decode("utf-8", "replace").lower()
    if address and address not in {identity.address.lower(), *(alias.lower() for alias in identity.aliases)}:
        raise Unauthenticated
