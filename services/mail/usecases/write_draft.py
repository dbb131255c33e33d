"""Put a letter that is being written into the mailbox of drafts, in the place of an earlier one if there is one."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chassis.blocking import run_blocking
from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed, TooLarge
from chassis.ids import new_id
from services.mail.domain.composing.answers import Kind, answers_field, references_of
from services.mail.domain.composing.letter import Attached, Base64, File, Letter, checked, segments
from services.mail.domain.envelope import Sender
from services.mail.domain.flags import DRAFT, SEEN
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.message import Arrival, Content, Message, Placed
from services.mail.domain.mime.text import plain_of
from services.mail.domain.reading.markup import clean_own, too_deep
from services.mail.store.encoding import described
from services.mail.store.repeats import mark
from services.mail.store.uploads import Uploaded
from services.mail.usecases.context import Mail
from services.mail.usecases.expunge import remove
from services.mail.usecases.place import Newcomer, place
from services.mail.usecases.prepare_answer import original_of
from services.mail.usecases.read_message import open_message, open_part
from services.mail.usecases.sources import open_source, source_of
from services.mail.usecases.special_mailbox import special_mailbox
from services.mail.usecases.store_source import store_source
from services.mail.usecases.uploads import open_upload
from services.mail.usecases.write_as import with_names


@dataclass(frozen=True, slots=True)
class FromUpload:
    """A file that was uploaded."""

    upload_id: str


@dataclass(frozen=True, slots=True)
class FromMessage:
    """A part of a message that the sender may read, or with no `part` all of it."""

    owner: str
    message_id: str
    part: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The letter that a draft answers, one that the sender may read; `shown_id` is how it names it."""

    kind: Kind
    owner: str
    message_id: str
    shown_id: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """The draft that is replaced, as it was read."""

    message_id: str
    modseq: int


async def write_draft(
    mail: Mail, sender: Sender, letter: Letter, *, answered: Answered | None = None, replaced: Replaced | None = None
) -> Message:
    """The draft's message. `letter.attachments` have `FromUpload` or `FromMessage` as their sources.

    Raises `InvalidInput` (the field named), `Forbidden` (From is not the sender's), `NotFound` (what is attached or
    replaced), `PreconditionFailed` (the draft is not as it was read), `TooLarge`.
    """
    if not (await with_names(mail, sender)).may_write(letter.author.address):
        raise Forbidden(f"{letter.author.address[:80]} is not an address of yours")
    owner = sender.account_id
    earlier = await _as_it_was(mail, owner, replaced) if replaced is not None else None
    whole = checked(await _with_texts(await _referring(mail, letter, answered, earlier)))
    opened = replace(whole, attachments=[await _known(mail, owner, each) for each in whole.attachments])
    try:
        content = await store_source(mail, _octets(mail, checked(opened), new_id().lower()))
    except TooLarge:
        raise TooLarge(f"A letter may have at most {mail.options.max_message} octets, attachments encoded") from None
    placed = await _placed(mail, owner, content, replaced)
    uploads = [each.source.id for each in opened.attachments if isinstance(each.source, Uploaded)]
    if uploads:
        await mail.store.uploads.remove(owner, uploads)
    return await mail.store.messages.get(owner, placed.message_id)


async def draft_of(mail: Mail, owner: str, message_id: str, modseq: int = 0) -> Message:
    """A message in the mailbox of drafts; with a `modseq` it has to be as it was then.

    Raises `NotFound`, and `PreconditionFailed` when it changed, or another has replaced it lately.
    """
    try:
        found = await mail.store.messages.get(owner, message_id)
    except NotFound:
        by = await mail.store.repeats.result(_mark(owner, message_id))
        if not by:
            raise
        raise PreconditionFailed("The draft was replaced", fields={"id": by}) from None
    box = await special_mailbox(mail, owner, SpecialUse.DRAFTS)
    if found.mailbox_id != box.id:
        raise NotFound("No such draft")
    if modseq and found.modseq != modseq:
        raise PreconditionFailed("The draft was changed", fields={"modseq": str(found.modseq)})
    return found


def _mark(owner: str, message_id: str) -> str:
    return mark(owner, "draft replaced", message_id)


async def _as_it_was(mail: Mail, owner: str, replaced: Replaced) -> Message:
    if replaced.modseq <= 0:
        raise InvalidInput("Which state is replaced?", fields={"modseq": "must be that of the draft as it was read"})
    return await draft_of(mail, owner, replaced.message_id, replaced.modseq)


async def _referring(mail: Mail, letter: Letter, answered: Answered | None, earlier: Message | None) -> Letter:
    """With what says which letter it answers; the original may be gone since the draft was begun."""
    if answered is None:
        return letter
    with suppress(NotFound):
        original = await original_of(mail, *await open_message(mail, answered.owner, answered.message_id))
        reply = answered.kind is not Kind.FORWARD
        return replace(
            letter,
            answers=answers_field(answered.kind, answered.shown_id),
            in_reply_to=original.message_id if reply else "",
            references=references_of(original),
        )
    if earlier is None:
        raise NotFound("No such message to answer")
    before = await original_of(mail, *await open_message(mail, earlier.owner, earlier.id))
    return replace(letter, in_reply_to=before.in_reply_to, references=before.references)


async def _with_texts(letter: Letter) -> Letter:
    if not letter.html:
        return letter
    if too_deep(letter.html):
        raise InvalidInput("HTML too complicated", fields={"html": "has too many elements"})
    html = await run_blocking(clean_own, letter.html)
    return replace(letter, html=html, text=letter.text or "\n".join(_paragraphs(html)))


def _paragraphs(html: str) -> list[str]:
    """The lines of a text that stands for HTML."""
    ended = html.replace("<br>", "\n").replace("</p>", "</p>\n").replace("</div>", "</div>\n").replace("</tr>", "\n")
    return [" ".join(line.split()) for line in plain_of(ended.replace("</li>", "\n")).strip().split("\n")]


async def _known(mail: Mail, owner: str, attached: Attached) -> Attached:
    """With its source looked up, and what that says of it where the letter says nothing. Raises `InvalidInput`."""
    named: Any = attached.source
    try:
        if isinstance(named, FromUpload):
            upload = await mail.store.uploads.get(owner, named.upload_id)
            if upload.received < upload.size:
                raise InvalidInput(
                    "An upload is not complete", fields={"attachments": f"{named.upload_id} is not whole"}
                )
            source: Any = upload
            filename, content_type, content_id = upload.filename, upload.content_type, ""
        elif named.part:
            part = await open_part(mail, named.owner, named.message_id, named.part)
            source, one = named, part.attachment
            filename, content_type, content_id = one.filename, one.content_type, one.content_id
        else:
            found = await mail.store.messages.get(named.owner, named.message_id)
            source = named
            filename, content_type, content_id = f"{found.subject or 'message'}.eml", "message/rfc822", ""
    except NotFound as error:
        raise InvalidInput("Nothing to attach", fields={"attachments": error.detail}) from error
    return replace(
        attached,
        source=source,
        filename=attached.filename or filename,
        # What is a message within stays one: encoded as anything else it could not be read.
        content_type=content_type if "message/rfc822" in content_type else attached.content_type or content_type,
        content_id=attached.content_id or (content_id if attached.inline else ""),
    )


async def _octets(mail: Mail, letter: Letter, unique: str) -> AsyncIterator[bytes]:
    for segment in segments(letter, mail.now(), unique):
        if isinstance(segment, File):
            async for octets in _file(mail, segment):
                yield octets
        else:
            yield segment


async def _file(mail: Mail, file: File) -> AsyncIterator[bytes]:
    encoder = Base64()
    async for octets in _opened(mail, file.attached.source):
        yield encoder.feed(octets) if file.encoded else octets
    yield encoder.close()


async def _opened(mail: Mail, source: Any) -> AsyncIterator[bytes]:
    if isinstance(source, Uploaded):
        pieces = open_upload(mail, source)
    elif source.part:
        pieces = (await open_part(mail, source.owner, source.message_id, source.part)).content
    else:
        whole = await source_of(mail, source.owner, source.message_id)
        # The trace of one's own copy, and the Bcc of what one sent, are nobody else's.
        pieces = open_source(mail, whole, offset=len(whole.prefix))
    async for octets in pieces:
        yield octets


async def _placed(mail: Mail, owner: str, content: Content, replaced: Replaced | None) -> Placed:
    box = await special_mailbox(mail, owner, SpecialUse.DRAFTS)
    newcomer = Newcomer(Arrival(content, b"", (DRAFT, SEEN), mail.now()), described(content))
    there = partial(mail.store.mailboxes.advance, owner, box.id)
    if replaced is None:
        return await mail.store.transaction(lambda session: _alone(mail, owner, there, newcomer, session))
    earlier = await draft_of(mail, owner, replaced.message_id, replaced.modseq)
    place_of_it = [(earlier.uid, earlier.uid)]

    async def act(session: Any) -> Placed:
        placed = await _alone(mail, owner, there, newcomer, session)
        rows = [row async for row in mail.store.messages.flags(owner, box.id, place_of_it, session=session)]
        if not rows or rows[0].modseq != replaced.modseq:
            raise PreconditionFailed("The draft was changed")
        await remove(mail, owner, box.id, place_of_it, keep=False, session=session)
        known = {_mark(owner, replaced.message_id): placed.message_id}
        await mail.store.repeats.note_all(known, mail.now(), session=session)
        return placed

    placed = await mail.store.transaction(act)
    await mail.store.pages.drop(owner, box.id, [earlier.uid])
    return placed


async def _alone(mail: Mail, owner: str, there: Any, newcomer: Newcomer, session: Any) -> Placed:
    return (await place(mail, owner, there, [newcomer], session=session))[0]
