"""DraftService and UploadService over gRPC."""

import asyncio
import email
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import drafts_pb2 as pb
from workspace.mail.v1 import drafts_pb2_grpc, mail_pb2

from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound, PreconditionFailed, TooLarge, TooManyRequests
from chassis.identity import acting_as
from services.mail.domain.options import Options
from services.mail.usecases import uploads
from services.mail.usecases.reclaim import named_blobs
from tests.mail.api.conftest import Api
from tests.mail.api.test_api import upload as streamed
from tests.mail.api.test_reading import PNG, message, part, pgp_mime, rich
from tests.mail.house import House, letter

OTHER = "01JSECOND"


@pytest.fixture
def drafts(api: Api) -> Any:
    return drafts_pb2_grpc.DraftServiceStub(api.channel)


@pytest.fixture
def files(api: Api) -> Any:
    return drafts_pb2_grpc.UploadServiceStub(api.channel)


@pytest.fixture(autouse=True)
def colleague(house: House) -> None:
    house.people.heard["agent2@sante.gouv.tg"] = OTHER


def written(**given: Any) -> pb.Draft:
    to = [mail_pb2.MailAddress(name="Agent 2", address="agent2@sante.gouv.tg")]
    return pb.Draft(**{"to": to, "subject": "Réunion", "text": "Voilà.", **given})


def pieces(upload_id: str, offset: int, octets: bytes, *, last: bool = True) -> Iterator[Any]:
    yield pb.PutUploadPieceRequest(id=upload_id, offset=offset, piece=HttpBody(data=octets[:50_000]))
    for start in range(50_000, len(octets), 50_000):
        yield pb.PutUploadPieceRequest(piece=HttpBody(data=octets[start : start + 50_000]))
    if last:
        yield pb.PutUploadPieceRequest(last=True)


async def uploaded(files: Any, octets: bytes, filename: str = "note.pdf") -> str:
    given = pb.Upload(filename=filename, content_type="application/pdf", size=len(octets))
    made = await files.CreateUpload(pb.CreateUploadRequest(upload=given))
    await streamed(files.PutUploadPiece, pieces(made.id, 0, octets))
    return str(made.id)


async def parsed(house: House, owner: str, message_id: str) -> EmailMessage:
    read = email.message_from_bytes(await house.read(owner, message_id), policy=default)
    assert isinstance(read, EmailMessage)
    return read


async def newest(house: House, owner: str, name: str) -> Any:
    box = await house.box(owner, name)
    return (await house.mail.store.messages.listed(owner, box.id, 1, 2**32 - 1))[-1]


async def test_a_draft_is_a_message_that_every_program_sees_and_goes_on_from(
    api: Api, drafts: Any, house: House, owner: str
) -> None:
    with acting_as(await api.identity(owner)):
        made = await drafts.CreateDraft(pb.CreateDraftRequest(draft=written(html="<p>Voilà.<script>x</script></p>")))
        assert (made.subject, made.text, made.html) == ("Réunion", "Voilà.", "<p>Voilà.</p>")
        found = await newest(house, owner, "Drafts")
        assert (found.id, found.flags) == (made.id, ("\\Draft", "\\Seen"))
        assert (await drafts.GetDraft(pb.GetDraftRequest(id=made.id))).to[0].name == "Agent 2"
        again = await drafts.ReplaceDraft(
            pb.ReplaceDraftRequest(draft=written(id=made.id, modseq=made.modseq, text="Autre"))
        )
        assert (again.id != made.id, again.text.strip()) == (True, "Autre")
        box = await house.box(owner, "Drafts")
        assert (box.messages, (await newest(house, owner, "Drafts")).id) == (1, again.id)


async def test_what_another_window_changed_is_not_overwritten(api: Api, drafts: Any, house: House, owner: str) -> None:
    with acting_as(await api.identity(owner)):
        made = await drafts.CreateDraft(pb.CreateDraftRequest(draft=written()))
        mine = pb.ReplaceDraftRequest(draft=written(id=made.id, modseq=made.modseq, text="A"))
        first = await drafts.ReplaceDraft(mine)
        with pytest.raises(PreconditionFailed) as late:
            await drafts.ReplaceDraft(pb.ReplaceDraftRequest(draft=written(id=made.id, modseq=made.modseq, text="B")))
        assert late.value.fields == {"id": first.id}
        stale = written(id=first.id, modseq=first.modseq - 1, text="C")
        with pytest.raises(PreconditionFailed):
            await drafts.ReplaceDraft(pb.ReplaceDraftRequest(draft=stale))
        with pytest.raises(InvalidInput):
            await drafts.ReplaceDraft(pb.ReplaceDraftRequest(draft=written(id=first.id, text="D")))
        with pytest.raises(PreconditionFailed):
            await drafts.SendDraft(pb.SendDraftRequest(id=made.id))
        (outcome,) = await house.deliver(letter(), owner)
        with pytest.raises(NotFound):  # what was received is no draft
            await drafts.SendDraft(pb.SendDraftRequest(id=outcome.message_id))
    assert (await house.box(owner, "Drafts")).messages == 1
    assert (await drafts_text(house, owner)).strip() == "A"


async def drafts_text(house: House, owner: str) -> str:
    found = await newest(house, owner, "Drafts")
    return str((await parsed(house, owner, found.id)).get_content())


async def test_an_attachment_comes_in_pieces_and_goes_on_after_a_break(
    api: Api, drafts: Any, files: Any, house: House, owner: str
) -> None:
    octets = bytes(range(256)) * 1_000
    with acting_as(await api.identity(owner)):
        given = pb.Upload(filename="n°1.pdf", content_type="application/pdf", size=len(octets))
        made = await files.CreateUpload(pb.CreateUploadRequest(upload=given))
        assert (await streamed(files.PutUploadPiece, pieces(made.id, 0, octets[:100_000]))).received == 100_000
        with pytest.raises(InvalidInput, match="cut off"):
            await streamed(files.PutUploadPiece, pieces(made.id, 100_000, octets[100_000:], last=False))
        assert (await files.GetUpload(pb.GetUploadRequest(id=made.id))).received == 100_000
        with pytest.raises(Conflict):
            await streamed(files.PutUploadPiece, pieces(made.id, 150_000, octets[150_000:]))
        unfinished = written(attachments=[pb.DraftAttachment(upload_id=made.id)])
        with pytest.raises(InvalidInput):
            await drafts.CreateDraft(pb.CreateDraftRequest(draft=unfinished))
        # What was received already changes nothing.
        assert (await streamed(files.PutUploadPiece, pieces(made.id, 0, octets[:100_000]))).received == 100_000
        with pytest.raises(TooLarge):
            await streamed(files.PutUploadPiece, pieces(made.id, 100_000, octets[100_000:] + b"x"))
        whole = await streamed(files.PutUploadPiece, pieces(made.id, 100_000, octets[100_000:]))
        assert whole.received == len(octets)
        named = [blob for blob, _ in (await uploads.get_upload(house.mail, owner, made.id)).pieces]
        assert await named_blobs(house.mail, [*named, "nobody's"]) == set(named)
        draft = await drafts.CreateDraft(pb.CreateDraftRequest(draft=unfinished))
        (kept,) = draft.attachments
        assert (kept.filename, kept.content_type, kept.part) == ("n°1.pdf", "application/pdf", "2")
        # It is in the draft now, and stays when that is replaced.
        with pytest.raises(NotFound):
            await files.GetUpload(pb.GetUploadRequest(id=made.id))
        more = await uploaded(files, b"plus", "plus.pdf")
        attachments = [pb.DraftAttachment(part="2"), pb.DraftAttachment(upload_id=more)]
        again = await drafts.ReplaceDraft(
            pb.ReplaceDraftRequest(draft=written(id=draft.id, modseq=draft.modseq, attachments=attachments))
        )
    read = await parsed(house, owner, again.id)
    assert [(each.get_filename(), each.get_content()) for each in read.iter_attachments()] == [
        ("n°1.pdf", octets),
        ("plus.pdf", b"plus"),
    ]


async def test_limits_of_attachments_are_told(api: Api, drafts: Any, files: Any, house: House, owner: str) -> None:
    object.__setattr__(house.mail, "options", Options(max_message=100_000))
    with acting_as(await api.identity(owner)):
        with pytest.raises(TooLarge, match="at most 70000 octets"):
            await files.CreateUpload(pb.CreateUploadRequest(upload=pb.Upload(filename="a", size=70_001)))
        with pytest.raises(InvalidInput):
            await files.CreateUpload(pb.CreateUploadRequest(upload=pb.Upload(filename="a", size=-1)))
        for kind in ("multipart/mixed", "text/html\r\nX: y", "text", "a/b; c=d"):
            with pytest.raises(InvalidInput):
                await files.CreateUpload(pb.CreateUploadRequest(upload=pb.Upload(filename="a", content_type=kind)))
        both = [await uploaded(files, b"x" * 50_000, f"{number}.pdf") for number in range(2)]
        attachments = [pb.DraftAttachment(upload_id=each) for each in both]
        with pytest.raises(TooLarge, match="at most 100000 octets"):
            await drafts.CreateDraft(pb.CreateDraftRequest(draft=written(attachments=attachments)))
        with pytest.raises(InvalidInput):
            await streamed(files.PutUploadPiece, pieces(both[0], -1, b"x"))
        # Nothing is lost: with one of them it is a draft.
        await drafts.CreateDraft(pb.CreateDraftRequest(draft=written(attachments=attachments[:1])))
        await files.DeleteUpload(pb.DeleteUploadRequest(id=both[1]))
        large = pb.CreateUploadRequest(upload=pb.Upload(filename="a", size=60_000))
        for _ in range(6):
            await files.CreateUpload(large)
        with pytest.raises(TooManyRequests):
            await files.CreateUpload(large)


async def test_a_draft_is_sent_once_and_a_copy_stays(api: Api, drafts: Any, house: House, owner: str) -> None:
    bcc = [mail_pb2.MailAddress(address="agent2@sante.gouv.tg")]
    with acting_as(await api.identity(owner)):
        made = await drafts.CreateDraft(pb.CreateDraftRequest(draft=written(to=[], bcc=bcc)))
        house.clock.advance(hours=2)
        with pytest.raises(PreconditionFailed):
            await drafts.SendDraft(pb.SendDraftRequest(id=made.id, modseq=made.modseq + 1))
        submission = await drafts.SendDraft(pb.SendDraftRequest(id=made.id, modseq=made.modseq))
        assert list(submission.recipients) == ["agent2@sante.gouv.tg"]
        # As a client does that lost the answer.
        assert (await drafts.SendDraft(pb.SendDraftRequest(id=made.id))).id == submission.id
    assert [(await house.box(owner, name)).messages for name in ("Drafts", "Sent")] == [0, 1]
    got = await newest(house, OTHER, "INBOX")
    read = await parsed(house, OTHER, got.id)
    assert (await house.box(OTHER)).messages == 1
    assert (read["bcc"], read["x-workspace-answers"]) == (None, None)
    assert read["date"].datetime == house.clock()
    assert len(read.get_all("date")) == 1
    assert (await parsed(house, owner, (await newest(house, owner, "Sent")).id))["bcc"] is not None


async def test_two_windows_that_send_at_once_send_once(api: Api, drafts: Any, house: House, owner: str) -> None:
    with acting_as(await api.identity(owner)):
        made = await drafts.CreateDraft(pb.CreateDraftRequest(draft=written()))
        request = pb.SendDraftRequest(id=made.id)
        both = await asyncio.gather(drafts.SendDraft(request), drafts.SendDraft(request))
        held = await drafts.CreateDraft(pb.CreateDraftRequest(draft=written()))
        later = await drafts.SendDraft(pb.SendDraftRequest(id=held.id, hold_seconds=10))
    assert both[0].id == both[1].id
    assert later.HasField("send_at")
    assert [(await house.box(owner, name)).messages for name in ("Drafts", "Sent")] == [0, 1]
    assert (await house.box(OTHER)).messages == 1


async def test_an_address_in_utf_8_is_written_to(api: Api, drafts: Any, house: House, owner: str) -> None:
    house.people.heard["éloïse@sante.gouv.tg"] = OTHER
    to = [mail_pb2.MailAddress(name="Éloïse", address="éloïse@sante.gouv.tg")]
    with acting_as(await api.identity(owner)):
        made = await drafts.CreateDraft(pb.CreateDraftRequest(draft=written(to=to)))
        assert (made.to[0].name, made.to[0].address) == ("Éloïse", "éloïse@sante.gouv.tg")
        sent = await drafts.SendDraft(pb.SendDraftRequest(id=made.id))
    assert list(sent.recipients) == ["éloïse@sante.gouv.tg"]
    assert (await house.box(OTHER)).messages == 1


async def test_a_draft_that_cannot_be_sent_stays(api: Api, drafts: Any, house: House, owner: str) -> None:
    unknown = [mail_pb2.MailAddress(address="personne@sante.gouv.tg")]
    with acting_as(await api.identity(owner)):
        for to in ([], unknown):
            made = await drafts.CreateDraft(pb.CreateDraftRequest(draft=written(to=to)))
            with pytest.raises(InvalidInput):
                await drafts.SendDraft(pb.SendDraftRequest(id=made.id))
        foreign = mail_pb2.MailAddress(address="agent2@sante.gouv.tg")
        with pytest.raises(Forbidden):
            await drafts.CreateDraft(pb.CreateDraftRequest(draft=written(**{"from": foreign})))
    assert (await house.box(owner, "Drafts")).messages == 2


async def test_a_reply_quotes_refers_and_marks_what_it_answers(api: Api, drafts: Any, house: House, owner: str) -> None:
    source = rich("<p>Bonjour <img src='cid:logo@x'><img src='https://a.example/1.png'></p>")
    source = b"Message-ID: <1@x>\r\nReferences: <0@x>\r\n" + source.replace(b"From: Agent 1", b"From: Agent 2", 1)
    (outcome,) = await house.deliver(source.replace(b"<agent1@numerique", b"<agent2@sante", 1), owner)
    with acting_as(await api.identity(owner)):
        request = pb.PrepareAnswerRequest(id=outcome.message_id, kind=pb.Answer.KIND_REPLY)
        begun = await drafts.PrepareAnswer(request)
        assert (begun.subject, begun.to[0].address) == ("Re: Note", "agent2@sante.gouv.tg")
        assert "> Voilà le texte" in begun.text
        assert "<blockquote>" in begun.html
        assert "a.example" not in begun.html
        (logo,) = begun.attachments
        assert (logo.inline, logo.content_id) == (True, "logo@x")
        made = await drafts.CreateDraft(pb.CreateDraftRequest(draft=begun))
        assert made.answer == begun.answer
        assert made.attachments[0].inline
        kept = written(id=made.id, modseq=made.modseq, answer=made.answer, html=made.html, attachments=made.attachments)
        again = await drafts.ReplaceDraft(pb.ReplaceDraftRequest(draft=kept))
        await drafts.SendDraft(pb.SendDraftRequest(id=again.id))
    read = await parsed(house, OTHER, (await newest(house, OTHER, "INBOX")).id)
    assert (read["in-reply-to"], read["references"]) == ("<1@x>", "<0@x> <1@x>")
    assert [each.get_content() for each in read.walk() if each.get_content_type() == "image/png"] == [PNG]
    assert (await house.mail.store.messages.get(owner, outcome.message_id)).flags == ("\\Answered",)


async def test_forwarding_takes_everything_along_and_encrypted_letters_whole(
    api: Api, drafts: Any, house: House, owner: str
) -> None:
    source = rich("<p>Bonjour</p>", part("application/pdf; name=a.pdf", b"%PDF"))
    (plain,) = await house.deliver(source, owner)
    (secret,) = await house.deliver(message(pgp_mime()), owner, prefix=b"Return-Path: <a@example.org>\r\n")
    with acting_as(await api.identity(owner)):
        for outcome in (plain, secret):
            request = pb.PrepareAnswerRequest(id=outcome.message_id, kind=pb.Answer.KIND_FORWARD)
            begun = await drafts.PrepareAnswer(request)
            begun.to.add(address="agent2@sante.gouv.tg")
            made = await drafts.CreateDraft(pb.CreateDraftRequest(draft=begun))
            await drafts.SendDraft(pb.SendDraftRequest(id=made.id))
        with pytest.raises(InvalidInput):
            await drafts.PrepareAnswer(pb.PrepareAnswerRequest(id=plain.message_id))
    first, second = [
        await parsed(house, OTHER, each.id)
        for each in await house.mail.store.messages.listed(OTHER, (await house.box(OTHER)).id, 1, 2)
    ]
    assert [each.get_filename() for each in first.walk() if each.get_filename()] == ["a.pdf"]
    (whole,) = [each for each in second.walk() if each.get_content_type() == "message/rfc822"]
    assert whole.get_content().get_content_type() == "multipart/encrypted"
    assert whole.get_content()["return-path"] is None
    assert (await house.mail.store.messages.get(owner, plain.message_id)).flags == ("$Forwarded",)
