"""Put a message into a mailbox as its owner asks; nothing is sent."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from services.mail.domain.flags import canonical
from services.mail.domain.message import Arrival, Content, Placed
from services.mail.store.encoding import described
from services.mail.usecases.context import Mail
from services.mail.usecases.place import Newcomer, place


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
    when = (internal_date or mail.now()).astimezone(UTC)
    arrival = Arrival(content, b"", canonical(flags), when)
    newcomer = Newcomer(arrival, described(content))

    async def act(session: Any) -> Placed:
        there = partial(mail.store.mailboxes.advance, owner, mailbox_id)
        return (await place(mail, owner, there, [newcomer], session=session))[0]

    return await mail.store.transaction(act)
