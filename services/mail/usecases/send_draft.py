"""Send a draft as it stands, once."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from chassis.errors import Forbidden, NotFound, PreconditionFailed
from services.mail.domain import header as header_fields
from services.mail.domain.composing.answers import Kind, answered_by
from services.mail.domain.composing.letter import ANSWERS
from services.mail.domain.envelope import Sender, Submission
from services.mail.domain.flags import ANSWERED, FlagAction
from services.mail.domain.message import Message
from services.mail.domain.passing import header_and_body
from services.mail.domain.rights import READ, refuse_flags
from services.mail.store.repeats import mark
from services.mail.store.submissions import Accepted
from services.mail.usecases.access import open_held_message
from services.mail.usecases.context import Mail
from services.mail.usecases.expunge import remove
from services.mail.usecases.send import send
from services.mail.usecases.sources import open_source, source_of
from services.mail.usecases.store_flags import store_flags
from services.mail.usecases.write_draft import draft_of

# Written anew in the moment of sending, or nobody's business.
_LEFT_OUT = re.compile(rb"(?im)^(?:date|%b)[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*" % ANSWERS.encode())


async def send_draft(
    mail: Mail, sender: Sender, message_id: str, *, modseq: int = 0, release_at: datetime | None = None
) -> Submission:
    """The draft goes in the transaction in which it is accepted, so that it is never both there and sent. A second time
    tells of the first. Then what it answers is marked as answered, or forwarded.

    Raises what `draft_of` and `send` do.
    """
    owner = sender.account_id
    sent = mark(owner, "draft sent", message_id)
    try:
        draft = await draft_of(mail, owner, message_id, modseq)
    except NotFound:
        return await _as_before(mail, sent)
    source = await source_of(mail, owner, message_id)
    header, body = await header_and_body(open_source(mail, source), mail.options.max_message)
    place = [(draft.uid, draft.uid)]

    async def goes(session: Any, accepted: Accepted) -> None:
        rows = [row async for row in mail.store.messages.flags(owner, draft.mailbox_id, place, session=session)]
        if not rows:
            raise NotFound("The draft is gone")
        if modseq and rows[0].modseq != modseq:
            raise PreconditionFailed("The draft was changed")
        await remove(mail, owner, draft.mailbox_id, place, keep=False, session=session)
        await mail.store.repeats.note(sent, accepted.at, result=accepted.id, session=session)

    try:
        submission = await send(mail, sender, _passing(header, body), also=goes, release_at=release_at, utf8=True)
    except NotFound:
        return await _as_before(mail, sent)
    await mail.store.pages.drop(owner, draft.mailbox_id, [draft.uid])
    await _mark_original(mail, draft, next(header_fields.values(header, ANSWERS), ""))
    return submission


async def _as_before(mail: Mail, sent: str) -> Submission:
    """What came of sending it, lately. Raises `NotFound`."""
    submission_id = await mail.store.repeats.result(sent)
    if not submission_id:
        raise NotFound("No such draft")
    return Submission(submission_id, (), repeated=True)


async def _passing(header: bytes, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield _LEFT_OUT.sub(b"", header)
    async for octets in body:
        yield octets


async def _mark_original(mail: Mail, draft: Message, answers: str) -> None:
    """Where it still is, and may be marked."""
    found = answered_by(answers)
    if found is None:
        return
    kind, named = found
    owner, _, message_id = named.rpartition(".")
    flag = "$Forwarded" if kind is Kind.FORWARD else ANSWERED
    with suppress(NotFound, Forbidden):
        original, held = await open_held_message(mail, draft.owner, owner or draft.owner, message_id, READ)
        refuse_flags(held, {flag})
        place = [(original.uid, original.uid)]
        await store_flags(mail, original.owner, original.mailbox_id, place, FlagAction.ADD, [flag])
