"""Who may change how it logs in: the person itself, lately logged in, and no application on its behalf."""

from datetime import timedelta

from chassis.errors import Forbidden, LoginTooOld, PreconditionFailed
from chassis.identity import current_identity
from services.directory.domain.accounts import SERVICE, Account
from services.directory.domain.sessions import MULTI_FACTOR
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory

FRESH = timedelta(minutes=15)


async def owner(directory: Directory) -> Account:
    """The caller, by a session of the workspace itself. Raises `Forbidden` for an application's limited token."""
    account = await caller(directory)
    if current_identity().scopes is not None:
        raise Forbidden("An application does not see or change how its user logs in")
    return account


async def fresh_owner(directory: Directory) -> Account:
    """The same with a login of the last quarter of an hour: a forgotten session is no place to leave a key behind.

    Raises `LoginTooOld`.
    """
    account = await owner(directory)
    if account.kind == SERVICE:
        raise PreconditionFailed("An application has credentials of its own kind")
    session = await directory.sessions.find(current_identity().session_id)
    proven = (session.authenticated_at or session.created_at) if session is not None else None
    if proven is None or directory.clock() - proven > FRESH:
        raise LoginTooOld("Log in again to change how you log in")
    return account


async def strong_owner(directory: Directory) -> Account:
    """The same, with the second factor in that login where the account has one by now. Raises `LoginTooOld`."""
    account = await fresh_owner(directory)
    session = await directory.sessions.find(current_identity().session_id)
    if (await directory.factors.find(account.id)).strong and (session is None or session.acr != MULTI_FACTOR):
        raise LoginTooOld("Log in again, with the second factor, to change how you log in")
    return account
