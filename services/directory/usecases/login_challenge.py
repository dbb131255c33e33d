"""What stands between a first proof and the second factor: a sealed note that the client carries.

The first proof is a right password, or the code of a letter that replaces a lost one: a note of one kind is none of the
other, so that whoever may choose a password is not logged in by that.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from chassis.errors import Unauthenticated
from services.directory.domain.accounts import Account
from services.directory.usecases.context import Directory

LASTS = timedelta(minutes=5)
OVER = "The login took too long; begin again"
LOGIN, RESET = "login-challenge", "reset-challenge"
_LONGEST = 4096


def sealed(directory: Directory, purpose: str, **said: Any) -> str:
    """A note to ourselves that nobody else can read or make, good for five minutes."""
    until = (directory.clock() + LASTS).isoformat()
    return directory.sealer.seal(json.dumps({**said, "until": until}), purpose, "")


def unsealed(directory: Directory, text: str, purpose: str) -> dict[str, Any]:
    """What it says. Raises `Unauthenticated` for what is no such note, or not any more."""
    if not text or len(text) > _LONGEST:
        raise Unauthenticated(OVER)
    try:
        said: dict[str, Any] = json.loads(directory.sealer.open(text, purpose, ""))
    except ValueError as error:
        raise Unauthenticated(OVER) from error
    if datetime.fromisoformat(said["until"]) <= directory.clock():
        raise Unauthenticated(OVER)
    return said


def challenge_of(directory: Directory, account: Account, kind: str = LOGIN, **more: str) -> str:
    """The challenge of an account that has given a first proof; it carries `more` to where it is answered."""
    credential = account.credential.id if account.credential is not None else ""
    at = directory.clock().isoformat()
    return sealed(directory, kind, account=account.id, credential=credential, at=at, **more)


async def challenged(directory: Directory, challenge: str, kind: str = LOGIN) -> Account:
    """Whose it is, unless something happened to the account since. Raises `Unauthenticated`."""
    said = unsealed(directory, challenge, kind)
    account = await directory.accounts.find_with_credential(said["account"])
    if account is None or account.suspended or account.credential is None:
        raise Unauthenticated(OVER)
    if account.credential.id != said["credential"]:
        raise Unauthenticated(OVER)
    if account.sessions_end is not None and datetime.fromisoformat(said["at"]) <= account.sessions_end:
        raise Unauthenticated(OVER)
    return account


async def challenged_for_either(directory: Directory, challenge: str) -> Account:
    """The same of a challenge of either kind."""
    try:
        return await challenged(directory, challenge)
    except Unauthenticated:
        return await challenged(directory, challenge, RESET)
