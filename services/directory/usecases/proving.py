"""One try at proving who one is, whatever the proof: admitted, counted and settled the same way everywhere.

Passwords, one-time codes, recovery codes and app passwords of an account share its counters, so that no grant is a
way around the wait of another.
"""

from collections.abc import Awaitable, Callable
from enum import Enum, auto

from chassis.errors import TooManyRequests, Unauthenticated
from services.directory.domain import lockout
from services.directory.domain.accounts import Account
from services.directory.domain.addresses import looked_up
from services.directory.domain.lockout import Tries
from services.directory.usecases.context import Directory

WRONG = "Wrong address or password"
Counter = tuple[str, lockout.Limit]


class Proof(Enum):
    """What became of a try."""

    REFUSED = auto()
    # Right, and all that was to be proven: earlier failures are forgiven, and the place is known from now on.
    SETTLED = auto()
    # Right, and neither forgives nor teaches anything: it was not all, or it is repeated by a program all day.
    QUIET = auto()


async def prove(
    directory: Directory, who: str, remote: str, check: Callable[[], Awaitable[Proof]], refusal: str = WRONG
) -> None:
    """Let `check` look at the proof when it is its turn and no wait is on.

    `who` is what tries are counted under, `remote` the client's network address, empty when unknown. Raises
    `Unauthenticated`, or `TooManyRequests` while who or where has to wait.
    """
    remote = lockout.network(remote)
    known = await directory.tries.knows(who, remote, directory.clock()) if remote else False
    counters = _counters(who, remote, known)
    # What is counted apart waits apart: strangers' guesses hold up nobody at home.
    async with directory.turns.of(counters[0][0]):
        tries = await admit(directory, counters)
        proof = await check()
        if proof is Proof.REFUSED:
            await count(directory, counters)
            raise Unauthenticated(refusal)
        if proof is Proof.SETTLED:
            await _settle(directory, counters, tries)
            if remote and not known:
                await directory.tries.remember(who, remote, directory.clock())


async def _settle(directory: Directory, counters: list[Counter], tries: list[Tries]) -> None:
    """The account starts anew; where it is, its failures count no longer, as they were a person's who mistyped."""
    (own, _), *places = counters
    if failures := tries[0].failures:
        now = directory.clock()
        await directory.tries.clear(own)
        for key, limit in places:
            await directory.tries.forgiven(key, now, limit, failures)


def of_account(account: Account) -> str:
    """What tries at an account are counted under."""
    return f"account:{account.id}"


def of_address(directory: Directory, address: str) -> str:
    """Of an unknown address only a proof is kept: people type passwords there.

    All spellings of it are one, as they are of a known one: otherwise the wait of the one would tell it from the other.
    """
    spelling = looked_up(address) or address.strip().lower()
    return f"address:{directory.sealer.proofs('unknown-address', spelling)[0].hex()}"


def of_place(remote: str, what: str) -> list[Counter]:
    """The counters of who has not said which account it is about; those of `what` it tries are their own, so that
    mistyped passwords keep nobody there from using a code."""
    place = lockout.network(remote)
    return [(f"{what}:{place}", lockout.REMOTE)] if place else []


def _counters(who: str, remote: str, known: bool) -> list[Counter]:
    """Where the account is at home its tries are counted on their own, and strangers' tries there do not matter."""
    if known:
        return [(f"{who}@{remote}", lockout.ACCOUNT)]
    own = [(who, lockout.ACCOUNT)]
    return [*own, (f"remote:{remote}", lockout.REMOTE)] if remote else own


async def admit(directory: Directory, counters: list[Counter]) -> list[Tries]:
    """What each has counted so far. Raises `TooManyRequests` while one of them has to wait."""
    now = directory.clock()
    tries = await directory.tries.read_all([key for key, _ in counters], now)
    wait = max((each.wait(now) for each in tries), default=0.0)
    if wait > 0:
        raise TooManyRequests("Too many wrong passwords; wait a while", retry_after=wait)
    return tries


async def count(directory: Directory, counters: list[Counter]) -> None:
    """One more wrong try."""
    for key, limit in counters:
        await directory.tries.failed(key, directory.clock(), limit)
