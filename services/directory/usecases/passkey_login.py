"""Log in with a passkey: as the second factor of a password, or alone when it verifies its user."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from chassis.errors import Unauthenticated
from services.directory import passkeys
from services.directory.domain.accounts import Account
from services.directory.domain.factors import Factors, Passkey
from services.directory.usecases import facts
from services.directory.usecases.authenticate import slowly_refused
from services.directory.usecases.change_factors import change_factors
from services.directory.usecases.context import Directory
from services.directory.usecases.create_session import Tokens, open_session, tokens_of
from services.directory.usecases.login_challenge import challenged_for_either, sealed, unsealed
from services.directory.usecases.proving import admit, count, of_place

_PURPOSE = "passkey-login"
REFUSED = "The passkey was not recognised"
# Past the end of any ceremony, clocks that differ included.
SPENT_FOR = timedelta(minutes=15)


async def begin_passkey(directory: Directory, challenge: str) -> tuple[str, str]:
    """A state, and options for the browser. Without a challenge they are the same for everybody.

    Raises `Unauthenticated` for a challenge that is over.
    """
    held: tuple[Passkey, ...] = ()
    if challenge:
        account = await challenged_for_either(directory, challenge)
        held = (await directory.factors.find(account.id)).passkeys
    nonce = secrets.token_bytes(32)
    state = sealed(directory, _PURPOSE, nonce=bytes_to_base64url(nonce), after=_named(challenge))
    return state, passkeys.login_options(directory.policy, nonce, held)


async def finish_passkey(directory: Directory, state: str, answer: str, remote: str, user_agent: str) -> Tokens:
    """Log in with a passkey alone. Raises `Unauthenticated`, `TooManyRequests` (the network address has failed often).

    The account's own wait does not hold it up: a passkey is not guessed, and nobody is to be kept out by others'
    guesses at the password.
    """
    place = of_place(remote, "passkey")
    await admit(directory, place)
    said = unsealed(directory, state, _PURPOSE)
    async with slowly_refused(directory):
        proven = await _proven(directory, said, answer, "") if not said["after"] else None
        if proven is None or not proven[1].user_verified:
            await count(directory, place)
            raise Unauthenticated(REFUSED)
        factors, signed = proven
        account = await directory.accounts.find(factors.account_id)
        if account is None or account.suspended:
            raise Unauthenticated(REFUSED)
    amr = ("swk" if signed.backed_up else "hwk", "user", "mfa")
    session = await open_session(directory, account, amr=amr, remote=remote, user_agent=user_agent)
    return await tokens_of(directory, account, session, session.generation)


async def second_factor(
    directory: Directory, account: Account, state: str, answer: str, challenge: str
) -> tuple[str, ...]:
    """How the login was proven then; empty when it was not."""
    said = unsealed(directory, state, _PURPOSE)
    if said["after"] != _named(challenge):
        return ()
    proven = await _proven(directory, said, answer, account.id)
    return ("pwd", "swk" if proven[1].backed_up else "hwk", "mfa") if proven is not None else ()


async def _proven(
    directory: Directory, said: dict[str, Any], answer: str, account_id: str
) -> tuple[Factors, passkeys.Signed] | None:
    """Whose passkey signed, and what; of one account only where it is given. Each ceremony is good once."""
    credential = passkeys.answered(answer)
    if credential is None or len(credential.id) > passkeys.LONGEST_ID:
        return None
    factors = await directory.factors.by_passkey(credential.id)
    passkey = factors.passkey(credential.id) if factors is not None else None
    if factors is None or passkey is None or (account_id and factors.account_id != account_id):
        return None
    handle = credential.response.user_handle
    if handle is not None and handle != factors.account_id.encode("ascii"):
        return None
    signed = passkeys.signed(directory.policy, base64url_to_bytes(said["nonce"]), credential, passkey)
    if signed is None:
        return None
    now = directory.clock()
    if not await directory.spent.spend(_spent(said), now + SPENT_FOR):
        return None
    if signed.sign_count <= passkey.sign_count and (signed.sign_count or passkey.sign_count):
        # Somebody has a copy of it (WebAuthn §6.1.1).
        await _tell_copied(directory, factors, passkey, now)
        return None
    if not await directory.factors.use_passkey(factors.account_id, passkey, signed.sign_count, now):
        return None
    return factors, signed


async def _tell_copied(directory: Directory, factors: Factors, passkey: Passkey, now: datetime) -> None:
    account = await directory.accounts.find(factors.account_id)
    if account is None:
        return
    said = facts.recorded(
        "use_passkey",
        account.id,
        account.address,
        account.unit_path,
        outcome=facts.REFUSED,
        details={"passkey": passkey.name, "why": "its count went back: it may have been copied"},
        actor=account,
    )
    await change_factors(directory, account.id, lambda before: before.with_copied(passkey.id, now), lambda _: [said])


def _named(challenge: str) -> str:
    """A challenge's name in a state; empty for none."""
    return hashlib.sha256(challenge.encode("utf-8")).hexdigest() if challenge else ""


def _spent(said: dict[str, Any]) -> str:
    return f"passkey.{said['nonce']}"
