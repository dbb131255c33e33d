"""AUTHENTICATE (RFC 3501 §6.2.2) with PLAIN (RFC 4616) and OAUTHBEARER (RFC 7628)."""

import binascii

from chassis.errors import Unauthenticated
from chassis.identity import Identity
from services.mail import sasl
from services.mail.imap.codec.commands import Authenticate
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.codec.parse import base64
from services.mail.imap.commands.login import admit
from services.mail.imap.session import Session


async def authenticate(session: Session, command: Authenticate) -> bytes:
    if not session.may_log_in:
        return b"NO [PRIVACYREQUIRED] Begin TLS first"
    if command.mechanism not in ("PLAIN", "OAUTHBEARER"):
        return b"NO [CANNOT] Unknown mechanism"
    response = command.initial
    if response is None:
        response = await _challenged(session, b"")
    try:
        if command.mechanism == "PLAIN":
            return await admit(session, sasl.plain(session.auth, response, session.wire.remote))
        return await admit(session, _bearer(session, response))
    except sasl.Malformed as error:
        raise BadSyntax(str(error)) from None


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


async def _bearer(session: Session, response: bytes) -> Identity:
    try:
        return await sasl.bearer(session.auth, response)
    except Unauthenticated:
        await _asked(session, sasl.INVALID_TOKEN)  # RFC 7628 §3.2.3: the client answers the error before it is final
        raise
