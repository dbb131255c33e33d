"""Arrivals in one mailbox, INBOX or Junk, that come together share a transaction."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from chassis.errors import NotFound, WorkspaceError
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.message import Placed
from services.mail.domain.names import INBOX
from services.mail.store.errors import Repeated
from services.mail.usecases.context import Mail
from services.mail.usecases.place import Advance, Newcomer, place
from services.mail.usecases.provision import provision
from services.mail.usecases.special_mailbox import special_mailbox

# Finds the mailbox that a message is for.
There = Callable[[Mail, str], Awaitable[Advance]]


class Marked(NamedTuple):
    """A message on its way into a mailbox, and the mark by which a repeat of it is known."""

    newcomer: Newcomer
    mark: str


async def arrive(mail: Mail, owner: str, newcomer: Newcomer, mark: str, *, junk: bool = False) -> Placed:
    """The place of a message in its owner's INBOX, or among the junk.

    Raises `Repeated` when that mark was left within a day.
    """
    there = _junk if junk else _inbox
    key = f"{owner} junk" if junk else owner
    placed: Placed = await mail.arrivals.do(key, Marked(newcomer, mark), partial(_settled, mail, owner, there))
    return placed


async def _inbox(mail: Mail, owner: str) -> Advance:
    return partial(mail.store.mailboxes.advance_named, owner, INBOX)


async def _junk(mail: Mail, owner: str) -> Advance:
    box = await special_mailbox(mail, owner, SpecialUse.JUNK)
    return partial(mail.store.mailboxes.advance, owner, box.id)


async def _settled(mail: Mail, owner: str, there: There, marked: Sequence[Marked]) -> list[Placed | Exception]:
    """All in one transaction; when one of them is a repeat, each in its own."""
    try:
        return [*await _provisioned(mail, owner, there, marked)]
    except Repeated as repeated:
        if len(marked) == 1:
            return [repeated]
    results: list[Placed | Exception] = []
    for one in marked:
        try:
            results += await _provisioned(mail, owner, there, [one])
        except (Repeated, WorkspaceError) as error:
            results.append(error)
    return results


async def _provisioned(mail: Mail, owner: str, there: There, marked: Sequence[Marked]) -> list[Placed]:
    try:
        return await _placed(mail, owner, there, marked)
    except NotFound:
        await provision(mail, owner)
        return await _placed(mail, owner, there, marked)


async def _placed(mail: Mail, owner: str, there: There, marked: Sequence[Marked]) -> list[Placed]:
    if len({one.mark for one in marked}) < len(marked):
        raise Repeated
    advance = await there(mail, owner)

    async def act(session: Any) -> list[Placed]:
        placed = await place(mail, owner, advance, [one.newcomer for one in marked], session=session)
        results = {one.mark: where.message_id for one, where in zip(marked, placed, strict=True)}
        await mail.store.repeats.note_all(results, mail.now(), session=session)
        return placed

    return await mail.store.transaction(act)
