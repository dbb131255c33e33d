"""Who asks whether a letter was read hears it once, from inside, when the reader says so."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from chassis.errors import Forbidden, NotFound, PreconditionFailed
from services.mail.domain.envelope import Delivery, Recipient, Sender
from services.mail.domain.flags import FlagAction
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.message import Message
from services.mail.domain.receipts import SENT, State
from services.mail.usecases import copy, deliver, list_messages, move, send
from services.mail.usecases.receipts import answer_receipt, read_receipt
from services.mail.usecases.special_mailbox import special_mailbox
from services.mail.usecases.store_flags import store_flags
from tests.mail.house import House, chunked, letter

READER, WRITER = "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg"
OTHER = "01JWRITER"
OUTSIDE = "partenaire@example.org"


@pytest.fixture(autouse=True)
def known(house: House, owner: str) -> None:
    house.people.heard = {READER: owner, WRITER: OTHER}


async def inbox(house: House, owner: str) -> list[Message]:
    return (await list_messages(house.mail, owner, (await house.box(owner)).id, count=10)).messages


async def received(house: House, owner: str, asked: str = WRITER, **fields: str) -> Message:
    """A letter from inside that asks for a receipt."""
    source = letter("Note", From=WRITER, To=READER, Disposition_Notification_To=asked, **fields)
    await send(house.mail, Sender(OTHER, WRITER), chunked(source), recipients=[READER])
    return (await inbox(house, owner))[0]


async def answer(house: House, owner: str, message_id: str, **said: bool) -> State:
    said = {"decline": False, "confirmed": False, **said}
    return (await answer_receipt(house.mail, owner, owner, message_id, **said)).state


async def notified(house: House) -> list[bytes]:
    return [await house.read(OTHER, each.id) for each in await inbox(house, OTHER)]


async def test_a_receipt_is_sent_once_when_the_reader_says_so(house: House, owner: str) -> None:
    found = await received(house, owner)
    asked = await read_receipt(house.mail, owner, owner, found.id)
    assert (asked.state, asked.to, asked.confirm) == (State.OPEN, (WRITER,), False)
    assert await notified(house) == []
    for _ in range(2):
        assert await answer(house, owner, found.id) is State.ANSWERED
    (octets,) = await notified(house)
    made = message_from_bytes(octets, policy=default)
    assert (made["return-path"], made["from"], made["in-reply-to"]) == ("<>", READER, found.rfc_message_id)
    assert made["subject"] == "Accusé de lecture / Read receipt"
    assert (made.get_content_type(), made.get_param("report-type")) == (
        "multipart/report",
        "disposition-notification",
    )
    words, status = made.iter_parts()
    assert words.get_content().startswith("Votre message à agent1@")
    said = status.get_payload()[0] if status.is_multipart() else message_from_bytes(status.get_payload(decode=True))
    assert said["Final-Recipient"] == f"rfc822; {READER}"
    assert said["Original-Message-ID"] == found.rfc_message_id
    assert said["Disposition"] == "manual-action/MDN-sent-manually; displayed"
    assert SENT in (await inbox(house, owner))[0].flags
    # A receipt asks for none, and none is sent of it.
    told = (await inbox(house, OTHER))[0]
    assert (await read_receipt(house.mail, OTHER, OTHER, told.id)).state is State.NOT_ASKED


async def test_no_other_copy_and_no_keyword_taken_away_sends_a_second_one(house: House, owner: str) -> None:
    found = await received(house, owner)
    box = await house.box(owner)
    await copy(house.mail, owner, box.id, [(found.uid, found.uid)], box.id)
    await answer(house, owner, found.id)
    await store_flags(house.mail, owner, box.id, [(found.uid, found.uid)], FlagAction.REMOVE, [SENT])
    for each in await inbox(house, owner):
        assert await answer(house, owner, each.id) is State.ANSWERED
    assert len(await notified(house)) == 1


async def test_what_was_declined_or_answered_by_a_mail_program_is_not_sent(house: House, owner: str) -> None:
    found = await received(house, owner)
    assert await answer(house, owner, found.id, decline=True) is State.ANSWERED
    assert await answer(house, owner, found.id) is State.ANSWERED
    second = await received(house, owner, Message_ID="<2@sante.gouv.tg>")
    place = [(second.uid, second.uid)]
    await store_flags(house.mail, owner, second.mailbox_id, place, FlagAction.ADD, ["$mdnsent"])
    assert await answer(house, owner, second.id) is State.ANSWERED
    assert await notified(house) == []


async def test_to_anybody_but_who_sent_it_the_reader_has_to_say_so(house: House, owner: str) -> None:
    found = await received(house, owner, f"{WRITER}, {READER}")
    assert (await read_receipt(house.mail, owner, owner, found.id)).confirm
    with pytest.raises(PreconditionFailed):
        await answer(house, owner, found.id)
    assert SENT not in (await inbox(house, owner))[0].flags
    assert await answer(house, owner, found.id, confirmed=True) is State.ANSWERED
    assert len(await notified(house)) == 1


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        (OUTSIDE, {}),
        (f"{WRITER}, {OUTSIDE}", {}),
        ("personne", {}),
        (WRITER, {"List_Id": "<tous.gouv.tg>"}),
        (WRITER, {"Auto_Submitted": "auto-generated"}),
        (WRITER, {"Precedence": "bulk"}),
        (WRITER, {"Disposition_Notification_Options": "signed-receipt=required,pkcs7-signature"}),
        (", ".join(f"a{n}@gouv.tg" for n in range(6)), {}),
    ],
)
async def test_none_goes_outside_to_lists_or_to_machines(
    house: House, owner: str, asked: str, fields: dict[str, str]
) -> None:
    found = await received(house, owner, asked, **fields)
    assert (await read_receipt(house.mail, owner, owner, found.id)).state is State.NOT_ALLOWED
    with pytest.raises(Forbidden):
        await answer(house, owner, found.id, confirmed=True)
    assert house.queued.entries == []


@pytest.mark.parametrize(
    "prefix",
    [
        b"Return-Path: <agent2@sante.gouv.tg>\r\nDelivered-To: %s\r\nAuthentication-Results: mx; dmarc=fail\r\n",
        b"Return-Path: <>\r\nDelivered-To: %s\r\n",
        b"",
    ],
)
async def test_none_goes_to_who_may_be_forged_or_to_nobody(house: House, owner: str, prefix: bytes) -> None:
    source = letter("Note", From=WRITER, Disposition_Notification_To=WRITER)
    to = [Delivery(Recipient(owner, READER), prefix % READER.encode() if prefix else b"")]
    await deliver(house.mail, sender=WRITER, content=await house.content(source), deliveries=to)
    (found,) = await inbox(house, owner)
    assert (await read_receipt(house.mail, owner, owner, found.id)).state is State.NOT_ALLOWED


@pytest.mark.parametrize("prefix", [b"", b"Return-Path: <agent2@sante.gouv.tg>\r\nDelivered-To: ministre@gouv.tg\r\n"])
async def test_none_is_sent_in_the_name_of_somebody_else(house: House, owner: str, prefix: bytes) -> None:
    """Whom a letter was for is known by what we wrote above it, and has to be the reader still."""
    house.people.heard["ministre@gouv.tg"] = "01JMINISTER"
    source = letter("Note", From=WRITER, Disposition_Notification_To=WRITER)
    written = b"Return-Path: <agent2@sante.gouv.tg>\r\nDelivered-To: ministre@gouv.tg\r\n" if not prefix else b""
    await deliver(
        house.mail,
        sender=WRITER,
        content=await house.content(written + source),
        deliveries=[Delivery(Recipient(owner, READER), prefix)],
    )
    (found,) = await inbox(house, owner)
    with pytest.raises(Forbidden):
        await answer(house, owner, found.id, confirmed=True)
    assert await notified(house) == []


async def test_of_junk_none_is_sent(house: House, owner: str) -> None:
    found = await received(house, owner)
    junk = await special_mailbox(house.mail, owner, SpecialUse.JUNK)
    await move(house.mail, owner, found.mailbox_id, [(found.uid, found.uid)], junk.id)
    assert (await read_receipt(house.mail, owner, owner, found.id)).state is State.NOT_ALLOWED


async def test_nobody_answers_for_another_reader(house: House, owner: str) -> None:
    found = await received(house, owner)
    for act in (
        read_receipt(house.mail, OTHER, owner, found.id),
        answer_receipt(house.mail, OTHER, owner, found.id, decline=False, confirmed=True),
    ):
        with pytest.raises(NotFound):
            await act


async def test_who_dies_before_it_is_done_has_done_nothing(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await received(house, owner)

    async def dies(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(house.mail.store.submissions, "insert", dies)
        with pytest.raises(ConnectionError):
            await answer(house, owner, found.id)
    assert (await read_receipt(house.mail, owner, owner, found.id)).state is State.OPEN
    assert await answer(house, owner, found.id) is State.ANSWERED
    assert len(await notified(house)) == 1


class FormerServer:
    """It still has whoever is not here."""

    def serves(self, address: str) -> bool:
        return True

    def sends(self, address: str, peer: str) -> bool:
        return False

    async def takes(self, address: str) -> bool:
        return True


async def test_one_to_an_address_that_is_not_ascii_says_so_to_the_next_server(house: House, owner: str) -> None:
    house.mail = replace(house.mail, former=FormerServer())
    for number, asked in enumerate(("réception@gouv.tg", "reception@gouv.tg")):
        found = await received(house, owner, asked, Message_ID=f"<{number}@sante.gouv.tg>")
        assert await answer(house, owner, found.id, confirmed=True) is State.ANSWERED
    assert [(each["recipients"], each["utf8"]) for each in house.queued.entries] == [
        (("réception@gouv.tg",), True), (("reception@gouv.tg",), False),
    ]  # fmt: skip
