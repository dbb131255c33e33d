"""Say whether the sender of a letter wants to know that it was read, and send or decline that, once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from workspace.mail.v1 import events_pb2

from chassis.errors import Forbidden, NotFound, PreconditionFailed, TooManyRequests
from chassis.ids import new_id
from services.mail.domain.flags import SEEN, canonical
from services.mail.domain.mailbox import Mailbox, SpecialUse
from services.mail.domain.message import Message
from services.mail.domain.receipts import SENT, State, Wanted, receipt, wanted
from services.mail.domain.rights import ALL, READ, Rights
from services.mail.store.remembered import memory
from services.mail.usecases.access import hearers_of, open_held_message
from services.mail.usecases.context import Mail
from services.mail.usecases.limit_sending import SendingLimited, count_by_themselves
from services.mail.usecases.receipt_policies import manners_of
from services.mail.usecases.resolve_recipient import receives_for
from services.mail.usecases.scripted_posts import Post, accept_post, from_nobody
from services.mail.usecases.send import deliver_here
from services.mail.usecases.sources import header_octets, source_of

log = structlog.get_logger(__name__)
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

    Raises `NotFound`, `Forbidden` (not the reader's own mailbox, the reader is suspended, or none is sent for such
    letters), `PreconditionFailed` (none is asked for, or it has to be confirmed) and `TooManyRequests` (more letters
    than may leave).
    """
    found, held = await open_held_message(mail, actor, owner, message_id, READ)
    if held != ALL:
        raise Forbidden("Only who receives a letter says that it was read")
    asked, header = await _wanted(mail, found)
    if asked.state is State.NOT_ASKED:
        raise PreconditionFailed("No receipt is asked for")
    if asked.state is State.ANSWERED:
        return asked
    made: list[Post] = []
    if not decline:
        if asked.state is not State.OPEN or not await mail.people.addresses([actor]):
            raise Forbidden("No receipt is sent for such letters")
        if asked.confirm and not confirmed:
            raise PreconditionFailed("See first to whom it goes", fields={"confirmed": ", ".join(asked.to)})
        made = await _written(mail, found, asked, header)
    try:
        await _answer(mail, found, made)
    except SendingLimited as limited:
        wait = (limited.exceeded.until - mail.now()).total_seconds()
        raise TooManyRequests("More letters than may leave; go on later", retry_after=max(1.0, wait)) from limited
    except _Answered:
        return (await _wanted(mail, await mail.store.messages.get(owner, message_id)))[0]
    return Wanted(State.ANSWERED, asked.to, asked.confirm)


async def answer_by_itself(mail: Mail, actor: str, found: Message, held: Rights, flags: Sequence[str]) -> bool:
    """Send the receipt of a letter that somebody is about to mark with these flags, when that says that it was read and
    policy wants no other word. Whether it is answered now, which the keyword says.

    It comes before the mark: whoever dies in between marks again, and nothing is sent twice. Of a letter that asks for
    no receipt nothing is looked up. What may not be sent now is left for its reader to answer.
    """
    after = canonical(flags)
    read = SEEN in after and SEEN not in found.flags
    if not (found.receipt_wanted and read and held == ALL) or SENT in (*found.flags, *after):
        return False
    asked, header = await _wanted(mail, found)
    if not asked.by_itself or not await mail.people.addresses([actor]):
        return False
    made = await _written(mail, found, asked, header, by_itself=True)
    if not made:
        return False
    try:
        await _answer(mail, found, made)
    except SendingLimited as limited:
        log.warning("receipt_limited", account=found.owner, limit=limited.exceeded.limit)
        return False
    except _Answered:
        return True
    return True


async def _wanted(mail: Mail, found: Message) -> tuple[Wanted, bytes]:
    source = await source_of(mail, found.owner, found.id)
    octets = await header_octets(mail, source)
    header = octets[len(source.prefix) :]
    box = await mail.store.mailboxes.get(found.owner, found.mailbox_id)
    asked = wanted(source.prefix, header, found.flags, mail.domains, junk=box.special_use is SpecialUse.JUNK)
    if asked.state is not State.OPEN:
        return asked, header
    # Of what was handed over, it is the address of whoever left.
    if not await receives_for(mail, found.owner, asked.address):
        return replace(asked, state=State.NOT_ALLOWED), header
    return asked.under(await manners_of(mail, found.owner), read=SEEN in found.flags), header


async def _written(mail: Mail, found: Message, asked: Wanted, header: bytes, *, by_itself: bool = False) -> list[Post]:
    unique = f"receipt.{new_id().lower()}"
    source = receipt(asked, header, mail.now(), unique, mail.host, by_itself=by_itself)
    # So that no notice comes of it (RFC 8098 §3).
    made = [await from_nobody(mail, found.owner, to, source) for to in asked.to]
    return [each for each in made if each is not None]


async def _answer(mail: Mail, found: Message, made: list[Post]) -> None:
    """Raises `_Answered`, `SendingLimited`."""
    box, sent = await _answered(mail, found, made)
    change = events_pb2.FlagsChanged(account_id=box.owner, mailbox_id=box.id, modseq=box.modseq)
    await mail.nudge(await hearers_of(mail, box), change)
    for each in sent:
        if each.accepted.local:
            await deliver_here(mail, each.accepted, each.content)


async def _answered(mail: Mail, found: Message, made: list[Post]) -> tuple[Mailbox, list[Post]]:
    """The mailbox after it, and what was sent: nothing where another copy was answered. Raises `_Answered`,
    `SendingLimited`."""
    owner, place = found.owner, [(found.uid, found.uid)]
    once = memory(owner, "receipt", found.email_id)

    async def act(session: Any) -> tuple[Mailbox, list[Post]]:
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
        await count_by_themselves(mail, owner, [each.accepted for each in sent], session=session)
        return box, sent

    return await mail.store.transaction(act)
