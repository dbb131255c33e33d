"""Receipts that come in stand beside the letter that they are of, and say only what their senders may say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Unavailable
from services.mail.domain.authentication.found import Found
from services.mail.domain.authentication.verdicts import Result
from services.mail.domain.envelope import Delivery, Outcome, Recipient, Sender
from services.mail.domain.envelope import Result as Delivered
from services.mail.domain.message import Message
from services.mail.domain.options import Options
from services.mail.domain.outgoing import MAX_RECIPIENTS
from services.mail.domain.received_receipts import ReceivedReceipt
from services.mail.domain.sending import Allowance
from services.mail.usecases import deliver, list_messages, send
from services.mail.usecases.note_receipts import receipts_of
from services.mail.usecases.receipts import answer_receipt
from tests.mail.house import House, chunked, letter

WRITER, READER, OTHER = "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg", "01JREADER"
PARTNER, HIDDEN = "partenaire@example.org", "cachee@example.org"
PROVEN = Found(b"", proven=("example.org",))
UNPROVEN = Found(b"", proven=("mta.example.net",))
ASKING = "<question@numerique.gouv.tg>"


@pytest.fixture(autouse=True)
def known(house: House, owner: str) -> None:
    house.people.heard = {WRITER: owner, READER: OTHER, "agent3@sante.gouv.tg": "01JTHIRD"}


async def asks(house: House, owner: str, *recipients: str, **fields: str) -> Message:
    """A letter that asks for receipts, as it is in Sent."""
    fields = {"Message_ID": ASKING, "Disposition_Notification_To": WRITER, **fields}
    source = letter("Question", From=WRITER, To=READER, **fields)
    await send(house.mail, Sender(owner, WRITER), chunked(source), recipients=recipients or [READER, PARTNER, HIDDEN])
    return await sent(house, owner)


async def sent(house: House, owner: str) -> Message:
    return (await list_messages(house.mail, owner, (await house.box(owner, "Sent")).id, count=5)).messages[0]


def receipt(by: str, *, of: str = ASKING, author: str = "", said: str = "displayed", also: str = "") -> bytes:
    status = f"Final-Recipient: rfc822; {by}\r\nOriginal-Message-ID: {of}\r\n{also}"
    status += f"Disposition: manual-action/MDN-sent-manually; {said}\r\n"
    kind = 'multipart/report; report-type=disposition-notification; boundary="b"'
    body = f"--b\r\n\r\nLu.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n{status}\r\n--b--"
    return letter("Lu", body, From=author or by, To=WRITER, Message_ID="", MIME_Version="1.0", Content_Type=kind)


async def comes(
    house: House, owner: str, source: bytes, *, found: Found | None = PROVEN, author: str = "", junk: bool = False
) -> Outcome:
    to = [Delivery(Recipient(owner, WRITER), found=found, author=author, junk=junk)]
    return (await deliver(house.mail, sender="", content=await house.content(source), deliveries=to))[0]


async def told(house: House, owner: str) -> list[tuple[str, str, bool]]:
    receipts = await receipts_of(house.mail, await sent(house, owner))
    return [(each.by, each.disposition, each.proven) for each in receipts]


async def test_a_colleagues_receipt_stands_beside_the_letter(house: House, owner: str) -> None:
    await asks(house, owner)
    (came,) = (await list_messages(house.mail, OTHER, (await house.box(OTHER)).id, count=5)).messages
    await answer_receipt(house.mail, OTHER, OTHER, came.id, decline=False, confirmed=False)
    assert await told(house, owner) == [(READER, "displayed", True)]


async def test_a_colleagues_mail_program_says_it_by_its_own_login(house: House, owner: str) -> None:
    await asks(house, owner)
    await comes(house, owner, receipt(READER), found=None, author=OTHER)
    assert await told(house, owner) == [(READER, "displayed", True)]


async def test_one_from_outside_says_whether_its_domain_is_proven(house: House, owner: str) -> None:
    await asks(house, owner)
    await comes(house, owner, receipt(PARTNER))
    await comes(house, owner, receipt(HIDDEN, said="deleted"), found=UNPROVEN)
    assert sorted(await told(house, owner)) == [(HIDDEN, "deleted", False), (PARTNER, "displayed", True)]
    # DMARC by another domain that is aligned proves it as well.
    aligned = Found(b"", proven=("mta.example.org",), dmarc=Result.PASS)
    house.clock.advance(hours=1)
    await comes(house, owner, receipt(HIDDEN), found=aligned)
    assert (HIDDEN, "displayed", True) in await told(house, owner)


@pytest.mark.parametrize(
    ("said", "how"),
    [
        # Who did not get the letter.
        ({"by": "autre@example.org"}, {}),
        # Another letter, or none.
        ({"by": PARTNER, "of": "<autre@numerique.gouv.tg>"}, {}),
        ({"by": PARTNER, "of": ""}, {}),
        # Proven to be from somebody else; junk.
        ({"by": PARTNER}, {"found": Found(b"", dmarc=Result.FAIL)}),
        ({"by": PARTNER}, {"junk": True}),
        # A colleague's, from outside, by another colleague, and by the platform itself.
        ({"by": READER}, {"found": Found(b"", proven=("sante.gouv.tg",), dmarc=Result.PASS)}),
        ({"by": READER}, {"found": None, "author": "01JTHIRD"}),
        # A colleague's script passes on what somebody else wrote, from outside or here.
        ({"by": READER, "author": READER}, {"author": OTHER}),
        ({"by": READER, "author": "agent3@sante.gouv.tg"}, {"found": None, "author": OTHER}),
        ({"by": READER}, {"found": None}),
        # Somebody outside, said by a colleague.
        ({"by": PARTNER}, {"found": None, "author": "01JTHIRD"}),
        ({"by": PARTNER, "said": "displayed/error"}, {}),
        ({"by": "rien"}, {}),
    ],
)
async def test_what_nobody_may_say_is_a_letter_and_no_more(
    house: House, owner: str, said: dict[str, Any], how: dict[str, Any]
) -> None:
    await asks(house, owner)
    assert (await comes(house, owner, receipt(**{"author": said["by"], **said}), **how)).result is Delivered.DELIVERED
    assert await told(house, owner) == []


async def test_the_first_counts_and_what_is_proven_before_what_is_not(house: House, owner: str) -> None:
    await asks(house, owner)
    for found, what in ((UNPROVEN, "deleted"), (UNPROVEN, "processed"), (PROVEN, "displayed"), (PROVEN, "deleted")):
        await comes(house, owner, receipt(PARTNER, said=what), found=found)
        house.clock.advance(minutes=1)
    await comes(house, owner, receipt(PARTNER, said="dispatched"), found=UNPROVEN)
    two_minutes_ago = house.clock() - timedelta(minutes=2)
    assert await receipts_of(house.mail, await sent(house, owner)) == [
        ReceivedReceipt(PARTNER, two_minutes_ago, "displayed", True)
    ]


async def test_one_that_comes_again_is_noted_once(house: House, owner: str) -> None:
    await asks(house, owner)
    results = []
    for _ in range(2):
        results.append((await comes(house, owner, receipt(PARTNER))).result)
        house.clock.advance(hours=1)
    assert results == [Delivered.DELIVERED, Delivered.REPEATED]
    two_hours_ago = house.clock() - timedelta(hours=2)
    assert await receipts_of(house.mail, await sent(house, owner)) == [
        ReceivedReceipt(PARTNER, two_hours_ago, "displayed", True)
    ]


async def test_a_receipt_that_could_not_be_noted_is_put_off(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asks(house, owner)

    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("database")

    with monkeypatch.context() as dying:
        dying.setattr(house.mail.store.asked_receipts, "note", away)
        assert (await comes(house, owner, receipt(PARTNER))).result is Delivered.FAILED
    assert (await comes(house, owner, receipt(PARTNER))).result is Delivered.DELIVERED
    assert await told(house, owner) == [(PARTNER, "displayed", True)]


async def test_a_letter_to_very_many_has_a_receipt_of_each(house: House, owner: str) -> None:
    house.mail = replace(house.mail, options=Options(allowance=Allowance(foreign_hour=MAX_RECIPIENTS)))
    many = [f"p{number}@example.org" for number in range(MAX_RECIPIENTS)]
    await asks(house, owner, *many)
    for by in (many[0], many[-1]):
        await comes(house, owner, receipt(by))
    assert sorted(by for by, _, _ in await told(house, owner)) == sorted((many[0], many[-1]))


async def test_other_letters_ask_the_database_nothing_more(house: House, owner: str) -> None:
    plain = await asks(house, owner, Disposition_Notification_To="")
    await house.deliver(letter("Note"), owner)
    assert await receipts_of(house.mail, plain) == []
    assert [each for each in house.recorder.commands if each.startswith("asked_receipts")] == []
