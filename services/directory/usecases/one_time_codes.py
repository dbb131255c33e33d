"""One-time codes: issued by the help desk, by letter or by mail; taken by whoever sets a password with one."""

from dataclasses import replace
from datetime import datetime, timedelta

from chassis.errors import InvalidInput, PreconditionFailed, SecondFactorRequired, Unauthenticated
from services.directory.domain import codes
from services.directory.domain.accounts import PERSON, Account, Credential
from services.directory.domain.one_time import ACTIVATION, LASTS, MAILED_RESET, RESET, OneTimeCode
from services.directory.usecases import facts
from services.directory.usecases.authenticate import slowly_refused
from services.directory.usecases.authority import account_to_help, caller
from services.directory.usecases.change_account import change_account
from services.directory.usecases.choose_password import chosen, following
from services.directory.usecases.context import Directory
from services.directory.usecases.login_challenge import RESET as RESET_CHALLENGE
from services.directory.usecases.login_challenge import challenge_of, challenged, unsealed
from services.directory.usecases.proving import Proof, admit, count, of_account, of_place, prove
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.second_factor import Second, second_given
from services.directory.usecases.sensitive import administrators, resetting
from services.directory.usecases.totp_enrolment import WRONG_CODE as WRONG_FACTOR

WRONG_CODE = "This code is not good, or not any more"
_PURPOSE = "one-time-code"
_ACTS = {ACTIVATION: "activate_account", RESET: "reset_password", MAILED_RESET: "reset_password_by_mail"}
# Whoever replaces a lost password need not say who gave the code.
_TAKEN_FOR = {ACTIVATION: (ACTIVATION,), RESET: (RESET, MAILED_RESET)}


def _proofs(directory: Directory, purpose: str, code: str) -> list[str]:
    return [proof.hex() for proof in directory.sealer.proofs(_PURPOSE, f"{purpose}.{code}")]


def made(
    directory: Directory, account: Account, purpose: str, lasts: timedelta, number: int = 0
) -> tuple[OneTimeCode, str]:
    """A new code of an account with its credential, and what is handed over."""
    code = codes.made(codes.ONE_TIME)
    kept = OneTimeCode(
        account_id=account.id,
        purpose=purpose,
        proof=_proofs(directory, purpose, code)[0],
        replaces=account.credential.id if account.credential is not None else "",
        expires_at=directory.clock() + lasts,
        number=number,
    )
    return kept, codes.shown(code)


async def issue_code(directory: Directory, account_id: str, purpose: str) -> tuple[str, datetime]:
    """A code to hand to a person, and until when it is good. It replaces the one before.

    Raises `InvalidInput`, `NotFound`, `Forbidden`, `PreconditionFailed` when the account is not in that state.
    """
    if purpose not in LASTS:
        raise InvalidInput("A code is to activate an account or to reset its password", fields={"purpose": "unknown"})
    asking = await caller(directory)
    account = await account_to_help(directory, asking, account_id)
    if account.kind != PERSON or account.suspended:
        raise PreconditionFailed("Codes are for persons whose account is not suspended")
    if (purpose == ACTIVATION) != (account.credential is None):
        raise PreconditionFailed("An account without a password is activated, one that has one is reset")
    if administrators(account.roles):
        await ask_second_administrator(directory, asking, resetting("issue_code", account, {"purpose": purpose}))
    kept, code = made(directory, account, purpose, LASTS[purpose])
    said = facts.recorded_of(f"issue_{purpose}_code", account)
    await directory.one_time.put([(kept, [said])])
    return code, kept.expires_at


async def set_password_by_code(directory: Directory, purpose: str, code: str, password: str, remote: str) -> None:
    """Set the password of whom a code is for. Every session of the account ends; app passwords stay.

    A wrong code, one that was used or is over, and one of a suspended account are refused alike. A password that
    the policy refuses leaves the code good. With a mailed code, whoever has a second factor has to give it first
    (`SecondFactorRequired`): then the code stays good, and the chosen password travels sealed in the challenge.
    Raises `Unauthenticated`, `TooManyRequests`, `InvalidInput`.
    """
    place = of_place(remote, "code")
    await admit(directory, place)
    async with slowly_refused(directory):
        found = await _good(directory, purpose, code)
        if found is None:
            await count(directory, place)
            raise Unauthenticated(WRONG_CODE)
    kept, account = found
    credential = await chosen(directory, account, password, "new_password")
    if kept.purpose == MAILED_RESET and (factors := await directory.factors.find(account.id)).strong:
        more = {"id": credential.id, "encoded": credential.encoded, "proof": kept.proof}
        challenge = challenge_of(directory, account, RESET_CHALLENGE, **more)
        fields = {"challenge": challenge, "methods": " ".join(factors.methods)}
        raise SecondFactorRequired("A second factor has to follow", fields=fields)
    await _use(directory, kept, credential, remote)


async def confirm_reset(directory: Directory, challenge: str, second: Second, remote: str) -> None:
    """Set the password that a challenge carries, now that the second factor is given.

    It is tried under the account's own lockout, and forgives no failed login. Raises `InvalidInput`,
    `Unauthenticated`, `TooManyRequests`.
    """
    second.wanted()
    account = await challenged(directory, challenge, RESET_CHALLENGE)
    said = unsealed(directory, challenge, RESET_CHALLENGE)
    kept = await directory.one_time.find(MAILED_RESET, [said["proof"]])
    before = account.credential
    if kept is None or before is None or kept.account_id != account.id or kept.expires_at <= directory.clock():
        raise Unauthenticated(WRONG_CODE)

    async def check() -> Proof:
        given = await second_given(directory, account, second, challenge, remote)
        return Proof.QUIET if given else Proof.REFUSED

    await prove(directory, of_account(account), remote, check, WRONG_FACTOR)
    await _use(directory, kept, following(before, said["id"], said["encoded"]), remote)


async def _use(directory: Directory, kept: OneTimeCode, credential: Credential, remote: str) -> None:
    if not await directory.one_time.take(kept):
        raise Unauthenticated(WRONG_CODE)
    await _replace(directory, kept, credential, remote)


async def _good(directory: Directory, purpose: str, typed: str) -> tuple[OneTimeCode, Account] | None:
    code = codes.read(typed, codes.ONE_TIME) or ""
    # Of what is no code too, so that as much is asked for each.
    found = [await directory.one_time.find(each, _proofs(directory, each, code)) for each in _TAKEN_FOR[purpose]]
    kept = next((each for each in found if each is not None), None)
    account = await directory.accounts.find_with_credential(kept.account_id if kept is not None else "")
    if kept is None or account is None or account.suspended or kept.expires_at <= directory.clock():
        return None
    return (kept, account) if _current(account) == kept.replaces else None


def _current(account: Account) -> str:
    return account.credential.id if account.credential is not None else ""


async def _replace(directory: Directory, kept: OneTimeCode, credential: Credential, remote: str) -> None:
    async def read() -> Account:
        account = await directory.accounts.find_with_credential(kept.account_id)
        if account is None or account.suspended or _current(account) != kept.replaces:
            raise Unauthenticated(WRONG_CODE)
        return account

    async def change(before: Account) -> Account:
        return replace(before, credential=credential, sessions_end=directory.clock())

    act = _ACTS[kept.purpose]
    await change_account(
        directory,
        read,
        change,
        lambda after: [
            facts.sessions_revoked(after),
            facts.credential_changed(after.id, "password", "set", credential.id),
            facts.recorded_of(act, after, remote=remote, actor=after),
        ],
    )
