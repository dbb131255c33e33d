"""AUTHENTICATE (RFC 5804 §2.1) with PLAIN (RFC 4616) and OAUTHBEARER (RFC 7628)."""

import asyncio
import binascii
from collections.abc import Awaitable

import structlog

from chassis.errors import TooManyRequests, Unauthenticated
from chassis.identity import Identity
from services.mail import sasl
from services.mail.managesieve.codec import BadSyntax, response, write
from services.mail.managesieve.codec.commands import Authenticate
from services.mail.managesieve.session import Session, State

log = structlog.get_logger(__name__)


async def authenticate(session: Session, command: Authenticate) -> bytes:
    if not session.may_log_in:
        return write.no("Begin TLS first", b"ENCRYPT-NEEDED")
    if command.mechanism not in ("PLAIN", "OAUTHBEARER"):
        return write.no("Unknown mechanism")
    told = command.initial
    if told is None:
        told = await _challenged(session, b"")
    try:
        if command.mechanism == "PLAIN":
            return await _admit(session, sasl.plain(session.auth, told, session.wire.remote))
        return await _admit(session, _bearer(session, told))
    except sasl.Malformed as error:
        raise BadSyntax(str(error)) from None


async def _challenged(session: Session, challenge: bytes) -> bytes:
    """The client's answer."""
    session.tell(write.string(binascii.b2a_base64(challenge, newline=False)))
    await session.wire.flush()
    return response(await session.wire.line())


async def _bearer(session: Session, told: bytes) -> Identity:
    try:
        return await sasl.bearer(session.auth, told)
    except Unauthenticated:
        await _challenged(session, sasl.INVALID_TOKEN)  # RFC 7628 §3.2.3: the client answers before it is final
        raise


async def _admit(session: Session, proof: Awaitable[Identity]) -> bytes:
    """Log in as whom `proof` shows; a failure is slow, and a few of them end the session, as do tries during a wait."""
    try:
        identity = await proof
    except (Unauthenticated, TooManyRequests):
        session.failed_logins += 1
        log.info("managesieve_login_refused", remote=session.wire.remote)
        await asyncio.sleep(session.options.failed_login_pause)
        if session.failed_logins >= session.options.failed_logins:
            session.leave()
            return write.bye("Too many failed logins")
        raise
    session.wire.logged_in(identity)
    session.identity = identity
    session.state = State.LOGGED_IN
    return write.ok("Logged in")
