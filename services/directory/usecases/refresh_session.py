"""Exchange a refresh token for new tokens."""

from chassis.errors import Unauthenticated
from services.directory.domain.accounts import Account
from services.directory.domain.sessions import Session, expiry
from services.directory.usecases import facts
from services.directory.usecases.context import Directory
from services.directory.usecases.create_session import Tokens, tokens_of

OVER = "The session has ended"


async def refresh_session(directory: Directory, token: str) -> Tokens:
    """The next tokens of a session. Raises `Unauthenticated`.

    A token that was exchanged before has been copied by somebody: the session ends, for both (RFC 9700 §4.14.2).
    """
    session, generation = await _issued(directory, token)
    now = directory.clock()
    account = await account_of(directory, session)
    if generation != session.generation or not await directory.sessions.rotate(
        session, expiry(session.created_at, now), now
    ):
        revoked = facts.session_revoked(session.account_id, session.id)
        await directory.sessions.end(session.id, now, [revoked])
        raise Unauthenticated(OVER)
    return await tokens_of(directory, account, session, session.generation + 1)


async def account_of(directory: Directory, session: Session) -> Account:
    """Whose session it is, while both live. Raises `Unauthenticated`."""
    account = await directory.accounts.find(session.account_id)
    if account is None or account.suspended or not session.lives(directory.clock()):
        raise Unauthenticated(OVER)
    if account.sessions_end is not None and session.created_at <= account.sessions_end:
        raise Unauthenticated(OVER)
    return account


async def _issued(directory: Directory, token: str) -> tuple[Session, int]:
    named = directory.refresh_tokens.named(token)
    session = await directory.sessions.find(named[0]) if named else None
    if named is None or session is None or not directory.refresh_tokens.proven(token, session, named[1]):
        raise Unauthenticated(OVER)
    return session, named[1]
