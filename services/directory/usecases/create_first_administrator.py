"""Make the platform's first administrator, once."""

import hmac
from dataclasses import replace

from chassis.errors import Forbidden, PreconditionFailed, TooManyRequests
from chassis.ids import new_id
from services.directory.domain import lockout
from services.directory.domain.accounts import ADMINISTRATOR, Account, RoleGrant
from services.directory.usecases import facts
from services.directory.usecases.choose_password import chosen
from services.directory.usecases.context import Directory

_TRIES = "first-administrator"


async def create_first_administrator(
    directory: Directory, secret: str, address: str, password: str, display_name: str
) -> Account:
    """The national administrator. Raises `Forbidden` (the secret), `PreconditionFailed` (done), `InvalidInput`."""
    async with directory.turns.of(_TRIES):
        await _admit(directory, secret)
    wanted = Account(new_id(), address, display_name, directory.clock()).with_addresses(address, ())
    account = replace(wanted.with_name(display_name), roles=(RoleGrant(ADMINISTRATOR),))
    account = replace(account, credential=await chosen(directory, account, password))
    told = [facts.created(account), facts.recorded_of("create_first_administrator", account, actor=account)]
    await directory.installation.make_administrator(account, directory.clock(), told)
    return account


async def _admit(directory: Directory, secret: str) -> None:
    now = directory.clock()
    wait = (await directory.tries.read(_TRIES, now)).wait(now)
    if wait > 0:
        raise TooManyRequests("Too many wrong secrets; wait a while", retry_after=wait)
    expected = directory.first_administrator_secret
    if not expected or await directory.installation.has_administrator():
        raise PreconditionFailed("The first administrator has been made, or no secret is set")
    if not hmac.compare_digest(secret.encode("utf-8"), expected.encode("utf-8")):
        await directory.tries.failed(_TRIES, now, lockout.ACCOUNT)
        raise Forbidden("Wrong secret")
