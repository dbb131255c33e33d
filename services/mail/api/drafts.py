"""DraftService."""

from collections.abc import Sequence
from typing import Any

from workspace.mail.v1 import drafts_pb2 as pb
from workspace.mail.v1 import drafts_pb2_grpc, mail_pb2

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import current_identity
from services.mail.api.convert import people, submission, timestamp
from services.mail.api.ids import sender_of, shown
from services.mail.api.messages import asked_release
from services.mail.api.readable import readable
from services.mail.domain.composing.answers import Kind
from services.mail.domain.composing.identities import signed_html, signed_text
from services.mail.domain.composing.letter import Attached, Letter
from services.mail.domain.mime import Address, Attachment
from services.mail.usecases import Mail
from services.mail.usecases.identities import identity_for
from services.mail.usecases.prepare_answer import prepare_answer
from services.mail.usecases.read_draft import Draft, read_draft
from services.mail.usecases.send_draft import send_draft
from services.mail.usecases.write_as import writable_addresses
from services.mail.usecases.write_draft import Answered, FromMessage, FromUpload, Replaced, write_draft

_KINDS = {pb.Answer.Kind.Value(f"KIND_{each.name}"): each for each in Kind}
_NAMES = {kind: number for number, kind in _KINDS.items()}


class DraftApi(drafts_pb2_grpc.DraftServiceServicer):
    """Letters that the caller writes."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def CreateDraft(self, request: pb.CreateDraftRequest, context: Any) -> pb.Draft:
        return await self._written(request.draft)

    async def ReplaceDraft(self, request: pb.ReplaceDraftRequest, context: Any) -> pb.Draft:
        return await self._written(request.draft, Replaced(request.draft.id, request.draft.modseq))

    async def GetDraft(self, request: pb.GetDraftRequest, context: Any) -> pb.Draft:
        return _draft(await read_draft(self._mail, current_identity().account_id, request.id))

    async def SendDraft(self, request: pb.SendDraftRequest, context: Any) -> mail_pb2.Submission:
        until = asked_release(request, self._mail.now())
        sent = await send_draft(
            self._mail, sender_of(current_identity()), request.id, modseq=request.modseq, release_at=until
        )
        return submission(sent)

    async def PrepareAnswer(self, request: pb.PrepareAnswerRequest, context: Any) -> pb.Draft:
        kind, identity = _kind(request.kind), current_identity()
        which = await readable(self._mail, request.id)
        own = await writable_addresses(self._mail, sender_of(identity), identity.name)
        begun = await prepare_answer(self._mail, *which, kind, list(own))
        writer = await identity_for(self._mail, identity.account_id, own)
        answer = pb.Draft(
            to=people(begun.to),
            cc=people(begun.cc),
            subject=begun.subject,
            text=signed_text(writer) + begun.text,
            html=signed_html(writer) + begun.html if begun.html else "",
            attachments=[_taken_along(request.id, each, begun.inline) for each in begun.attachments],
            answer=pb.Answer(kind=request.kind, message_id=shown(*which)),
        )
        if begun.whole:
            answer.attachments.append(pb.DraftAttachment(message_part=pb.MessagePart(message_id=request.id)))
        getattr(answer, "from").CopyFrom(*people([Address(writer.name, writer.address)]))
        return answer

    async def _written(self, given: pb.Draft, replaced: Replaced | None = None) -> pb.Draft:
        identity = current_identity()
        sender = getattr(given, "from")
        own = await writable_addresses(self._mail, sender_of(identity), identity.name)
        writer = await identity_for(self._mail, identity.account_id, own, sender.address)
        letter = Letter(
            author=Address(sender.name or writer.name, writer.address),
            to=_addresses(given.to),
            cc=_addresses(given.cc),
            bcc=_addresses(given.bcc),
            reply_to=_addresses(given.reply_to),
            subject=given.subject,
            text=given.text,
            html=given.html,
            attachments=[await self._attached(each, given.id) for each in given.attachments],
            receipt=given.receipt,
        )
        answered = None
        if given.HasField("answer"):
            kind = _kind(given.answer.kind)
            owner, message_id = await self._answered(given.answer.message_id, replaced is not None)
            answered = Answered(kind, owner, message_id, shown(owner, message_id))
        made = await write_draft(self._mail, sender_of(identity), letter, answered=answered, replaced=replaced)
        return _draft(await read_draft(self._mail, made.owner, made.id))

    async def _attached(self, given: pb.DraftAttachment, draft_id: str) -> Attached:
        source: FromUpload | FromMessage
        match given.WhichOneof("source"):
            case "upload_id":
                source = FromUpload(given.upload_id)
            case "part" if draft_id and given.part:
                source = FromMessage(current_identity().account_id, draft_id, given.part)
            case "message_part":
                which = await readable(self._mail, given.message_part.message_id)
                source = FromMessage(*which, given.message_part.part)
            case _:
                raise InvalidInput("An attachment of nothing", fields={"attachments": "name what is attached"})
        return Attached(source, given.filename, given.content_type, given.inline, given.content_id)

    async def _answered(self, message_id: str, replacing: bool) -> tuple[str, str]:
        """Owner and id of the original. A draft outlives what it answers."""
        try:
            return await readable(self._mail, message_id)
        except (NotFound, Forbidden):
            if not replacing:
                raise
            return current_identity().account_id, ""


def _kind(given: Any) -> Kind:
    if given not in _KINDS:
        raise InvalidInput("Which kind of answer?", fields={"kind": "must be a reply, a reply to all or a forward"})
    return _KINDS[given]


def _addresses(given: Sequence[mail_pb2.MailAddress]) -> list[Address]:
    return [Address(each.name, each.address) for each in given]


def _draft(draft: Draft) -> pb.Draft:
    found = draft.message
    answer = pb.Draft(
        id=found.id,
        modseq=found.modseq,
        to=people(found.to),
        cc=people(found.cc),
        bcc=people(found.bcc),
        reply_to=people(draft.reply_to),
        subject=found.subject,
        text=draft.text,
        html=draft.html,
        attachments=[_kept(each, draft.inline) for each in draft.attachments],
        updated_at=timestamp(found.internal_date),
        size=found.size,
        receipt=draft.receipt,
    )
    if found.from_:
        getattr(answer, "from").CopyFrom(*people(found.from_[:1]))
    if draft.answers is not None:
        kind, message_id = draft.answers
        answer.answer.CopyFrom(pb.Answer(kind=_NAMES[kind], message_id=message_id))
    return answer


def _kept(part: Attachment, inline: set[str]) -> pb.DraftAttachment:
    answer = _attachment(part, inline)
    answer.part, answer.content_id = part.part, part.content_id
    return answer


def _taken_along(message_id: str, part: Attachment, inline: set[str]) -> pb.DraftAttachment:
    answer = _attachment(part, inline)
    answer.message_part.CopyFrom(pb.MessagePart(message_id=message_id, part=part.part))
    answer.content_id = part.content_id if answer.inline else ""
    return answer


def _attachment(part: Attachment, inline: set[str]) -> pb.DraftAttachment:
    return pb.DraftAttachment(
        filename=part.filename,
        content_type=part.content_type,
        inline=part.content_id in inline,
        size=part.length,
    )
