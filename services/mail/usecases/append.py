"""Put messages into a mailbox as its owner asks; nothing is sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chassis.errors import NotFound
from services.mail.domain.flags import canonical
from services.mail.domain.message import Arrival, Content, Placed
from services.mail.store.encoding import described
from services.mail.usecases.context import Mail
from services.mail.usecases.expunge import remove
from services.mail.usecases.place import Newcomer, place


@dataclass(frozen=True, slots=True)
class Appended:
    """A message that is to come in. `internal_date` is now when absent."""

    content: Content
    flags: Iterable[str] = ()
    internal_date: datetime | None = None

    def newcomer(self, mail: Mail) -> Newcomer:
        """Raises `InvalidInput` (flags)."""
        when = (self.internal_date or mail.now()).astimezone(UTC)
        return Newcomer(Arrival(self.content, b"", canonical(self.flags), when), described(self.content))


async def append(
    mail: Mail,
    owner: str,
    mailbox_id: str,
    content: Content,
    *,
    flags: Iterable[str] = (),
    internal_date: datetime | None = None,
) -> Placed:
    """Raises `NotFound` (no such mailbox), `InvalidInput` (flags), `OverQuota`. `internal_date` is now when absent."""
    return (await append_all(mail, owner, mailbox_id, [Appended(content, flags, internal_date)]))[0]


async def append_all(mail: Mail, owner: str, mailbox_id: str, messages: Sequence[Appended]) -> list[Placed]:
    """All or none (RFC 3502). Raises `NotFound` (no such mailbox), `InvalidInput` (flags), `OverQuota`."""
    newcomers = [message.newcomer(mail) for message in messages]

    async def act(session: Any) -> list[Placed]:
        there = partial(mail.store.mailboxes.advance, owner, mailbox_id)
        return await place(mail, owner, there, newcomers, session=session)

    return await mail.store.transaction(act)


async def replace_message(
    mail: Mail, owner: str, mailbox_id: str, uid: int, to_mailbox_id: str, message: Appended
) -> Placed:
    """A message goes from its mailbox for good, another comes into the same or another one: both or neither (RFC 8508).

    What goes makes room for what comes, and what is no larger comes in however full it is. Raises `NotFound` (either
    mailbox, or the message that is to go), `InvalidInput` (flags), `OverQuota`.
    """
    newcomer = message.newcomer(mail)

    async def act(session: Any) -> Placed:
        going = await mail.store.messages.extents(owner, mailbox_id, [(uid, uid)], session=session)
        if not going:
            raise NotFound("No such message")
        await remove(mail, owner, mailbox_id, [(uid, uid)], session=session)
        there = partial(mail.store.mailboxes.advance, owner, to_mailbox_id)
        no_larger = newcomer.arrival.size <= going[0].size
        return (await place(mail, owner, there, [newcomer], beyond_quota=no_larger, session=session))[0]

    placed = await mail.store.transaction(act)
    await mail.store.pages.drop(owner, mailbox_id, [uid])
    return placed
