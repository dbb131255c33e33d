"""One change of an account in one write with its facts, tried again when somebody else was faster."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from chassis.errors import Conflict
from services.directory.domain.accounts import Account
from services.directory.usecases.context import Directory
from services.directory.usecases.facts import Fact

TRIES = 8
Tell = Callable[[Account], Sequence[Fact]]


async def change_account(
    directory: Directory,
    read: Callable[[], Awaitable[Account]],
    change: Callable[[Account], Awaitable[Account]],
    tell: Tell,
) -> Account:
    """Read, change, write one version further. What changes nothing is not written and not told."""
    for _ in range(TRIES):
        before = await read()
        changed = await change(before)
        if changed == before:
            return before
        after = replace(changed, version=before.version + 1, changed_at=directory.clock())
        if await directory.accounts.replace(after, tell(after)):
            return after
    raise Conflict
