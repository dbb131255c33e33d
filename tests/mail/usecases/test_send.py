"""Sending: whose it is, who gets it, what each gets, and that it happens once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chassis.errors import Forbidden, InvalidInput, TooLarge, Unavailable
from services.mail.domain.envelope import Sender
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.message import Content
from services.mail.store.submissions import Accepted
from services.mail.usecases import Mail, delete_mailbox, list_messages, resume_submissions, send
from services.mail.usecases.deliver import deliver_accepted
from tests.mail.house import House, chunked, letter

SENDER = Sender("01JSENDER", "agent1@numerique.gouv.tg", ("directeur@numerique.gouv.tg",))


@pytest.fixture
def staffed(house: House) -> House:
    house.people.heard = {"agent2@sante.gouv.tg": "01JSECOND", "agent3@sante.gouv.tg": "01JTHIRD"}
    return house


async def only(house: House, owner: str, name: str = "INBOX") -> Any:
    page = await list_messages(house.mail, owner, (await house.box(owner, name)).id, count=10)
    assert len(page.messages) == 1
    return page.messages[0]


async def test_recipients_here_have_it_and_the_sender_keeps_a_copy(staffed: House) -> None:
    source = letter(Cc="agent3@sante.gouv.tg", Bcc="secret@example.org")
    submission = await send(staffed.mail, SENDER, chunked(source), trace=b"Received: by mail\r\n")
    assert submission.recipients == ("agent2@sante.gouv.tg", "agent3@sante.gouv.tg", "secret@example.org")
    received = await only(staffed, "01JTHIRD")
    read = await staffed.read("01JTHIRD", received.id)
    assert read.startswith(b"Return-Path: <agent1@numerique.gouv.tg>\r\nDelivered-To: agent3@sante.gouv.tg\r\n")
    assert b"Received: by mail\r\n" in read
    assert b"secret@" not in read
    kept = await only(staffed, "01JSENDER", "Sent")
    assert (kept.flags, [who.address for who in kept.bcc]) == (("\\Seen",), ["secret@example.org"])
    assert b"Bcc: secret@example.org\r\n" in await staffed.read("01JSENDER", kept.id)


async def test_other_domains_are_queued(staffed: House) -> None:
    source = letter(To="agent2@sante.gouv.tg, x@example.org", Bcc="y@example.net")
    submission = await send(staffed.mail, SENDER, chunked(source))
    (entry,) = staffed.queued.entries
    assert entry["recipients"] == ("x@example.org", "y@example.net")
    assert (entry["sender"], entry["submission_id"], entry["owner"]) == (SENDER.address, submission.id, "01JSENDER")
    relayed = b"".join([piece async for piece in staffed.mail.blobs.open(entry["blob"])])
    assert len(relayed) == entry["size"]
    assert b"y@example.net" not in relayed
    (fact,) = await staffed.facts("message_sent")
    assert "y@example.net" in fact["body"]


async def test_the_envelope_comes_before_the_header(staffed: House) -> None:
    submission = await send(staffed.mail, SENDER, chunked(letter()), recipients=["agent3@sante.gouv.tg"])
    assert submission.recipients == ("agent3@sante.gouv.tg",)
    assert (await staffed.box("01JSECOND")).messages == 0


async def test_what_is_missing_is_added_and_lines_end_as_they_must(staffed: House) -> None:
    source = letter(Date="", Message_ID="").replace(b"\r\n", b"\n")
    await send(staffed.mail, SENDER, chunked(source, 7))
    received = await only(staffed, "01JSECOND")
    assert received.date is not None
    assert received.rfc_message_id.endswith("@numerique.gouv.tg>")
    read = await staffed.read("01JSECOND", received.id)
    assert read.count(b"\n") == read.count(b"\r\n")
    assert read.endswith(b"\r\n\r\nBonjour.\r\n")


@pytest.mark.parametrize(
    "author",
    ["agent2@sante.gouv.tg", "Agent 1 <agent2@sante.gouv.tg>", "agent1@numerique.gouv.tg, agent2@sante.gouv.tg"],
)
async def test_nobody_writes_in_anothers_name(staffed: House, author: str) -> None:
    with pytest.raises(Forbidden):
        await send(staffed.mail, SENDER, chunked(letter(From=author)))
    with pytest.raises(Forbidden):
        await send(staffed.mail, SENDER, chunked(letter(Sender=author)))
    assert (await staffed.box("01JSECOND")).messages == 0


async def test_an_alias_may_write_and_a_foreign_envelope_may_not(staffed: House) -> None:
    await send(staffed.mail, SENDER, chunked(letter(From="Directeur <Directeur@numerique.gouv.tg>")))
    with pytest.raises(Forbidden):
        await send(staffed.mail, SENDER, chunked(letter()), envelope_from="agent2@sante.gouv.tg")


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\r\nno header",
        b"no field\r\n\r\n",
        letter(From=""),
        letter(To=""),
        letter(To="nobody@sante.gouv.tg"),
        letter(X="a\x00b"),
        letter(X="a" * 300_000),
        letter(To=", ".join(f"a{n}@example.org" for n in range(1001))),
    ],
    ids=["empty", "headless", "no-field", "no-from", "no-to", "unknown", "nul", "endless-header", "too-many"],
)
async def test_what_cannot_be_sent_is_refused_whole(staffed: House, source: bytes) -> None:
    with pytest.raises(InvalidInput):
        await send(staffed.mail, SENDER, chunked(source))
    assert (await staffed.box("01JSENDER", "INBOX")).messages == 0
    assert (await staffed.box("01JSENDER", "Sent")).messages == 0
    assert staffed.queued.entries == []


async def test_a_message_without_a_body_is_sent(staffed: House) -> None:
    await send(staffed.mail, SENDER, chunked(letter().partition(b"\r\n\r\n")[0]))
    assert (await only(staffed, "01JSECOND")).subject == "Note"


async def test_too_large_a_message_is_refused(staffed: House) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield letter()
        while True:
            yield b"x" * 65536

    with pytest.raises(TooLarge):
        await send(staffed.mail, SENDER, endless())


async def test_the_same_message_is_accepted_once(staffed: House) -> None:
    first = await send(staffed.mail, SENDER, chunked(letter(To="agent2@sante.gouv.tg, x@example.org")))
    again = await send(staffed.mail, SENDER, chunked(letter(To="agent2@sante.gouv.tg, x@example.org")))
    assert (again.id, again.repeated) == (first.id, True)
    await only(staffed, "01JSECOND")
    await only(staffed, "01JSENDER", "Sent")
    assert len(staffed.queued.entries) == 1
    assert len(await staffed.facts("message_sent")) == 1


async def test_a_deleted_mailbox_of_sent_messages_is_made_again(staffed: House) -> None:
    sent = await staffed.box("01JSENDER", "Sent")
    await delete_mailbox(staffed.mail, "01JSENDER", sent.id)
    await send(staffed.mail, SENDER, chunked(letter()))
    again = await staffed.box("01JSENDER", "Sent")
    assert (again.messages, again.special_use, again.id != sent.id) == (1, SpecialUse.SENT, True)


async def test_directory_being_away_accepts_nothing(house: House) -> None:
    house.people.away = Unavailable("directory is away")
    await house.box("01JSENDER")
    with pytest.raises(Unavailable):
        await send(house.mail, SENDER, chunked(letter()))
    assert (await house.box("01JSENDER", "Sent")).messages == 0


async def test_a_worker_delivers_what_a_dead_process_accepted(staffed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dying(mail: Mail, accepted: Accepted, content: Content) -> Any:
        await deliver_accepted(mail, replace(accepted, local=accepted.local[:1]), content)
        raise ConnectionResetError("the process dies here")

    module = __import__("services.mail.usecases.send", fromlist=["deliver_accepted"])
    with monkeypatch.context() as dead:
        dead.setattr(module, "deliver_accepted", dying)
        with pytest.raises(ConnectionResetError):
            await send(staffed.mail, SENDER, chunked(letter(Cc="agent3@sante.gouv.tg")))
    assert (await staffed.box("01JTHIRD")).messages == 0
    assert await resume_submissions(staffed.mail) == 0
    staffed.clock.advance(minutes=3)
    assert await resume_submissions(staffed.mail) == 1
    assert await resume_submissions(staffed.mail) == 0
    await only(staffed, "01JSECOND")
    await only(staffed, "01JTHIRD")
