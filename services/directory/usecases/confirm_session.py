"""Finish a login with a second factor."""

from services.directory.usecases.context import Directory
from services.directory.usecases.create_session import Tokens, open_session, tokens_of
from services.directory.usecases.login_challenge import challenged
from services.directory.usecases.proving import Proof, of_account, prove
from services.directory.usecases.second_factor import Second, second_given
from services.directory.usecases.totp_enrolment import WRONG_CODE


async def confirm_session(directory: Directory, challenge: str, second: Second, remote: str, user_agent: str) -> Tokens:
    """Raises `InvalidInput`, `Unauthenticated`, `TooManyRequests` under the lockout of the password before it."""
    second.wanted()
    account = await challenged(directory, challenge)
    amr: tuple[str, ...] = ()

    async def check() -> Proof:
        nonlocal amr
        amr = await second_given(directory, account, second, challenge, remote)
        return Proof.SETTLED if amr else Proof.REFUSED

    await prove(directory, of_account(account), remote, check, WRONG_CODE)
    session = await open_session(directory, account, amr=amr, remote=remote, user_agent=user_agent)
    return await tokens_of(directory, account, session, session.generation)
