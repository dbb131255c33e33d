"""Where an account is logged in: its own sessions, and how they end."""

from dataclasses import replace

from chassis.errors import NotFound
from chassis.identity import current_identity
from services.directory.domain.accounts import Account
from services.directory.domain.sessions import Session
from services.directory.usecases import facts
from services.directory.usecases.context import Directory
from services.directory.usecases.own_credentials import owner

NO_SESSION = "There is no such session"


async def list_sessions(directory: Directory) -> list[Session]:
    """The caller's, last seen first."""
    return await living_sessions(directory, await owner(directory))


async def living_sessions(directory: Directory, account: Account) -> list[Session]:
    """Those of an account that are not over, last seen first."""
    now = directory.clock()
    found = [session for session in await directory.sessions.of_account(account.id) if session.lives(now)]
    if account.sessions_end is not None:
        ended = account.sessions_end
        found = [session for session in found if session.created_at > ended]
    seen = [replace(session, seen_at=session.seen_at or session.created_at) for session in found]
    return sorted(seen, key=lambda session: session.seen_at or session.created_at, reverse=True)


async def revoke_session(directory: Directory, session_id: str) -> None:
    """End one of the caller's. Raises `NotFound`."""
    await revoke_one(directory, await owner(directory), session_id)


async def revoke_one(directory: Directory, account: Account, session_id: str) -> None:
    """End a session of an account, and say so in the same write. Raises `NotFound`."""
    session = await directory.sessions.find(session_id)
    if session is None or session.account_id != account.id:
        raise NotFound(NO_SESSION)
    said = [
        facts.session_revoked(account.id, session.id),
        *facts.recorded_of_others("revoke_session", account, {"session": session.id}),
    ]
    await directory.sessions.end(session.id, directory.clock(), said)


async def revoke_other_sessions(directory: Directory) -> int:
    """End all of the caller's but the one at hand; how many there were."""
    account = await owner(directory)
    others = [s for s in await living_sessions(directory, account) if s.id != current_identity().session_id]
    for session in others:
        await revoke_one(directory, account, session.id)
    return len(others)
