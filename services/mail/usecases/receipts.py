"""Say whether the sender of a letter wants to know that it was read, and send or decline that, once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from workspace.mail.v1 import events_pb2

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.ids import new_id
from services.mail.domain.flags import canonical
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.message import Message
from services.mail.domain.receipts import SENT, State, Wanted, receipt, wanted
from services.mail.domain.rights import ALL, READ
from services.mail.store.remembered import memory
from services.mail.usecases.access import open_held_message
from services.mail.usecases.context import Mail
from services.mail.usecases.resolve_recipient import resolve_recipient
from services.mail.usecases.scripted_posts import Post, accept_post, from_nobody
from services.mail.usecases.send import deliver_here
from services.mail.usecases.sources import header_octets, source_of

# How long nobody answers again, also where a mail program takes the keyword away, or for another copy.
REMEMBERED = timedelta(days=365)


class _Answered(Exception):
    """Somebody else was faster."""


async def read_receipt(mail: Mail, actor: str, owner: str, message_id: str) -> Wanted:
    """Raises `NotFound`, `Forbidden`."""
    found, _ = await open_held_message(mail, actor, owner, message_id, READ)
    return (await _wanted(mail, found))[0]


async def answer_receipt(
    mail: Mail, actor: str, owner: str, message_id: str, *, decline: bool, confirmed: bool
) -> Wanted:
    """Answered before: nothing is done, and all is well. The keyword, and the receipt on its way, are one transaction.

    Raises `NotFound`, `Forbidden` (not the reader's own mailbox, or none is sent for such letters), and
    `PreconditionFailed` (none is asked for, or it has to be confirmed).
    """
    found, held = await open_held_message(mail, actor, owner, message_id, READ)
    if held != ALL:
        raise Forbidden("Only who receives a letter says that it was read")
    asked, header = await _wanted(mail, found)
    if asked.state is State.NOT_ASKED:
        raise PreconditionFailed("No receipt is asked for")
    if asked.state is State.ANSWERED:
        return asked
    made = [] if decline else await _written(mail, found, asked, header, confirmed=confirmed)
    try:
        modseq, sent = await _answered(mail, found, made)
    except _Answered:
        return (await _wanted(mail, await mail.store.messages.get(owner, message_id)))[0]
    await mail.nudge(owner, events_pb2.FlagsChanged(account_id=owner, mailbox_id=found.mailbox_id, modseq=modseq))
    for each in sent:
        if each.accepted.local:
            await deliver_here(mail, each.accepted, each.content)
    return Wanted(State.ANSWERED, asked.to, asked.confirm)


async def _wanted(mail: Mail, found: Message) -> tuple[Wanted, bytes]:
    source = await source_of(mail, found.owner, found.id)
    octets = await header_octets(mail, source)
    header = octets[len(source.prefix) :]
    box = await mail.store.mailboxes.get(found.owner, found.mailbox_id)
    asked = wanted(source.prefix, header, found.flags, mail.domains, junk=box.special_use is SpecialUse.JUNK)
    if asked.state is State.OPEN and not await _receives(mail, found.owner, asked.address):
        asked = replace(asked, state=State.NOT_ALLOWED)
    return asked, header


async def _receives(mail: Mail, owner: str, address: str) -> bool:
    """Whether an address is the reader's now: of what was handed over, it is that of whoever left."""
    try:
        return owner in (await resolve_recipient(mail, address)).accounts
    except (NotFound, Forbidden, InvalidInput):
        return False


async def _written(mail: Mail, found: Message, asked: Wanted, header: bytes, *, confirmed: bool) -> list[Post]:
    if asked.state is not State.OPEN:
        raise Forbidden("No receipt is sent for such letters")
    if asked.confirm and not confirmed:
        raise PreconditionFailed("See first to whom it goes", fields={"confirmed": ", ".join(asked.to)})
    source = receipt(asked, header, mail.now(), f"receipt.{new_id().lower()}", mail.host)
    # So that no notice comes of it (RFC 8098 §3).
    made = [await from_nobody(mail, found.owner, to, source) for to in asked.to]
    return [each for each in made if each is not None]


async def _answered(mail: Mail, found: Message, made: list[Post]) -> tuple[int, list[Post]]:
    """The mailbox's modseq after it, and what was sent: nothing where another copy was answered. Raises `_Answered`."""
    owner, place = found.owner, [(found.uid, found.uid)]
    once = memory(owner, "receipt", found.email_id)

    async def act(session: Any) -> tuple[int, list[Post]]:
        box = await mail.store.mailboxes.advance(owner, found.mailbox_id, session=session)
        rows = [row async for row in mail.store.messages.flags(owner, found.mailbox_id, place, session=session)]
        if not rows:
            raise NotFound("No such message")
        now = mail.now()
        first = await mail.store.remembered.claim(once, now, now + REMEMBERED, session=session)
        if SENT in rows[0].flags:
            raise _Answered
        flags = canonical([*rows[0].flags, SENT])
        await mail.store.messages.set_flags(owner, found.mailbox_id, [found.uid], flags, box.modseq, session=session)
        sent = made if first else []
        for each in sent:
            await accept_post(mail, each, session=session)
        return box.modseq, sent

    return await mail.store.transaction(act)
