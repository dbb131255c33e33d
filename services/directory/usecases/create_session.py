"""Log in."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.errors import SecondFactorRequired
from chassis.ids import new_id
from services.directory.domain.accounts import Account
from services.directory.domain.sessions import ACCESS_LIFETIME, Session, expiry
from services.directory.usecases import facts
from services.directory.usecases.authenticate import authenticate
from services.directory.usecases.context import Directory
from services.directory.usecases.login_challenge import challenge_of

MAX_USER_AGENT = 300


@dataclass(frozen=True)
class Tokens:
    """What a login answers."""

    access_token: str
    refresh_token: str
    expires_in: int


async def create_session(
    directory: Directory, address: str, password: str, remote: str, user_agent: str = ""
) -> Tokens:
    """Log in with a password.

    Raises `Unauthenticated`, `TooManyRequests`; `SecondFactorRequired` when the password is right and not enough.
    """
    account, factors = await authenticate(directory, address, password, remote)
    if factors.strong:
        fields = {"challenge": challenge_of(directory, account), "methods": " ".join(factors.methods)}
        raise SecondFactorRequired("A second factor has to follow", fields=fields)
    session = await open_session(directory, account, amr=("pwd",), remote=remote, user_agent=user_agent)
    return await tokens_of(directory, account, session, session.generation)


async def open_session(
    directory: Directory,
    account: Account,
    *,
    amr: Sequence[str],
    remote: str = "",
    user_agent: str = "",
    client_id: str = "",
    scopes: Sequence[str] = (),
    session_id: str = "",
    parent: Session | None = None,
    authenticated_at: datetime | None = None,
    lifetime: timedelta | None = None,
    certificate: str = "",
) -> Session:
    """A new session of an account that has proven itself by `amr` (RFC 8176), now or at `authenticated_at`.

    A client's session hangs on the login `parent`, or has none and a `lifetime` of its own.
    """
    now = directory.clock()
    session = Session(
        id=session_id or new_id(),
        account_id=account.id,
        seed=secrets.token_urlsafe(16),
        created_at=now,
        expires_at=now + lifetime if lifetime is not None else expiry(now, now),
        amr=tuple(amr),
        authenticated_at=authenticated_at or now,
        client_id=client_id,
        scopes=tuple(scopes),
        parent_id=parent.id if parent is not None else "",
        certificate=certificate,
        user_agent=user_agent[:MAX_USER_AGENT],
        remote=remote,
    )
    # Who may act upon others is seen to come; of everybody else the log keeps no movements.
    told = [facts.recorded_of("log_in", account, details=_login(session), actor=account, remote=remote)]
    await directory.sessions.insert(session, told if account.roles else ())
    return session


def _login(session: Session) -> dict[str, str]:
    said = {"session": session.id, "amr": " ".join(session.amr), "client": session.client_id}
    return {name: value for name, value in said.items() if value}


async def tokens_of(directory: Directory, account: Account, session: Session, generation: int) -> Tokens:
    """An access token and the refresh token of a generation."""
    access = await directory.keys.sign(account, session, directory.clock())
    refresh = directory.refresh_tokens.issue(session, generation)
    return Tokens(access, refresh, int(ACCESS_LIFETIME.total_seconds()))
