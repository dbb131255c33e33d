"""Sessions that ended before their tokens expire."""

from datetime import datetime, timedelta

from chassis.identity import Revocation
from services.directory.domain.sessions import ACCESS_LIFETIME
from services.directory.usecases.context import Directory

# Clocks differ, and a verifier allows some leeway.
SLACK = timedelta(minutes=2)


async def list_revocations(directory: Directory, since: datetime | None) -> list[Revocation]:
    """What ended at or after `since`.

    Without it, what may meet a living token. Who says since when it knows nothing may hold sessions that outlast
    tokens, as mail programs' do, and has to be told of all.
    """
    start = directory.clock() - ACCESS_LIFETIME - SLACK if since is None else since
    sessions = [
        Revocation(session.account_id, session.id, session.ended_at)
        for session in await directory.sessions.ended(start)
        if session.ended_at is not None
    ]
    programs = [
        Revocation(password.account_id, password.id, password.ended_at)
        for password in await directory.app_passwords.ended(start)
        if password.ended_at is not None
    ]
    own_passwords = [
        Revocation(factors.account_id, factors.shut.stood_on, factors.shut.at)
        for factors in await directory.factors.shut(start)
        if factors.shut is not None
    ]
    accounts = [Revocation(account, "", time) for account, time in await directory.accounts.sessions_ended(start)]
    return sessions + programs + own_passwords + accounts
