"""Receipts by what the reader's unit lets: never, when the reader says so, or by themselves when a letter is read."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chassis.errors import Forbidden, TooManyRequests
from services.mail.domain.allotment import Holder, Whereabouts
from services.mail.domain.envelope import Delivery, Recipient, Sender
from services.mail.domain.flags import SEEN
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.message import Message
from services.mail.domain.options import Options
from services.mail.domain.receipt_policy import Given, Manner, Manners
from services.mail.domain.receipts import SENT, State
from services.mail.domain.sending import Allowance
from services.mail.domain.sharing import Function
from services.mail.usecases import deliver, list_messages, move, send
from services.mail.usecases.modify_messages import FlagChange, modify_messages
from services.mail.usecases.receipt_policies import manners_of, want_receipts, wishes_of
from services.mail.usecases.receipts import answer_receipt, read_receipt
from services.mail.usecases.special_mailbox import special_mailbox
from tests.mail.house import House, chunked, letter

READER, WRITER, OTHER = "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg", "01JWRITER"
PARTNER = "partenaire@example.org"
PROVEN = (
    "Return-Path: <partenaire@example.org>\r\nDelivered-To: agent1@numerique.gouv.tg\r\n"
    "Authentication-Results: mx.gouv.tg;\r\n\tspf=pass smtp.mailfrom={mailfrom};\r\n\tdkim=none;\r\n"
    "\t{dmarc};\r\n\tarc=none\r\n"
)


@pytest.fixture(autouse=True)
def known(house: House, owner: str) -> None:
    house.people.heard = {READER: owner, WRITER: OTHER}
    house.people.stands = {owner: Whereabouts(READER, ("01MINISTRY", "01DIRECTION"))}


async def lets(house: House, inside: Manner | None = None, outside: Manner | None = None) -> None:
    await house.mail.store.receipt_policies.put(Holder.UNIT, "01MINISTRY", {"inside": inside, "outside": outside})


async def inbox(house: House, owner: str) -> list[Message]:
    return (await list_messages(house.mail, owner, (await house.box(owner)).id, count=10)).messages


async def received(house: House, owner: str, asked: str = WRITER, **fields: str) -> Message:
    source = letter("Note", From=WRITER, To=READER, Disposition_Notification_To=asked, **fields)
    await send(house.mail, Sender(OTHER, WRITER), chunked(source), recipients=[READER])
    return (await inbox(house, owner))[0]


async def from_outside(house: House, owner: str, *, dmarc: str, mailfrom: str = "example.org") -> Message:
    fields = {"From": PARTNER, "To": READER, "Disposition_Notification_To": PARTNER}
    source = letter("Note", **fields, Message_ID=f"<{dmarc} {mailfrom}@example.org>".replace(" ", "."))
    prefix = PROVEN.format(dmarc=dmarc, mailfrom=mailfrom).encode()
    to = [Delivery(Recipient(owner, READER), prefix)]
    await deliver(house.mail, sender=PARTNER, content=await house.content(source), deliveries=to)
    return (await inbox(house, owner))[0]


async def reads(house: House, owner: str, *messages: Message, actor: str = "") -> None:
    done = await modify_messages(
        house.mail, actor or owner, [(owner, each.id) for each in messages], FlagChange(add=["\\seen"])
    )
    assert set(done.values()) == {None}


async def notified(house: House) -> list[bytes]:
    return [await house.read(OTHER, each.id) for each in await inbox(house, OTHER)]


async def test_where_the_unit_says_never_no_reader_can(house: House, owner: str) -> None:
    found = await received(house, owner)
    await lets(house, inside=Manner.NEVER)
    assert (await read_receipt(house.mail, owner, owner, found.id)).state is State.NOT_ALLOWED
    with pytest.raises(Forbidden):
        await answer_receipt(house.mail, owner, owner, found.id, decline=False, confirmed=True)
    await reads(house, owner, found)
    assert await notified(house) == []


async def test_where_the_unit_says_always_it_is_sent_when_the_letter_is_read_and_once(house: House, owner: str) -> None:
    found = await received(house, owner)
    await reads(house, owner, found)
    assert await notified(house) == []
    await lets(house, inside=Manner.ALWAYS)
    second = await received(house, owner, Message_ID="<2@sante.gouv.tg>")
    assert (await read_receipt(house.mail, owner, owner, second.id)).by_itself
    await asyncio.gather(*(reads(house, owner, second) for _ in range(3)))
    (octets,) = await notified(house)
    assert b"Disposition: manual-action/MDN-sent-automatically; displayed" in octets
    assert {SEEN, SENT} <= set((await inbox(house, owner))[0].flags)
    # What was read before is not read for the first time.
    assert not (await read_receipt(house.mail, owner, owner, found.id)).by_itself
    await reads(house, owner, found)
    assert len(await notified(house)) == 1


async def test_who_marks_many_at_once_reads_none_of_them(house: House, owner: str) -> None:
    await lets(house, inside=Manner.ALWAYS)
    some = [await received(house, owner, Message_ID=f"<{number}@sante.gouv.tg>") for number in range(2)]
    await reads(house, owner, *some)
    # Also where all but one are not there any more.
    last = await received(house, owner, Message_ID="<last@sante.gouv.tg>")
    await modify_messages(house.mail, owner, [(owner, last.id), (owner, "gone")], FlagChange(add=[SEEN]))
    assert SEEN in (await inbox(house, owner))[0].flags
    assert await notified(house) == []


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        (f"{WRITER}, {READER}", {}),
        (READER, {}),
        (WRITER, {"List_Id": "<tous.gouv.tg>"}),
        (WRITER, {"Auto_Submitted": "auto-generated"}),
    ],
)
async def test_nothing_is_sent_by_itself_that_has_to_be_confirmed_or_came_to_many(
    house: House, owner: str, asked: str, fields: dict[str, str]
) -> None:
    await lets(house, Manner.ALWAYS, Manner.ALWAYS)
    await reads(house, owner, await received(house, owner, asked, **fields))
    assert await notified(house) == []


async def test_nothing_is_sent_by_itself_of_junk_or_for_who_is_suspended(house: House, owner: str) -> None:
    await lets(house, inside=Manner.ALWAYS)
    found = await received(house, owner)
    junk = await special_mailbox(house.mail, owner, SpecialUse.JUNK)
    await move(house.mail, owner, found.mailbox_id, [(found.uid, found.uid)], junk.id)
    await reads(house, owner, found)
    second = await received(house, owner, Message_ID="<2@sante.gouv.tg>")
    house.people.suspended = {owner}
    await reads(house, owner, second)
    with pytest.raises(Forbidden):
        await answer_receipt(house.mail, owner, owner, second.id, decline=False, confirmed=True)
    assert await notified(house) == []


async def test_outside_nothing_is_sent_by_itself_to_who_is_not_proven(house: House, owner: str) -> None:
    assert (await _state(house, owner, dmarc="dmarc=pass policy.dmarc=reject header.from=example.org")) == (
        State.NOT_ALLOWED, False, False,
    )  # fmt: skip
    await lets(house, outside=Manner.ALWAYS)
    for dmarc, mailfrom in (
        ("dmarc=none header.from=example.org", "example.org"),
        ("dmarc=pass policy.dmarc=none header.from=example.net", "example.org"),
        ("dmarc=fail header.from=example.org", '"x;dmarc=pass header.from=example.org"'),
    ):
        assert await _state(house, owner, dmarc=dmarc, mailfrom=mailfrom) == (State.OPEN, True, False)
        await reads(house, owner, (await inbox(house, owner))[0])
    assert house.queued.entries == []
    assert await _state(house, owner, dmarc="dmarc=pass policy.dmarc=none header.from=example.org") == (
        State.OPEN, False, True,
    )  # fmt: skip
    await reads(house, owner, (await inbox(house, owner))[0])
    assert [(each["sender"], each["recipients"]) for each in house.queued.entries] == [("", (PARTNER,))]


async def _state(house: House, owner: str, **how: str) -> tuple[State, bool, bool]:
    asked = await read_receipt(house.mail, owner, owner, (await from_outside(house, owner, **how)).id)
    return asked.state, asked.confirm, asked.by_itself


async def test_an_account_wants_less_than_its_unit_lets_it(house: House, owner: str) -> None:
    await lets(house, inside=Manner.ALWAYS)
    await want_receipts(house.mail, owner, inside=Manner.ASK)
    await reads(house, owner, await received(house, owner))
    assert await notified(house) == []
    # Where units let less later, that holds.
    await lets(house, inside=Manner.NEVER)
    assert (await manners_of(house.mail, owner)).inside is Manner.NEVER
    # And is no reason to refuse what the account wants besides.
    await want_receipts(house.mail, owner, outside=Manner.NEVER)
    assert await wishes_of(house.mail, owner) == (Given(Manner.ASK, Manner.NEVER), Manners(Manner.NEVER, Manner.NEVER))


async def test_a_functions_mailbox_has_the_policy_of_its_unit(house: House, owner: str) -> None:
    function = Function("01JFUNCTION", "accueil@gouv.tg", (owner,), True, 1, ("01MINISTRY",))
    await house.mail.store.functions.told(function)
    house.people.stands[function.id] = Whereabouts(function.address, of_function=True, holders=(owner,))
    await lets(house, inside=Manner.ALWAYS)
    assert (await manners_of(house.mail, function.id)).inside is Manner.ALWAYS
    # Whoever holds it reads it.
    house.people.heard[function.address] = function.id
    source = letter("Note", From=WRITER, To=function.address, Disposition_Notification_To=WRITER)
    await send(house.mail, Sender(OTHER, WRITER), chunked(source), recipients=[function.address])
    (found,) = await inbox(house, function.id)
    await reads(house, function.id, found, actor=owner)
    (octets,) = await notified(house)
    assert b"From: <accueil@gouv.tg>" in octets


async def test_receipts_are_within_the_sending_limits(house: House, owner: str) -> None:
    house.mail = replace(house.mail, options=Options(allowance=Allowance(all_hour=1)))
    await lets(house, inside=Manner.ALWAYS)
    house.clock.moment = house.clock.moment.replace(minute=20)
    for number in range(3):
        found = await received_within(house, owner, number)
        await reads(house, owner, found)
    assert len(await notified(house)) == 1
    # It is left for its reader to answer, when that is possible again.
    assert SEEN in (await inbox(house, owner))[0].flags
    with pytest.raises(TooManyRequests):
        await answer_receipt(house.mail, owner, owner, found.id, decline=False, confirmed=False)
    house.clock.advance(hours=1)
    answered = await answer_receipt(house.mail, owner, owner, found.id, decline=False, confirmed=False)
    assert answered.state is State.ANSWERED
    assert len(await notified(house)) == 2


async def received_within(house: House, owner: str, number: int) -> Message:
    """From somebody else each time, who has limits too."""
    source = letter("Note", From=WRITER, Disposition_Notification_To=WRITER, Message_ID=f"<{number}@sante.gouv.tg>")
    prefix = f"Return-Path: <{WRITER}>\r\nDelivered-To: {READER}\r\n".encode()
    to = [Delivery(Recipient(owner, READER), prefix)]
    await deliver(house.mail, sender=WRITER, content=await house.content(source), deliveries=to)
    return (await inbox(house, owner))[0]


async def test_who_dies_before_the_mark_marks_again_and_sends_nothing_twice(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lets(house, inside=Manner.ALWAYS)
    found = await received(house, owner)

    async def dies(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr("services.mail.usecases.modify_messages.store_flags", dies)
        with pytest.raises(ConnectionError):
            await reads(house, owner, found)
    assert SEEN not in (await inbox(house, owner))[0].flags
    await reads(house, owner, found)
    assert len(await notified(house)) == 1
