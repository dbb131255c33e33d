"""Keep a message that was accepted until its time, show it to its sender, give it another time, or take it back."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from chassis.errors import Conflict, NotFound, TooManyRequests
from chassis.events import Fact
from services.mail.domain.flags import DRAFT, SEEN
from services.mail.domain.holding import MOST_HELD, release_time
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.message import Arrival, Content
from services.mail.store.encoding import described
from services.mail.store.held import Held
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted
from services.mail.usecases.note_bounce import not_sent
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
    held = await to_be_held(mail, accepted, content, bcc, release_at, repeat)

    async def act(session: Any) -> None:
        await first(session)
        await mail.store.held.insert(held, session=session)

    await mail.store.transaction(act)


async def to_be_held(
    mail: Mail, accepted: Accepted, content: Content, bcc: bytes, release_at: datetime, repeat: str
) -> Held:
    """A message as it is held. Raises as `hold` does."""
    waiting = len(await mail.store.held.of(accepted.owner)) + len(await mail.store.awaiting.of(accepted.owner))
    if waiting >= MOST_HELD:
        raise TooManyRequests(f"At most {MOST_HELD} messages are held for an account")
    await want_room(mail, accepted.owner, content.size + len(bcc))
    subject = content.description.subject
    return Held(accepted, release_at, release_at, subject, content.size + len(bcc), bcc, repeat)


async def list_held(mail: Mail, owner: str) -> list[Held]:
    """The next to leave first."""
    return await mail.store.held.of(owner)


async def reschedule_held(mail: Mail, owner: str, message_id: str, at: datetime | None) -> Held:
    """Give it another time; now when None. Raises `NotFound`, `InvalidInput`, and `Conflict` for what waits for
    approval."""
    when = mail.now() if at is None else release_time(at, mail.now())
    if not await mail.store.held.reschedule(owner, message_id, when):
        if await mail.store.awaiting.one(owner, message_id) is not None:
            raise Conflict("It waits for approval")
        raise NotFound(_GONE)
    return await _found(mail, owner, message_id)


async def cancel_held(mail: Mail, owner: str, message_id: str) -> str:
    """Take it back, before its time or before it is approved: nobody gets it, and it is a draft again, whose id is
    returned. Raises `NotFound`."""
    letter = await mail.store.awaiting.one(owner, message_id)
    if letter is None:
        return await give_back(mail, await _found(mail, owner, message_id))
    act = acted("withdraw_letter", owner, {"submission": letter.id}, named=letter.sent_by, unit_path=letter.unit_path)
    return await draft_again(mail, letter.held, partial(mail.store.awaiting.take, letter), [act])


async def give_back(mail: Mail, held: Held) -> str:
    """Make a held message a draft, at once. Raises `NotFound` when somebody was faster."""
    return await draft_again(mail, held, partial(mail.store.held.take, held), [])


async def draft_again(mail: Mail, held: Held, take: Callable[..., Awaitable[bool]], told: Sequence[Fact]) -> str:
    """Make a message that did not leave a draft, in the transaction that takes it out of where it waited and tells the
    facts; the same may be sent again. Raises `NotFound` when somebody was faster."""
    box = await special_mailbox(mail, held.owner, SpecialUse.DRAFTS)
    content = await content_of(mail, held.accepted.blob)
    newcomer = Newcomer(Arrival(content, held.bcc, (DRAFT, SEEN), mail.now()), described(content))
    told = [*told, *await not_sent(mail, held.accepted)]

    async def act(session: Any) -> str:
        there = partial(mail.store.mailboxes.advance, held.owner, box.id)
        # It was theirs all the time: a full mailbox must not keep it from them.
        (placed,) = await place(mail, held.owner, there, [newcomer], beyond_quota=True, session=session)
        if not await take(session=session):
            raise NotFound(_GONE)
        await mail.store.repeats.forget(held.repeat, session=session)
        if told:
            await mail.store.notices.tell(told, session=session)
        return placed.message_id

    return await mail.store.transaction(act)


async def _found(mail: Mail, owner: str, message_id: str) -> Held:
    held = await mail.store.held.one(owner, message_id)
    if held is None:
        raise NotFound(_GONE)
    return held
