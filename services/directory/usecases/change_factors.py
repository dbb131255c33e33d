"""One change of an account's second factors in one write with its facts, tried again when somebody else was faster."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from chassis.errors import Conflict
from services.directory.domain.accounts import Account
from services.directory.domain.factors import Factors
from services.directory.domain.letters import Waiting
from services.directory.usecases import facts
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.facts import Fact


async def change_factors(
    directory: Directory,
    account_id: str,
    change: Callable[[Factors], Factors],
    tell: Callable[[Factors], Sequence[Fact]] = lambda _: (),
    letters: Callable[[Factors], Sequence[Waiting]] = lambda _: (),
) -> Factors:
    """Read, change, write one version further. What changes nothing is not written and not told.

    `letters` are those that the change has written, made of the factors before it.
    """
    for _ in range(TRIES):
        before = await directory.factors.find(account_id)
        changed = change(before)
        if changed == before:
            return before
        changed, ended = await _shut(directory, before, changed)
        after = replace(changed, version=before.version + 1)
        if await directory.factors.replace(after, [*tell(after), *ended], letters(before)):
            return after
    raise Conflict


async def _shut(directory: Directory, before: Factors, after: Factors) -> tuple[Factors, list[Fact]]:
    """With the first second factor, the account's own password opens no protocol any more: what it has opened ends."""
    if before.strong or not after.strong:
        return after, []
    account = await directory.accounts.find_with_credential(before.account_id)
    if account is None or account.credential is None:
        return after, []
    ended = facts.session_revoked(account.id, before.stood_on(account.credential.id))
    return after.shutting(account.credential.id, directory.clock()), [ended]


def told(account: Account, act: str, kind: str, change: str, of: str = "") -> Callable[[Factors], Sequence[Fact]]:
    """The facts of a change: to those who follow the account, and for the audit log."""

    def tell(after: Factors) -> Sequence[Fact]:
        details = {"kind": kind, **({"credential": of} if of else {})}
        return [
            facts.credential_changed(account.id, kind, change, of, after.version),
            facts.recorded_of(act, account, details=details),
        ]

    return tell
