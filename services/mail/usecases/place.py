"""The step that delivery, appending and sending share: give messages their places in a mailbox, in a transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from chassis.events import Fact
from chassis.ids import new_id
from services.mail.domain.journal import Journaled
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Arrival, Placed
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import received
from services.mail.usecases.quota import bounds_of
from services.mail.usecases.threads import find_threads

# Counts arrivals in a mailbox (`Mailboxes.advance…`) and returns the mailbox after them.
Advance = Callable[..., Awaitable[Mailbox]]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A message without a place; `shared` is `described(content)`, `context` the one that its facts are of.

    `message_id` where it has an id of its own already. `also` makes another fact, of its owner and place. `journaled`:
    what journals are to be told of it.
    """

    arrival: Arrival
    shared: Mapping[str, Any]
    context: Context = field(default_factory=copy_context)
    message_id: str = ""
    also: Callable[[str, Placed], Fact] | None = None
    journaled: Sequence[Journaled] = ()

    def facts(self, owner: str, where: Placed, hearers: Sequence[str]) -> list[Fact]:
        told = [self.context.run(received, owner, where, self.arrival, hearers)]
        return told if self.also is None else [*told, self.context.run(self.also, owner, where)]


async def place(
    mail: Mail,
    owner: str,
    advance: Advance,
    newcomers: Sequence[Newcomer],
    *,
    beyond_quota: bool = False,
    session: Any,
) -> list[Placed]:
    """Counter first, then the documents that use its numbers, each with its fact in it.

    Raises `OverQuota` when there is no room, unless they may go `beyond_quota`. In a mailbox that somebody succeeds to,
    the hand-over is asked to go on by the same transaction.
    """
    arrivals = [newcomer.arrival for newcomer in newcomers]
    count = len(newcomers)
    box = await advance(
        uids=count,
        modseqs=count,
        messages=count,
        unseen=sum(not arrival.seen for arrival in arrivals),
        size=sum(arrival.size for arrival in arrivals),
        bounds=await bounds_of(mail, owner, enforced=not beyond_quota),
        session=session,
    )
    first_uid, first_modseq = box.uid_next - count, box.modseq - count + 1
    placed = [
        Placed(newcomer.message_id or new_id(), box.id, box.uid_validity, first_uid + number, first_modseq + number)
        for number, newcomer in enumerate(newcomers)
    ]
    hearers = await hearers_of(mail, box)
    threads = await find_threads(mail, owner, [newcomer.shared for newcomer in newcomers], session=session)
    await mail.store.messages.insert(
        owner,
        [
            (
                where,
                newcomer.arrival,
                newcomer.shared,
                thread,
                newcomer.facts(owner, where, hearers),
            )
            for where, newcomer, thread in zip(placed, newcomers, threads, strict=True)
        ],
        mail.now(),
        session=session,
    )
    journaled = [each for newcomer in newcomers for each in newcomer.journaled]
    await mail.store.journal_entries.insert(journaled, session=session)
    if box.handed:
        await mail.store.handovers.ask(owner, mail.now(), session=session)
    return placed
