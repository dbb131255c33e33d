"""Whether a password is the one of an address. Every failure costs the same and says the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.errors import Unauthenticated
from services.directory import hashes
from services.directory.domain import passwords
from services.directory.domain.accounts import PERSON, Account
from services.directory.domain.addresses import looked_up
from services.directory.domain.factors import Factors
from services.directory.usecases.context import Directory
from services.directory.usecases.proving import WRONG, Proof, of_account, of_address, prove

__all__ = ["WRONG", "authenticate", "of_spelling", "renewed", "right_password", "slowly_refused"]


async def authenticate(directory: Directory, address: str, password: str, remote: str) -> tuple[Account, Factors]:
    """The account that address and password are of, and what has to follow them.

    `remote` is the client's network address, empty when unknown. An address that is nobody's, an account without
    password or suspended, and a wrong password all verify one hash and are counted alike. A password that a second
    factor has to follow forgives no earlier failure: who knows it could guess at codes for ever. Raises
    `Unauthenticated`, or `TooManyRequests` while the account or the remote address has to wait.
    """
    account = await of_spelling(directory, address)
    who = of_account(account) if account is not None else of_address(directory, address)
    factors = Factors("")

    async def check() -> Proof:
        nonlocal factors
        if not await right_password(directory, account, password) or account is None:
            return Proof.REFUSED
        await renewed(directory, account, password)
        factors = await directory.factors.find(account.id)
        return Proof.QUIET if factors.strong else Proof.SETTLED

    async with slowly_refused(directory):
        await prove(directory, who, remote, check)
    assert account is not None  # noqa: S101 - a right password is somebody's
    return account, factors


async def of_spelling(directory: Directory, address: str) -> Account | None:
    """The account that has an address, with its credential; an address that can be nobody's is nobody's."""
    spelling = looked_up(address)
    return await directory.accounts.by_address(spelling) if spelling else None


async def right_password(directory: Directory, account: Account | None, password: str) -> bool:
    """One hash is verified, whatever is wrong. A service account proves itself as its client does, and never so."""
    usable = account is not None and account.kind == PERSON and not account.suspended and passwords.possible(password)
    encoded = account.credential.encoded if usable and account and account.credential else None
    tried = passwords.prepared(password) if passwords.possible(password) else "no password is this long"
    return await directory.hasher.verify(encoded, tried)


async def renewed(directory: Directory, account: Account, password: str) -> None:
    """Keep a password that was right under our own hash, where an older system's was imported."""
    if account.credential is not None and hashes.is_imported(account.credential.encoded):
        await directory.accounts.rehash(account, await directory.hasher.hash(passwords.prepared(password)))


@asynccontextmanager
async def slowly_refused(directory: Directory) -> AsyncIterator[None]:
    """Let no refusal out sooner than any other: an imported hash takes another time than one of ours."""
    loop = asyncio.get_running_loop()
    earliest = loop.time() + directory.policy.failure_seconds
    try:
        yield
    except Unauthenticated:
        await asyncio.sleep(max(0.0, earliest - loop.time()))
        raise
