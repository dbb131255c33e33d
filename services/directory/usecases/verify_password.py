"""Check a password for a protocol server: an app password, or the account's own where policy allows it."""

from dataclasses import dataclass

from chassis.errors import Unauthenticated
from services.directory.domain import codes, passwords
from services.directory.domain.accounts import Account, Credential
from services.directory.usecases.app_password_proofs import app_password_proofs
from services.directory.usecases.authenticate import of_spelling, renewed, right_password, slowly_refused
from services.directory.usecases.context import Directory
from services.directory.usecases.proving import WRONG, Proof, of_account, of_address, prove


@dataclass(frozen=True)
class Verified:
    """Who connects, and what the connection stands on: it ends when that is revoked, as a session does."""

    account: Account
    session_id: str


async def verify_password(directory: Directory, address: str, password: str, protocol: str, remote: str) -> Verified:
    """Raises `Unauthenticated`, or `TooManyRequests` while the account or the remote address has to wait.

    An app password costs no argon2id, nor does one's own that was right a short while ago; who has to wait is told of
    neither.
    """
    account = await of_spelling(directory, address)
    who = of_account(account) if account is not None else of_address(directory, address)
    stands_on = ""
    allowed = True

    async def check() -> Proof:
        nonlocal stands_on, allowed
        stands_on = await _app_password(directory, account, password, protocol, remote)
        if stands_on:
            return Proof.QUIET
        if account is not None and (stands_on := await _remembered(directory, account, password)):
            return Proof.QUIET
        if not await right_password(directory, account, password) or account is None or account.credential is None:
            return Proof.REFUSED
        stands_on = await _own(directory, account, account.credential)
        allowed = bool(stands_on)
        if not allowed:
            # Right, but not here. It is no guess, and a telephone that is set up wrongly keeps nobody out.
            return Proof.QUIET
        await renewed(directory, account, password)
        directory.remembered.add(account.credential.id, passwords.prepared(password))
        return Proof.SETTLED

    async with slowly_refused(directory):
        await prove(directory, who, remote, check)
        if not allowed:
            raise Unauthenticated(WRONG)
    assert account is not None  # noqa: S101 - what was right is somebody's
    return Verified(account, stands_on)


async def _app_password(
    directory: Directory, account: Account | None, password: str, protocol: str, remote: str
) -> str:
    """The id of the app password that it is; empty when it is none of this account for this protocol."""
    secret = codes.read(password, codes.APP_PASSWORD)
    if secret is None:
        return ""
    # Of nobody's address too, so that as much is asked for each.
    found = await directory.app_passwords.proven(
        app_password_proofs(directory.sealer, account.id if account is not None else "", secret)
    )
    if found is None or account is None or account.suspended or not found.opens(protocol):
        return ""
    now = directory.clock()
    if found.worth_noting(now, remote):
        await directory.app_passwords.used(found.id, now, remote)
    return found.id


async def _remembered(directory: Directory, account: Account, password: str) -> str:
    """What it stands for when it was right a short while ago; then it clears no counter, or guessing beside it would
    be free."""
    if account.credential is None or account.suspended or not passwords.possible(password):
        return ""
    known = directory.remembered.holds(account.credential.id, passwords.prepared(password))
    return await _own(directory, account, account.credential) if known else ""


async def _own(directory: Directory, account: Account, credential: Credential) -> str:
    """What the account's own password stands for; empty where it opens no protocol."""
    if not directory.policy.protocol_own_password:
        return ""
    factors = await directory.factors.find(account.id)
    return "" if factors.strong else factors.stood_on(credential.id)
