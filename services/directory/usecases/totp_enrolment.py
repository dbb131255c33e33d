"""Authenticator applications of an account: begun, confirmed, removed."""

from dataclasses import dataclass, replace

from chassis.errors import PreconditionFailed
from chassis.identity import current_identity
from services.directory import totp
from services.directory.domain.factors import Factors, Totp
from services.directory.usecases.change_factors import change_factors, told
from services.directory.usecases.context import Directory
from services.directory.usecases.own_credentials import fresh_owner
from services.directory.usecases.proving import Proof, of_account, prove
from services.directory.usecases.recovery_codes import with_first_codes

PURPOSE = "totp"
WRONG_CODE = "Wrong code"


@dataclass(frozen=True)
class Enrolment:
    """What an application is told, once."""

    secret: str
    uri: str
    qr_svg: str


async def begin_totp(directory: Directory) -> Enrolment:
    """A new secret that waits for its first code; the one in use stays until then."""
    account = await fresh_owner(directory)
    secret = totp.new_secret()
    sealed = directory.sealer.seal(secret, PURPOSE, account.id)
    await change_factors(directory, account.id, lambda before: replace(before, enrolling=sealed))
    uri = totp.uri(secret, account.address, directory.policy.passkey_name)
    return Enrolment(secret, uri, totp.picture(uri))


async def confirm_totp(directory: Directory, code: str, remote: str) -> list[str]:
    """Take the secret into use. The first recovery codes of the account, or none when it has some.

    Raises `PreconditionFailed` when none was begun, `Unauthenticated` (the code), `TooManyRequests`.
    """
    account = await fresh_owner(directory)
    waiting = (await directory.factors.find(account.id)).enrolling
    if not waiting:
        raise PreconditionFailed("No authenticator application waits for its first code")
    step: int | None = None

    async def check() -> Proof:
        nonlocal step
        step = totp.step_of(directory.sealer.open(waiting, PURPOSE, account.id), code, directory.clock())
        return Proof.REFUSED if step is None else Proof.QUIET

    await prove(directory, of_account(account), remote, check, WRONG_CODE)
    fresh: list[str] = []

    def change(before: Factors) -> Factors:
        if before.enrolling != waiting:
            raise PreconditionFailed("Another application was begun meanwhile")
        taken = Totp(waiting, directory.clock(), step or 0)
        after, codes = with_first_codes(directory, replace(before, totp=taken, enrolling=""))
        fresh[:] = codes
        return after

    await change_factors(directory, account.id, change, told(account, "add_totp", "totp", "set"))
    # The session at hand has just proven it: its next token says so.
    await directory.sessions.strengthen(current_identity().session_id, ("pwd", "otp", "mfa"), directory.clock())
    return fresh


async def remove_totp(directory: Directory) -> None:
    """Removing what is not there changes nothing."""
    account = await fresh_owner(directory)
    await change_factors(directory, account.id, Factors.without_totp, told(account, "remove_totp", "totp", "removed"))


async def code_taken(directory: Directory, factors: Factors, code: str) -> bool:
    """Whether a code is right, and was not taken before."""
    if factors.totp is None:
        return False
    secret = directory.sealer.open(factors.totp.sealed, PURPOSE, factors.account_id)
    step = totp.step_of(secret, code, directory.clock())
    return step is not None and await directory.factors.use_step(factors.account_id, step)
