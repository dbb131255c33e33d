"""Keep a message that was accepted until its time, show it to its sender, give it another time, or take it back."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from chassis.errors import NotFound, TooManyRequests
from services.mail.domain.flags import DRAFT, SEEN
from services.mail.domain.holding import MOST_HELD, release_time
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.message import Arrival, Content
from services.mail.store.encoding import described
from services.mail.store.held import Held
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.place import Newcomer, place
from services.mail.usecases.quota import want_room
from services.mail.usecases.special_mailbox import special_mailbox
from services.mail.usecases.store_source import content_of

_GONE = "Nothing of that name is held; it may have left"


async def hold(
    mail: Mail,
    accepted: Accepted,
    content: Content,
    bcc: bytes,
    release_at: datetime,
    repeat: str,
    first: Callable[[Any], Awaitable[None]],
) -> None:
    """Durable when it returns. Raises `TooManyRequests` when the account holds as many as it may, `OverQuota`
    where there would be no room for its copy now."""
    if len(await mail.store.held.of(accepted.owner)) >= MOST_HELD:
        raise TooManyRequests(f"At most {MOST_HELD} messages are held for an account")
    await want_room(mail, accepted.owner, content.size + len(bcc))
    subject = content.description.subject
    held = Held(accepted, release_at, release_at, subject, content.size + len(bcc), bcc, repeat)

    async def act(session: Any) -> None:
        await first(session)
        await mail.store.held.insert(held, session=session)

    await mail.store.transaction(act)


async def list_held(mail: Mail, owner: str) -> list[Held]:
    """The next to leave first."""
    return await mail.store.held.of(owner)


async def reschedule_held(mail: Mail, owner: str, message_id: str, at: datetime | None) -> Held:
    """Give it another time; now when None. Raises `NotFound`, `InvalidInput`."""
    when = mail.now() if at is None else release_time(at, mail.now())
    if not await mail.store.held.reschedule(owner, message_id, when):
        raise NotFound(_GONE)
    return await _found(mail, owner, message_id)


async def cancel_held(mail: Mail, owner: str, message_id: str) -> str:
    """Take it back: nobody gets it, and it is a draft again, whose id is returned. Raises `NotFound`."""
    return await give_back(mail, await _found(mail, owner, message_id))


async def give_back(mail: Mail, held: Held) -> str:
    """Make a held message a draft, at once; the same may be sent again. Raises `NotFound` when somebody was faster."""
    box = await special_mailbox(mail, held.owner, SpecialUse.DRAFTS)
    content = await content_of(mail, held.accepted.blob)
    newcomer = Newcomer(Arrival(content, held.bcc, (DRAFT, SEEN), mail.now()), described(content))

    async def act(session: Any) -> str:
        there = partial(mail.store.mailboxes.advance, held.owner, box.id)
        # It was theirs all the time: a full mailbox must not keep it from them.
        (placed,) = await place(mail, held.owner, there, [newcomer], beyond_quota=True, session=session)
        if not await mail.store.held.take(held, session=session):
            raise NotFound(_GONE)
        await mail.store.repeats.forget(held.repeat, session=session)
        return placed.message_id

    return await mail.store.transaction(act)


async def _found(mail: Mail, owner: str, message_id: str) -> Held:
    held = await mail.store.held.one(owner, message_id)
    if held is None:
        raise NotFound(_GONE)
    return held
