"""Arrivals in one INBOX that come together share a transaction."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from chassis.errors import NotFound, WorkspaceError
from services.mail.domain.message import Placed
from services.mail.domain.names import INBOX
from services.mail.store.errors import Repeated
from services.mail.usecases.context import Mail
from services.mail.usecases.place import Newcomer, place
from services.mail.usecases.provision import provision


class Marked(NamedTuple):
    """A message on its way into an INBOX, and the mark by which a repeat of it is known."""

    newcomer: Newcomer
    mark: str


async def arrive(mail: Mail, owner: str, newcomer: Newcomer, mark: str) -> Placed:
    """The place of a message in its owner's INBOX. Raises `Repeated` when that mark was left within a day."""
    placed: Placed = await mail.arrivals.do(owner, Marked(newcomer, mark), partial(_settled, mail, owner))
    return placed


async def _settled(mail: Mail, owner: str, marked: Sequence[Marked]) -> list[Placed | Exception]:
    """All in one transaction; when one of them is a repeat, each in its own."""
    try:
        return [*await _provisioned(mail, owner, marked)]
    except Repeated as repeated:
        if len(marked) == 1:
            return [repeated]
    results: list[Placed | Exception] = []
    for one in marked:
        try:
            results += await _provisioned(mail, owner, [one])
        except (Repeated, WorkspaceError) as error:
            results.append(error)
    return results


async def _provisioned(mail: Mail, owner: str, marked: Sequence[Marked]) -> list[Placed]:
    try:
        return await _placed(mail, owner, marked)
    except NotFound:
        await provision(mail, owner)
        return await _placed(mail, owner, marked)


async def _placed(mail: Mail, owner: str, marked: Sequence[Marked]) -> list[Placed]:
    if len({one.mark for one in marked}) < len(marked):
        raise Repeated

    async def act(session: Any) -> list[Placed]:
        inbox = partial(mail.store.mailboxes.advance_named, owner, INBOX)
        placed = await place(mail, owner, inbox, [one.newcomer for one in marked], session=session)
        results = {one.mark: where.message_id for one, where in zip(marked, placed, strict=True)}
        await mail.store.repeats.note_all(results, mail.now(), session=session)
        return placed

    return await mail.store.transaction(act)
