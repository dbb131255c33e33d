"""MailboxService and MessageService over gRPC."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.mail.v1 import mail_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed, TooLarge
from chassis.identity import acting_as
from chassis.rpc import translated
from services.mail.domain.options import Options
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter

BINARY = bytes(range(256)) * 1024
ATTACHED = (
    b"From: agent1@numerique.gouv.tg\r\nTo: agent2@sante.gouv.tg\r\n"
    b"Subject: =?utf-8?q?Pi=C3=A8ce?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<p>Voil\xc3\xa0 &amp; merci</p>\r\n--edge\r\nContent-Type: image/png\r\n"
    b"Content-Disposition: attachment; filename*=utf-8''carte%20n%C2%B01.png\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(BINARY).replace(b"\n", b"\r\n") + b"--edge--\r\n"
)


async def download(call: Any) -> tuple[bytes, dict[str, str], list[Any]]:
    with translated():
        bodies = [body async for body in call]
        metadata = {key: value for key, value in await call.initial_metadata() if key.startswith("workspace-")}
    return b"".join(body.data for body in bodies), metadata, bodies


async def upload(rpc: Any, requests: Iterator[Any]) -> Any:
    with translated():
        return await rpc(requests)


def uploaded(kind: Any, source: bytes, size: int = 60_000, **first: Any) -> Iterator[Any]:
    for start in range(0, max(len(source), 1), size):
        yield kind(source=HttpBody(data=source[start : start + size]), **(first if start == 0 else {}))
    yield kind(last=True)


async def test_a_source_that_is_cut_off_is_neither_kept_nor_sent(api: Api, owner: str) -> None:
    with acting_as(await api.identity(owner)):
        box = (await api.mailboxes.ListMailboxes(pb.ListMailboxesRequest())).mailboxes[0]
        for rpc, kind, first in (
            (api.messages.AppendMessage, pb.AppendMessageRequest, {"mailbox_id": box.id}),
            (api.messages.SendMessage, pb.SendMessageRequest, {}),
        ):
            *begun, _last = uploaded(kind, letter("Coupé"), 100, **first)
            with pytest.raises(InvalidInput, match="cut off"):
                await upload(rpc, iter(begun))
        assert not (await api.messages.ListMessages(pb.ListMessagesRequest())).messages


async def test_mailboxes_are_listed_made_renamed_and_deleted(api: Api, owner: str) -> None:
    with acting_as(await api.identity(owner)):
        listed = (await api.mailboxes.ListMailboxes(pb.ListMailboxesRequest())).mailboxes
        assert [box.name for box in listed] == ["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash"]
        assert [box.special_use for box in listed] == list(range(1, 7))
        made = await api.mailboxes.CreateMailbox(pb.CreateMailboxRequest(mailbox=pb.Mailbox(name="Dossiers/2026")))
        renamed = await api.mailboxes.UpdateMailbox(
            pb.UpdateMailboxRequest(
                mailbox=pb.Mailbox(id=made.id, name="Anciens"), update_mask=FieldMask(paths=["name"])
            )
        )
        assert (renamed.id, renamed.name) == (made.id, "Anciens")
        await api.mailboxes.DeleteMailbox(pb.DeleteMailboxRequest(id=made.id))
        with pytest.raises(NotFound):
            await api.mailboxes.DeleteMailbox(pb.DeleteMailboxRequest(id=made.id))
        with pytest.raises(PreconditionFailed):
            await api.mailboxes.DeleteMailbox(pb.DeleteMailboxRequest(id=listed[0].id))


async def test_a_mask_names_only_what_can_change(api: Api, owner: str) -> None:
    with acting_as(await api.identity(owner)), pytest.raises(InvalidInput) as wrong:
        await api.mailboxes.UpdateMailbox(pb.UpdateMailboxRequest(update_mask=FieldMask(paths=["modseq"])))
    assert "update_mask" in wrong.value.fields


async def test_pages_of_messages_follow_each_other(api: Api, house: House, owner: str) -> None:
    for number in range(5):
        await house.deliver(letter(f"Note {number}"), owner)
    with acting_as(await api.identity(owner)):
        first = await api.messages.ListMessages(pb.ListMessagesRequest(page_size=2))
        await house.deliver(letter("New"), owner)
        second = await api.messages.ListMessages(
            pb.ListMessagesRequest(mailbox="inbox", page_size=3, page_token=first.next_page_token)
        )
        other = (await api.mailboxes.ListMailboxes(pb.ListMailboxesRequest())).mailboxes[1]
        for request in (
            pb.ListMessagesRequest(mailbox=other.id, page_token=first.next_page_token),
            pb.ListMessagesRequest(page_token="nonsense"),
            pb.ListMessagesRequest(page_size=201),
            pb.ListMessagesRequest(page_size=-1),
        ):
            with pytest.raises(InvalidInput):
                await api.messages.ListMessages(request)
    assert [message.subject for message in (*first.messages, *second.messages)] == [
        f"Note {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert second.next_page_token == ""
    shown = first.messages[0]
    assert (getattr(shown, "from")[0].name, shown.to[0].address) == ("Agent 1", "agent2@sante.gouv.tg")
    assert (shown.date.ToJsonString(), shown.preview) == ("2026-03-02T08:30:00Z", "Bonjour.")


async def test_a_message_is_read_with_its_text_and_parts(api: Api, house: House, owner: str) -> None:
    (outcome,) = await house.deliver(ATTACHED, owner)
    with acting_as(await api.identity(owner)):
        message = await api.messages.GetMessage(pb.GetMessageRequest(id=outcome.message_id))
    assert message.text.strip() == "Voilà & merci"
    (part,) = message.attachments
    assert (part.part, part.filename, part.content_type, part.inline) == ("2", "carte n°1.png", "image/png", False)


async def test_a_source_streams_in_ranges(api: Api, house: House, owner: str) -> None:
    prefix = b"Return-Path: <a@example.org>\r\n"
    (outcome,) = await house.deliver(ATTACHED, owner, prefix=prefix)
    whole = prefix + ATTACHED
    with acting_as(await api.identity(owner)):
        request = pb.GetMessageSourceRequest(id=outcome.message_id)
        octets, metadata, bodies = await download(api.messages.GetMessageSource(request))
        assert octets == whole
        assert metadata["workspace-length"] == str(len(whole))
        assert metadata["workspace-etag"].strip('"')
        assert {body.content_type for body in bodies} == {"message/rfc822"}
        assert max(len(body.data) for body in bodies) <= 64 * 1024
        request = pb.GetMessageSourceRequest(id=outcome.message_id, offset=10, length=100_000)
        assert (await download(api.messages.GetMessageSource(request)))[0] == whole[10:100_010]
        request = pb.GetMessageSourceRequest(id=outcome.message_id, offset=len(whole) + 5)
        octets, metadata, _ = await download(api.messages.GetMessageSource(request))
        assert (octets, metadata["workspace-length"]) == (b"", str(len(whole)))
        with pytest.raises(InvalidInput):
            await download(api.messages.GetMessageSource(pb.GetMessageSourceRequest(id=outcome.message_id, offset=-1)))


async def test_an_attachment_streams_decoded(api: Api, house: House, owner: str) -> None:
    (outcome,) = await house.deliver(ATTACHED, owner)
    with acting_as(await api.identity(owner)):
        for offset, length in ((0, 0), (1000, 70_000)):
            request = pb.GetAttachmentRequest(id=outcome.message_id, part="2", offset=offset, length=length)
            octets, metadata, bodies = await download(api.messages.GetAttachment(request))
            assert octets == BINARY[offset : offset + length if length else None]
            assert metadata["workspace-length"] == str(len(BINARY))
            assert metadata["workspace-filename"] == "carte%20n%C2%B01.png"
            assert bodies[0].content_type == "image/png"
        with pytest.raises(NotFound):
            await download(api.messages.GetAttachment(pb.GetAttachmentRequest(id=outcome.message_id, part="9")))


async def test_a_message_is_appended_in_pieces(api: Api, house: House, owner: str) -> None:
    box = await house.box(owner)
    source = letter("Large", "\n".join(["x" * 70] * 5000))
    with acting_as(await api.identity(owner)):
        requests = uploaded(pb.AppendMessageRequest, source, mailbox_id=box.id, flags=["\\Seen", "$Label1"])
        made = await upload(api.messages.AppendMessage, requests)
        assert (made.subject, list(made.flags), made.uid) == ("Large", ["$label1", "\\Seen"], 1)
        read = await house.read(owner, made.id)
        assert read == source.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        with pytest.raises(NotFound):
            await upload(api.messages.AppendMessage, uploaded(pb.AppendMessageRequest, b"x", mailbox_id="01JNOWHERE"))
        with pytest.raises(InvalidInput):
            await upload(api.messages.AppendMessage, uploaded(pb.AppendMessageRequest, b"", mailbox_id=box.id))
        with pytest.raises(InvalidInput):
            await upload(api.messages.AppendMessage, iter(()))


async def test_a_refusal_is_heard_while_the_message_is_on_its_way(api: Api, house: House, owner: str) -> None:
    object.__setattr__(house.mail, "options", Options(max_message=1_000_000))
    box = await house.box(owner)
    with acting_as(await api.identity(owner)):
        for _ in range(30):
            with pytest.raises(TooLarge):
                await upload(api.messages.AppendMessage, _endless(box.id))


async def _endless(mailbox_id: str) -> AsyncIterator[pb.AppendMessageRequest]:
    yield pb.AppendMessageRequest(mailbox_id=mailbox_id)
    for _ in range(500):
        yield pb.AppendMessageRequest(source=HttpBody(data=b"x" * 64_000))
        await asyncio.sleep(0)


async def test_a_message_is_sent(api: Api, house: House, owner: str) -> None:
    house.people.heard["agent2@sante.gouv.tg"] = "01JSECOND"
    with acting_as(await api.identity(owner)):
        submission = await upload(api.messages.SendMessage, uploaded(pb.SendMessageRequest, letter("Envoi")))
        assert list(submission.recipients) == ["agent2@sante.gouv.tg"]
        with pytest.raises(Forbidden):
            await upload(api.messages.SendMessage, uploaded(pb.SendMessageRequest, letter(From="agent2@sante.gouv.tg")))
    assert (await house.box("01JSECOND")).messages == 1
    (fact,) = await house.facts("message_sent")
    assert f'"actor":"{owner}"' in fact["body"]


async def test_an_upload_beyond_the_limit_is_refused(api: Api, house: House, owner: str) -> None:
    object.__setattr__(house.mail, "options", Options(max_message=100_000))
    box = await house.box(owner)
    source = letter("Large", "x" * 200_000)
    with acting_as(await api.identity(owner)), pytest.raises(TooLarge):
        await upload(api.messages.AppendMessage, uploaded(pb.AppendMessageRequest, source, mailbox_id=box.id))


async def test_flags_moves_and_deletes(api: Api, house: House, owner: str) -> None:
    (outcome,) = await house.deliver(letter(), owner)
    archive = await house.box(owner, "Archive")
    with acting_as(await api.identity(owner)):
        changed = await api.messages.UpdateMessage(
            pb.UpdateMessageRequest(
                message=pb.Message(id=outcome.message_id, flags=["\\Seen"]), update_mask=FieldMask(paths=["flags"])
            )
        )
        assert list(changed.flags) == ["\\Seen"]
        for _ in range(2):  # a second time changes nothing more
            moved = await api.messages.MoveMessage(pb.MoveMessageRequest(id=outcome.message_id, mailbox_id=archive.id))
            assert (moved.id, moved.mailbox_id, moved.uid) == (outcome.message_id, archive.id, 1)
        await api.messages.DeleteMessage(pb.DeleteMessageRequest(id=outcome.message_id))
        with pytest.raises(NotFound):
            await api.messages.GetMessage(pb.GetMessageRequest(id=outcome.message_id))


async def test_nobody_reaches_anothers_mail(api: Api, house: House, owner: str) -> None:
    (outcome,) = await house.deliver(letter(), owner)
    box = await house.box(owner)
    one = outcome.message_id
    with acting_as(await api.identity("01JOTHER")):
        for attempt in (
            lambda: api.messages.GetMessage(pb.GetMessageRequest(id=one)),
            lambda: api.messages.UpdateMessage(pb.UpdateMessageRequest(message=pb.Message(id=one))),
            lambda: api.messages.DeleteMessage(pb.DeleteMessageRequest(id=one)),
            lambda: api.messages.MoveMessage(pb.MoveMessageRequest(id=one, mailbox_id=box.id)),
            lambda: api.messages.ListMessages(pb.ListMessagesRequest(mailbox=box.id)),
            lambda: download(api.messages.GetMessageSource(pb.GetMessageSourceRequest(id=one))),
            lambda: download(api.messages.GetAttachment(pb.GetAttachmentRequest(id=one, part="1"))),
            lambda: upload(api.messages.AppendMessage, uploaded(pb.AppendMessageRequest, letter(), mailbox_id=box.id)),
        ):
            with pytest.raises(NotFound):
                await attempt()
    assert (await house.box(owner)).messages == 1
