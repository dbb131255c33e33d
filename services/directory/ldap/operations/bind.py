"""Bind (RFC 4511 §4.2, RFC 4513): who is asking."""

import asyncio

import structlog

from chassis.errors import TooManyRequests, Unauthenticated, Unavailable
from services.directory.ldap import names
from services.directory.ldap.codec import responses
from services.directory.ldap.codec.requests import Bind
from services.directory.ldap.session import Refused, Session
from services.directory.ldap.tree import leaf_address
from services.directory.usecases.context import utc_now

log = structlog.get_logger(__name__)
_WRONG = "Wrong name or password"


async def bind(session: Session, message_id: int, request: Bind) -> None:
    session.forget()
    if request.version != 3:
        raise Refused(responses.PROTOCOL_ERROR, "Only version 3 is spoken here")
    name, password = _said(session, request)
    if not name and not password:
        session.wire.write(responses.result(message_id, responses.BIND_RESPONSE, responses.SUCCESS))
        return
    if not session.wire.secure and not session.options.plain_login:
        raise Refused(responses.CONFIDENTIALITY_REQUIRED, "Begin TLS first")
    if not password:
        # RFC 4513 §5.1.2: many an application takes such a bind for a proof of who its user is.
        raise Refused(responses.UNWILLING, "A bind with a name needs a password")
    await _prove(session, name, password)
    session.wire.write(responses.result(message_id, responses.BIND_RESPONSE, responses.SUCCESS))


def _said(session: Session, request: Bind) -> tuple[str, str]:
    """Name and password of a bind, simple or SASL PLAIN (RFC 4616)."""
    if not request.mechanism:
        return request.name, _text(request.credentials)
    if request.mechanism.upper() != "PLAIN" or not (session.wire.secure or session.options.plain_login):
        raise Refused(responses.AUTH_METHOD_UNKNOWN, "PLAIN over TLS is the only mechanism")
    said = request.credentials.split(b"\0")
    if len(said) != 3 or not said[1] or not said[2]:
        raise Refused(responses.INVALID_CREDENTIALS, _WRONG)
    acting, name, password = map(_text, said)
    if acting.removeprefix("u:").removeprefix("dn:") not in {"", name}:
        raise Refused(responses.INVALID_CREDENTIALS, "Nobody acts for another here")
    return name, password


def _text(octets: bytes) -> str:
    """A password that is no UTF-8 is nobody's; it is verified all the same, so that it takes as long."""
    return octets.decode("utf-8", "replace")


async def _prove(session: Session, name: str, password: str) -> None:
    try:
        address = leaf_address(name)
    except names.BadName:
        address = ""
    now = utc_now()
    try:
        who = await session.verify(address, password, session.wire.remote)
        session.wire.bound(who)
    except Unavailable as error:
        raise Refused(responses.UNAVAILABLE, error.detail) from error
    except (Unauthenticated, TooManyRequests) as error:
        session.failed_logins += 1
        log.info("ldap_bind_refused", remote=session.wire.remote)
        await asyncio.sleep(session.options.failed_login_pause)
        session.leaving = session.failed_logins >= session.options.failed_logins
        busy = isinstance(error, TooManyRequests)
        code = responses.BUSY if busy else responses.INVALID_CREDENTIALS
        raise Refused(code, error.detail if busy else _WRONG) from error
    session.account, session.since = who.account, now
