"""Arrivals in one mailbox, INBOX or Junk, that come together share a transaction."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from chassis.errors import NotFound, OverQuota, WorkspaceError
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


class Into(NamedTuple):
    """Where messages are on their way to."""

    owner: str
    find: There
    beyond_quota: bool


async def arrive(
    mail: Mail, owner: str, newcomer: Newcomer, mark: str, *, junk: bool = False, beyond_quota: bool = False
) -> Placed:
    """The place of a message in its owner's INBOX, or among the junk.

    Raises `Repeated` when that mark was left within a day, `OverQuota` unless it may go `beyond_quota`.
    """
    there = Into(owner, _junk if junk else _inbox, beyond_quota)
    key = " ".join([owner, *(["junk"] if junk else []), *(["beyond"] if beyond_quota else [])])
    placed: Placed = await mail.arrivals.do(key, Marked(newcomer, mark), partial(_settled, mail, there))
    return placed


async def _inbox(mail: Mail, owner: str) -> Advance:
    return partial(mail.store.mailboxes.advance_named, owner, INBOX)


async def _junk(mail: Mail, owner: str) -> Advance:
    box = await special_mailbox(mail, owner, SpecialUse.JUNK)
    return partial(mail.store.mailboxes.advance, owner, box.id)


async def _settled(mail: Mail, into: Into, marked: Sequence[Marked]) -> list[Placed | Exception]:
    """All in one transaction; when one of them is a repeat or finds no room, each in its own."""
    try:
        return [*await _provisioned(mail, into, marked)]
    except (Repeated, OverQuota) as refused:
        if len(marked) == 1:
            return [refused]
    results: list[Placed | Exception] = []
    for one in marked:
        try:
            results += await _provisioned(mail, into, [one])
        except (Repeated, WorkspaceError) as error:
            results.append(error)
    return results


async def _provisioned(mail: Mail, into: Into, marked: Sequence[Marked]) -> list[Placed]:
    try:
        return await _placed(mail, into, marked)
    except NotFound:
        await provision(mail, into.owner)
        return await _placed(mail, into, marked)


async def _placed(mail: Mail, into: Into, marked: Sequence[Marked]) -> list[Placed]:
    if len({one.mark for one in marked}) < len(marked):
        raise Repeated
    advance = await into.find(mail, into.owner)

    async def act(session: Any) -> list[Placed]:
        newcomers = [one.newcomer for one in marked]
        placed = await place(mail, into.owner, advance, newcomers, beyond_quota=into.beyond_quota, session=session)
        results = {one.mark: where.message_id for one, where in zip(marked, placed, strict=True)}
        await mail.store.repeats.note_all(results, mail.now(), session=session)
        return placed

    return await mail.store.transaction(act)
