"""Delivery: order, repeats, many recipients, and what is left when it is cut short."""

import asyncio

import pytest

from chassis.errors import Unavailable
from chassis.ids import new_id
from services.mail.domain.envelope import Delivery, Recipient, Result
from services.mail.usecases import changes_since, deliver, list_messages, view
from tests.mail.house import House, letter


async def test_fifty_deliveries_at_once_give_contiguous_uids(house: House, owner: str) -> None:
    await house.deliver(letter("First"), owner)
    contents = [await house.content(letter(f"Note {n}")) for n in range(50)]
    to = [Delivery(Recipient(owner, "agent1@numerique.gouv.tg"))]
    outcomes = await asyncio.gather(
        *(deliver(house.mail, sender="a@example.org", content=content, deliveries=to) for content in contents)
    )
    assert sorted(outcome.uid for (outcome,) in outcomes) == list(range(2, 52))
    box = await house.box(owner)
    assert (box.messages, box.unseen, box.uid_next, box.modseq) == (51, 51, 52, 52)


async def test_who_follows_the_cursor_sees_every_uid_in_order(house: House, owner: str) -> None:
    await house.deliver(letter("First"), owner)
    box = await house.box(owner)
    seen, modseq = [1], (await view(house.mail, owner, box.id)).modseq
    contents = [await house.content(letter(f"Note {n}")) for n in range(20)]
    to = [Delivery(Recipient(owner, "agent1@numerique.gouv.tg"))]
    arriving = asyncio.gather(
        *(deliver(house.mail, sender="a@example.org", content=content, deliveries=to) for content in contents)
    )
    for _ in range(500):
        finished = arriving.done()
        changes = await changes_since(house.mail, owner, box.id, modseq)
        modseq = changes.modseq
        seen += [row.uid for row in changes.changed]
        if finished:
            break
        await asyncio.sleep(0.005)
    await arriving
    assert seen == list(range(1, 22))


async def test_a_repeat_makes_no_second_copy(house: House, owner: str) -> None:
    first = await house.deliver(letter(), owner, sender="b@example.org")
    again = await house.deliver(letter(), owner, sender="b@example.org")
    assert [first[0].result, again[0].result] == [Result.DELIVERED, Result.REPEATED]
    other_sender = await house.deliver(letter(), owner, sender="c@example.org")
    other_bytes = await house.deliver(letter(body="Bonsoir."), owner, sender="b@example.org")
    assert [other_sender[0].result, other_bytes[0].result] == [Result.DELIVERED, Result.DELIVERED]
    assert (await house.box(owner)).messages == 3
    assert len(await house.facts("message_received")) == 3


async def test_a_repeat_while_the_first_is_under_way_makes_no_second_copy(house: House, owner: str) -> None:
    content = await house.content(letter())
    to = [Delivery(Recipient(owner, "agent1@numerique.gouv.tg"))]
    outcomes = await asyncio.gather(
        *(deliver(house.mail, sender="b@example.org", content=content, deliveries=to) for _ in range(5))
    )
    assert sorted(outcome.result.value for (outcome,) in outcomes) == ["delivered", *["repeated"] * 4]
    assert (await house.box(owner)).messages == 1


async def test_marks_of_deliveries_go_after_a_day(house: House, owner: str) -> None:
    await house.deliver(letter(), owner)
    indexes = await house.database["repeats"].index_information()
    assert [index["expireAfterSeconds"] for index in indexes.values() if "expireAfterSeconds" in index] == [86400]


async def test_many_recipients_share_one_blob_and_keep_their_own_trace(house: House) -> None:
    content = await house.content(letter())
    owners = [f"01JACCOUNT{n}" for n in range(12)]
    to = [
        Delivery(Recipient(owner, f"agent{n}@sante.gouv.tg"), f"Delivered-To: agent{n}@sante.gouv.tg\r\n".encode())
        for n, owner in enumerate(owners)
    ]
    outcomes = await deliver(house.mail, sender="a@example.org", content=content, deliveries=to)
    assert {outcome.result for outcome in outcomes} == {Result.DELIVERED}
    assert await house.database["blobs"].count_documents({"size": content.size}) == 1
    read = [await house.read(owner, outcome.message_id) for owner, outcome in zip(owners, outcomes, strict=True)]
    assert read == [delivery.prefix + letter() for delivery in to]


async def test_two_addresses_of_one_account_share_one_copy(house: House, owner: str) -> None:
    content = await house.content(letter())
    to = [Delivery(Recipient(owner, "agent1@numerique.gouv.tg")), Delivery(Recipient(owner, "contact@gouv.tg"))]
    outcomes = await deliver(house.mail, sender="a@example.org", content=content, deliveries=to)
    assert [(outcome.result, outcome.uid) for outcome in outcomes] == [(Result.DELIVERED, 1)] * 2
    assert [outcome.recipient.address for outcome in outcomes] == ["agent1@numerique.gouv.tg", "contact@gouv.tg"]
    assert (await house.box(owner)).messages == 1


async def test_a_delivery_costs_the_same_whatever_the_mailbox_holds(house: House, owner: str) -> None:
    async def cost(subject: str) -> int:
        content = await house.content(letter(subject))
        # What is believed of an account for some seconds is asked for now, and not by the delivery that counts.
        for known in (house.mail.known.limits, house.mail.known.matters):
            known.clear()
        house.mail.scripts.forget(owner)
        await house.deliver(letter(f"Before {subject}"), owner)
        before = house.recorder.count
        await deliver(
            house.mail, sender="a@example.org", content=content, deliveries=[Delivery(Recipient(owner, "a@gouv.tg"))]
        )
        return house.recorder.count - before

    few = await cost("Few")
    await house.fill(owner, 9)
    # Mailbox and what it says after, message, mark of repeats, and what the account keeps in all.
    assert await cost("Many") == few == 5


async def test_one_failing_recipient_does_not_stop_the_others(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = house.mail.store.messages.insert

    async def refusing(account: str, *args: object, **named: object) -> None:
        if account == "01JFULL":
            raise Unavailable("The disk is full")
        await insert(account, *args, **named)

    monkeypatch.setattr(house.mail.store.messages, "insert", refusing)
    outcomes = await house.deliver(letter(), owner, "01JFULL")
    assert [outcome.result for outcome in outcomes] == [Result.DELIVERED, Result.FAILED]
    assert isinstance(outcomes[1].error, Unavailable)
    assert (await house.box("01JFULL")).uid_next == 1


async def test_a_delivery_cut_short_leaves_nothing_and_can_be_tried_again(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.deliver(letter("First"), owner)

    async def dying(*args: object, **named: object) -> None:
        raise ConnectionResetError("the process dies here")

    with monkeypatch.context() as dead:
        dead.setattr(house.mail.store.repeats, "note_all", dying)
        with pytest.raises(ConnectionResetError):
            await house.deliver(letter("Second"), owner)
    box = await house.box(owner)
    assert (box.messages, box.uid_next) == (1, 2)
    assert [outcome.uid for outcome in await house.deliver(letter("Second"), owner)] == [2]
    page = await list_messages(house.mail, owner, box.id, count=10)
    assert [message.subject for message in page.messages] == ["Second", "First"]


async def test_an_odd_message_is_kept(house: House, owner: str) -> None:
    half = rb"\ud800"
    for number, odd in enumerate(
        (
            b"",
            b"\x00\xff",
            b"Subject: =?utf-7?B?KzJBQS0=?=\r\n\r\n\xff",
            # Half a character, spelt in what is no charset but what programs in Python are written in.
            b"Subject: =?unicode_escape?Q?%s?=\r\n\r\nText" % half,
            b"Content-Type: text/calendar; method=REQUEST; charset=raw-unicode-escape\r\n\r\n%s" % half,
            b"no header at all",
        )
    ):
        outcomes = await house.deliver(odd, owner, sender=f"{number}@example.org")
        assert outcomes[0].result is Result.DELIVERED
        # But for NUL, which no IMAP literal may hold (RFC 3501 §9: CHAR8).
        assert await house.read(owner, outcomes[0].message_id) == odd.replace(b"\x00", b"\x80")


async def test_what_comes_together_for_one_account_shares_transactions(house: House, owner: str) -> None:
    await house.deliver(letter("First"), owner)
    contents = [await house.content(letter(f"Together {number}")) for number in range(20)]
    to = [Delivery(Recipient(owner, "agent1@numerique.gouv.tg"))]
    before = house.recorder.count
    outcomes = await asyncio.gather(
        *(deliver(house.mail, sender="a@example.org", content=content, deliveries=to) for content in contents)
    )
    assert [outcome.result for (outcome,) in outcomes] == [Result.DELIVERED] * 20
    assert house.recorder.count - before <= 2 * 5


async def test_a_repeat_among_those_that_come_together_holds_up_none_of_them(house: House, owner: str) -> None:
    await house.deliver(letter("First"), owner, sender="a@example.org")
    contents = [await house.content(letter(subject)) for subject in ("Second", "First", "Third")]
    to = [Delivery(Recipient(owner, "agent1@numerique.gouv.tg"))]
    outcomes = await asyncio.gather(
        *(deliver(house.mail, sender="a@example.org", content=content, deliveries=to) for content in contents)
    )
    assert [outcome.result for (outcome,) in outcomes] == [Result.DELIVERED, Result.REPEATED, Result.DELIVERED]
    assert (await house.box(owner)).messages == 3


async def test_each_holder_of_a_function_has_a_copy_and_a_repeat_makes_none(house: House, owner: str) -> None:
    other = new_id()
    content = await house.content(letter())
    to = [Delivery(Recipient(owner, "directeur@numerique.gouv.tg", (other,)))]
    for expected in (Result.DELIVERED, Result.REPEATED):
        [outcome] = await deliver(house.mail, sender="a@example.org", content=content, deliveries=to)
        assert (outcome.result, outcome.recipient) == (expected, to[0].recipient)
        assert [(await house.box(each)).messages for each in (owner, other)] == [1, 1]
