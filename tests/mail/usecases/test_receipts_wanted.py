"""Lists say which letters ask for a receipt, as it was found when they came, without a look at the letters."""

import pytest

from services.mail.domain.envelope import Sender
from services.mail.domain.mime import Scanner, describe
from services.mail.usecases import copy, list_messages, send
from tests.mail.house import House, chunked, letter

READER, WRITER = "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg"


async def test_lists_say_which_letters_ask_for_a_receipt(house: House, owner: str) -> None:
    house.people.heard = {READER: owner, WRITER: "01JWRITER"}
    for subject, asking in (("Plain", {}), ("Asking", {"Disposition_Notification_To": WRITER})):
        source = letter(subject, From=WRITER, To=READER, Message_ID=f"<{subject}@sante.gouv.tg>", **asking)
        await send(house.mail, Sender("01JWRITER", WRITER), chunked(source), recipients=[READER])
    box = await house.box(owner)
    came = (await list_messages(house.mail, owner, box.id, count=5)).messages
    assert {each.subject: each.receipt_wanted for each in came} == {"Plain": False, "Asking": True}
    # Copies ask as much as the letter does.
    await copy(house.mail, owner, box.id, [(each.uid, each.uid) for each in came], box.id)
    held = (await list_messages(house.mail, owner, box.id, count=5)).messages
    assert sorted((each.subject, each.receipt_wanted) for each in held) == [
        ("Asking", True), ("Asking", True), ("Plain", False), ("Plain", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (b"Disposition-Notification-To: a@gouv.tg\r\n", True),
        (b"disposition-notification-TO:\r\n <a@gouv.tg>\r\n", True),
        # Whoever would get it is for `domain/receipts.py` to judge.
        (b"Disposition-Notification-To: \xff\r\n", True),
        (b"Disposition-Notification-To: \r\n", False),
        (b"Disposition-Notification-Options: a=required,b\r\n", False),
        (b"X-Disposition-Notification-To: a@gouv.tg\r\n", False),
        (b"Subject: x\r\n\r\nDisposition-Notification-To: a@gouv.tg\r\n", False),
        # Of a letter inside the letter.
        (b"Content-Type: message/rfc822\r\n\r\nDisposition-Notification-To: a@gouv.tg\r\n", False),
    ],
)
def test_only_a_field_of_the_letter_itself_asks(header: bytes, wanted: bool) -> None:
    scanner = Scanner()
    scanner.feed(header + b"\r\nText.\r\n")
    assert describe(scanner.close()).receipt_wanted is wanted
