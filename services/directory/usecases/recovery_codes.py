"""Codes on paper that stand in for a second factor, each once."""

from services.directory.domain import codes
from services.directory.domain.accounts import Account
from services.directory.domain.factors import RECOVERY_CODES, Factors
from services.directory.usecases import facts
from services.directory.usecases.change_factors import change_factors, told
from services.directory.usecases.context import Directory
from services.directory.usecases.own_credentials import fresh_owner

_PURPOSE = "recovery-code"


def _proofs(directory: Directory, account_id: str, code: str) -> list[str]:
    return [proof.hex() for proof in directory.sealer.proofs(_PURPOSE, f"{account_id}.{code}")]


def _made(directory: Directory, factors: Factors) -> tuple[Factors, list[str]]:
    fresh = [codes.made(codes.RECOVERY) for _ in range(RECOVERY_CODES)]
    kept = [_proofs(directory, factors.account_id, code)[0] for code in fresh]
    return factors.with_recovery_codes(kept), [codes.shown(code) for code in fresh]


def with_first_codes(directory: Directory, factors: Factors) -> tuple[Factors, list[str]]:
    """The factors with recovery codes, and the codes where these are new."""
    return (factors, []) if factors.recovery_codes else _made(directory, factors)


async def create_recovery_codes(directory: Directory) -> list[str]:
    """New ones; those of before are void. Raises `PreconditionFailed` without a second factor."""
    account = await fresh_owner(directory)
    fresh: list[str] = []

    def change(before: Factors) -> Factors:
        after, made = _made(directory, before)
        fresh[:] = made
        return after

    await change_factors(directory, account.id, change, told(account, "create_recovery_codes", "recovery_codes", "set"))
    return fresh


async def recovery_code_taken(directory: Directory, account: Account, typed: str, remote: str) -> bool:
    """Whether it is one of the account's; then it is none any more."""
    code = codes.read(typed, codes.RECOVERY)
    if code is None:
        return False
    used = facts.recorded_of("use_recovery_code", account, remote=remote, actor=account)
    for proof in _proofs(directory, account.id, code):
        if await directory.factors.use_recovery_code(account.id, proof, [used]):
            return True
    return False
