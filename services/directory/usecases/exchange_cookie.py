"""Cookies of a browser: made for the session at hand, exchanged for access tokens."""

from chassis.errors import Unauthenticated
from chassis.identity import current_identity
from services.directory.domain.sessions import ACCESS_LIFETIME, expiry
from services.directory.usecases.context import Directory
from services.directory.usecases.create_session import Tokens
from services.directory.usecases.refresh_session import OVER, account_of


async def create_cookie(directory: Directory) -> str:
    """The cookie of the session at hand. Raises `Unauthenticated`."""
    session = await directory.sessions.find(current_identity().session_id)
    if session is None or not session.lives(directory.clock()):
        raise Unauthenticated(OVER)
    return directory.cookies.issue(session)


async def exchange_cookie(directory: Directory, value: str) -> Tokens:
    """An access token, without a refresh token; using the cookie prolongs its session. Raises `Unauthenticated`."""
    named = directory.cookies.named(value)
    session = await directory.sessions.find(named) if named else None
    if session is None or not directory.cookies.proven(value, session):
        raise Unauthenticated(OVER)
    account = await account_of(directory, session)
    now = directory.clock()
    await directory.sessions.prolong(session.id, expiry(session.created_at, now), now)
    return Tokens(await directory.keys.sign(account, session, now), "", int(ACCESS_LIFETIME.total_seconds()))
