"""LOGIN (RFC 3501 §6.2.3), and what every way of logging in shares."""

import asyncio
from collections.abc import Awaitable

import structlog

from chassis.errors import TooManyRequests, Unauthenticated
from chassis.identity import Identity
from services.mail.imap.codec.commands import Login
from services.mail.imap.session import Session, State

log = structlog.get_logger(__name__)


async def login(session: Session, command: Login) -> bytes:
    if not session.may_log_in:
        return b"NO [PRIVACYREQUIRED] Begin TLS first"
    return await admit(session, session.auth.password(command.user, command.password, session.wire.remote))


async def admit(session: Session, proof: Awaitable[Identity]) -> bytes:
    """Log in as whom `proof` shows; a failure is slow, and a few of them end the session, as do tries during a wait."""
    try:
        identity = await proof
    except (Unauthenticated, TooManyRequests):
        session.failed_logins += 1
        log.info("imap_login_refused", remote=session.wire.remote)
        await asyncio.sleep(session.options.failed_login_pause)
        if session.failed_logins >= session.options.failed_logins:
            session.untagged(b"BYE Too many failed logins")
            session.leave()
        raise
    session.wire.logged_in(identity)
    session.identity = identity
    session.state = State.LOGGED_IN
    return f"OK [CAPABILITY {session.capabilities()}] Logged in".encode("ascii")
