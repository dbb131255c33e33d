"""The address that a lost password is replaced through: set, confirmed by a code that came there, removed.

It is its owner's business: the audit log keeps that it changed, and nothing keeps it where others see it.
"""

from dataclasses import replace
from datetime import timedelta

from chassis.errors import PreconditionFailed, TooManyRequests
from services.directory.domain import codes
from services.directory.domain.accounts import PERSON, Account
from services.directory.domain.factors import Factors, RecoveryAddress
from services.directory.domain.letters import CHANGED, CONFIRM, MOST_CONFIRMATIONS, NEWS_LASTS, REMOVED, Waiting
from services.directory.domain.recovery import recovery_address
from services.directory.usecases import facts
from services.directory.usecases.change_factors import change_factors, told
from services.directory.usecases.context import Directory
from services.directory.usecases.own_credentials import strong_owner
from services.directory.usecases.private_addresses import recovery_addresses, sealed_address
from services.directory.usecases.proving import Proof, of_account, prove
from services.directory.usecases.send_letters import letter_of_today, letter_to
from services.directory.usecases.totp_enrolment import WRONG_CODE

LASTS = timedelta(hours=1)
_KIND = "recovery_address"


def _proofs(directory: Directory, account_id: str, code: str) -> list[str]:
    return [proof.hex() for proof in directory.sealer.proofs("recovery-address-code", f"{account_id}.{code}")]


async def set_recovery_address(directory: Directory, given: str) -> None:
    """Have a code sent to an address, which counts once the code came back; the one in use stays until then.

    Raises `InvalidInput`, `LoginTooOld`, `PreconditionFailed`, `TooManyRequests` (so many codes a day).
    """
    account = await strong_owner(directory)
    if account.kind != PERSON:
        raise PreconditionFailed("Only a person has a recovery address")
    wanted = recovery_address(given, account)
    if await letter_of_today(directory, f"confirmation.{account.id}", MOST_CONFIRMATIONS) is None:
        raise TooManyRequests("So many codes have been sent today; try again tomorrow", retry_after=3600)
    code = codes.made(codes.RECOVERY)
    now = directory.clock()
    proof, sealed = _proofs(directory, account.id, code)[0], sealed_address(directory, account.id, wanted)

    def change(before: Factors) -> Factors:
        pending = replace(before.recovery, pending=sealed, proof=proof, until=now + LASTS)
        return replace(before, recovery=pending)

    shown = codes.shown(code)
    said = {"code": shown, "link": f"{directory.mailing.public_url}/account/recovery?code={shown}"}
    letter = letter_to(directory, account, wanted, CONFIRM, LASTS, said)
    # Nothing is in force yet: the log alone hears.
    recorded = facts.recorded_of("begin_recovery_address", account)
    await change_factors(directory, account.id, change, lambda _: [recorded], lambda _: [letter])


async def confirm_recovery_address(directory: Directory, typed: str, remote: str) -> None:
    """Take the address into use that the code went to; the mailbox and the address before it are told.

    Raises `PreconditionFailed` when none waits for its code, `Unauthenticated`, `TooManyRequests`, `LoginTooOld`.
    """
    account = await strong_owner(directory)
    waiting = (await directory.factors.find(account.id)).recovery
    if not waiting.pending or waiting.until is None or waiting.until <= directory.clock():
        raise PreconditionFailed("No address waits for its code")
    code = codes.read(typed, codes.RECOVERY)

    async def check() -> Proof:
        right = code is not None and waiting.proof in _proofs(directory, account.id, code)
        return Proof.QUIET if right else Proof.REFUSED

    await prove(directory, of_account(account), remote, check, WRONG_CODE)

    def change(before: Factors) -> Factors:
        if before.recovery.proof != waiting.proof:
            raise PreconditionFailed("Another address was begun meanwhile")
        return replace(before, recovery=RecoveryAddress(address=waiting.pending))

    tell = told(account, "set_recovery_address", _KIND, "set")
    await change_factors(directory, account.id, change, tell, lambda before: _news(directory, account, CHANGED, before))


async def remove_recovery_address(directory: Directory) -> None:
    """Have none, nor one that waits. Removing what is not there changes nothing."""
    account = await strong_owner(directory)
    await change_factors(
        directory,
        account.id,
        lambda before: replace(before, recovery=RecoveryAddress()),
        told(account, "remove_recovery_address", _KIND, "removed"),
        lambda before: _news(directory, account, REMOVED, before) if before.recovery.address else [],
    )


def _news(directory: Directory, account: Account, kind: str, before: Factors) -> list[Waiting]:
    day = f"{directory.clock():%d/%m/%Y %H:%M} UTC"
    former, _ = recovery_addresses(directory, before)
    to = [account.address, *([former] if former else [])]
    return [letter_to(directory, account, each, kind, NEWS_LASTS, {"day": day}) for each in to]
