"""The mailboxes of somebody who left: given to who succeeds, whole and once, whatever happens on the way."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from workspace.directory.v1.events_pb2 import AccountFact

from chassis.documents import ensure_indexes, scans
from chassis.people import INDEXES, People
from services.mail.domain.envelope import Delivery, Recipient, Result
from services.mail.domain.flags import FlagAction
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Message
from services.mail.domain.uids import ALL
from services.mail.usecases import (
    append,
    copy,
    create_mailbox,
    delete_mailbox,
    deliver,
    expunge,
    fetch_rows,
    hand_over,
    list_mailboxes,
    list_messages,
    move,
    rename_mailbox,
    store_flags,
)
from services.mail.usecases.hand_over import hand_over_due, name_successor
from tests.mail.house import House, letter

SUCCESSOR, THIRD = "01JSUCCESSOR00000000000002", "01JTHIRD000000000000000003"
ADDRESS = "agent1@finances.gouv.tg"
TREE = f"Boîte de {ADDRESS}"


@pytest.fixture
async def people(house: House, owner: str) -> People:
    """Mail has heard of who left and of who may succeed."""
    await ensure_indexes(house.database, INDEXES)
    people = People(house.database)
    for account_id, address in ((owner, ADDRESS), (SUCCESSOR, "agent2@gouv.tg"), (THIRD, "agent3@gouv.tg")):
        await people.told(AccountFact(account_id=account_id, address=address), 1, house.clock())
    return people


async def inside(house: House, account: str, name: str) -> list[Message]:
    """What is in a mailbox, oldest first."""
    box = await house.box(account, name)
    return (await list_messages(house.mail, account, box.id, count=1000)).messages[::-1]


async def tree(house: House, account: str) -> dict[str, Mailbox]:
    return {box.name: box for box in await list_mailboxes(house.mail, account) if box.name.startswith("Boîte de ")}


async def held(house: House, account: str, name: str) -> list[str]:
    return [message.subject for message in await inside(house, account, name)]


async def test_the_successor_has_all_of_it_in_a_tree_of_its_own(house: House, owner: str, people: People) -> None:
    await house.deliver(letter("Une"), owner, prefix=b"Delivered-To: agent1@finances.gouv.tg\r\n")
    house.clock.advance(hours=3)
    await house.deliver(letter("Deux"), owner)
    box = await house.box(owner)
    await store_flags(house.mail, owner, box.id, [(1, 1)], FlagAction.ADD, ["\\Seen", "$Important"])
    deep = await create_mailbox(house.mail, owner, "Dossiers/2026/Budget")
    await append(house.mail, owner, deep.id, await house.content(letter("Budget")))
    before, blobs = await list_mailboxes(house.mail, owner), await house.database["blobs"].count_documents({})
    assert await name_successor(house.mail, owner, SUCCESSOR, 4)
    house.clock.advance(days=1)
    assert await hand_over_due(house.mail, people) == 3
    made = await tree(house, SUCCESSOR)
    assert set(made) == {
        TREE, f"{TREE}/INBOX", f"{TREE}/Dossiers", f"{TREE}/Dossiers/2026", f"{TREE}/Dossiers/2026/Budget",
    }  # fmt: skip
    assert all(each.subscribed and each.special_use is None for each in made.values())
    for own, theirs in zip(
        await inside(house, owner, "INBOX"), await inside(house, SUCCESSOR, f"{TREE}/INBOX"), strict=True
    ):
        assert (own.flags, own.internal_date, own.size, own.subject, own.rfc_message_id) == (
            theirs.flags, theirs.internal_date, theirs.size, theirs.subject, theirs.rfc_message_id,
        )  # fmt: skip
        assert own.id != theirs.id
        assert await house.read(owner, own.id) == await house.read(SUCCESSOR, theirs.id)
    inbox = made[f"{TREE}/INBOX"]
    assert (inbox.messages, inbox.unseen, inbox.size, inbox.uid_next) == (2, 1, box.size, 3)
    rows = [row async for rows in fetch_rows(house.mail, SUCCESSOR, inbox.id, ALL) for row in rows]
    assert [row.uid for row in rows] == [1, 2]
    assert await list_mailboxes(house.mail, owner) == [replace(each, handed=True) for each in before]
    assert await house.database["blobs"].count_documents({}) == blobs
    assert (await house.box(SUCCESSOR)).messages == 0


async def test_a_bulk_of_it_is_one_fact_and_no_arrival(house: House, owner: str, people: People) -> None:
    await house.fill(owner, 5)
    arrivals = len(await house.facts("message_received"))
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    assert await hand_over_due(house.mail, people) == 32
    (told,) = await house.facts("message_handed_over")
    assert told["audience"] == [SUCCESSOR]
    assert len(await house.facts("message_received")) == arrivals


async def test_hearing_it_again_or_late_changes_nothing(house: House, owner: str, people: People) -> None:
    await house.deliver(letter("Une"), owner)
    for successor, version, news in ((SUCCESSOR, 4, True), (SUCCESSOR, 4, False), (THIRD, 3, False), ("", 2, False)):
        assert await name_successor(house.mail, owner, successor, version) is news
        await hand_over_due(house.mail, people)
    assert await held(house, SUCCESSOR, f"{TREE}/INBOX") == ["Une"]
    assert await tree(house, THIRD) == {}
    # Undone and done again with the same successor: what it has already is not given again, even moved elsewhere.
    inbox, archive = (await tree(house, SUCCESSOR))[f"{TREE}/INBOX"], await house.box(SUCCESSOR, "Archive")
    await move(house.mail, SUCCESSOR, inbox.id, ALL, archive.id)
    await house.database["given"].delete_many({"_id": {"$gt": owner}})
    await name_successor(house.mail, owner, "", 5)
    await name_successor(house.mail, owner, SUCCESSOR, 6)
    assert await hand_over_due(house.mail, people) == 0
    assert await held(house, SUCCESSOR, "Archive") == ["Une"]


async def test_what_comes_later_reaches_the_successor_as_long_as_there_is_one(
    house: House, owner: str, people: People
) -> None:
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    assert await hand_over_due(house.mail, people) == 0
    assert await tree(house, SUCCESSOR) == {}
    await house.deliver(letter("Une"), owner)
    await house.deliver(letter("Deux"), owner)
    assert await hand_over_due(house.mail, people) == 2
    await house.deliver(letter("Trois"), owner, SUCCESSOR)
    assert await hand_over_due(house.mail, people) == 1
    assert await hand_over_due(house.mail, people) == 0
    await name_successor(house.mail, owner, THIRD, 5)
    assert await hand_over_due(house.mail, people) == 3
    await house.deliver(letter("Quatre"), owner)
    assert await hand_over_due(house.mail, people) == 1
    await name_successor(house.mail, owner, "", 6)
    await house.deliver(letter("Cinq"), owner)
    assert await hand_over_due(house.mail, people) == 0
    assert await held(house, SUCCESSOR, f"{TREE}/INBOX") == ["Une", "Deux", "Trois"]
    assert await held(house, SUCCESSOR, "INBOX") == ["Trois"]
    assert await held(house, THIRD, f"{TREE}/INBOX") == ["Une", "Deux", "Trois", "Quatre"]
    assert await held(house, owner, "INBOX") == ["Une", "Deux", "Trois", "Quatre", "Cinq"]
    # And nothing of it is waited for any more.
    assert await house.database["handovers"].count_documents({"due": {"$exists": True}}) == 0


async def test_a_crash_between_chunks_doubles_and_loses_nothing(
    house: House, owner: str, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await house.fill(owner, 5)
    await expunge(house.mail, owner, box.id, [(3, 12)], only_deleted=False)
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    monkeypatch.setattr(hand_over, "CHUNK", 5)
    monkeypatch.setattr(hand_over, "AT_A_TURN", 3)
    handovers, chunks = house.mail.store.handovers, 0

    async def dying(*given: Any, session: Any) -> None:
        nonlocal chunks
        chunks += 1
        await type(handovers).give(handovers, *given, session=session)
        if chunks % 2 == 0:
            raise ConnectionResetError("the process dies here")

    with monkeypatch.context() as dead:
        dead.setattr(handovers, "give", dying)
        for _ in range(3):
            with pytest.raises(ConnectionResetError):
                await hand_over_due(house.mail, people)
            # Nobody else begins before the lease of the dead one is over.
            assert await hand_over_due(house.mail, people) == 0
            house.clock.advance(minutes=3)
    (there,) = [each for name, each in (await tree(house, SUCCESSOR)).items() if name.endswith("/INBOX")]
    assert 0 < there.messages < 22
    await hand_over_due(house.mail, people)
    (there,) = [each for name, each in (await tree(house, SUCCESSOR)).items() if name.endswith("/INBOX")]
    assert (there.messages, there.uid_next, there.unseen) == (22, 23, 22)
    assert len(await inside(house, SUCCESSOR, there.name)) == 22
    # Not even when how far it came is forgotten.
    await house.database["given"].delete_many({"_id": {"$gt": owner}})
    await name_successor(house.mail, owner, SUCCESSOR, 5)
    assert await hand_over_due(house.mail, people) == 0


async def test_two_workers_at_once_give_each_message_once(
    house: House, owner: str, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.fill(owner, 5)
    monkeypatch.setattr(hand_over, "CHUNK", 4)
    await name_successor(house.mail, owner, SUCCESSOR, 4)

    async def working() -> int:
        # As if what the other one took had lasted longer than its lease.
        house.clock.advance(minutes=3)
        return await hand_over_due(house.mail, people)

    assert sum(await asyncio.gather(*(working() for _ in range(3)))) == 32
    there = (await tree(house, SUCCESSOR))[f"{TREE}/INBOX"]
    assert (there.messages, there.uid_next) == (32, 33)


async def test_letters_that_arrive_meanwhile_are_given_once_each(
    house: House, owner: str, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.fill(owner, 4)
    monkeypatch.setattr(hand_over, "CHUNK", 3)
    contents = [await house.content(letter(f"Note {number}")) for number in range(40)]
    to = [Delivery(Recipient(owner, ADDRESS)), Delivery(Recipient(SUCCESSOR, "agent2@gouv.tg"))]

    async def arriving() -> None:
        for content in contents:
            await deliver(house.mail, sender="a@example.org", content=content, deliveries=to)

    arrivals = asyncio.create_task(arriving())
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    for _ in range(500):
        finished = arrivals.done()
        await hand_over_due(house.mail, people)
        if finished:
            break
        await asyncio.sleep(0.005)
    await arrivals
    notes = [f"Note {number}" for number in range(40)]
    assert await held(house, SUCCESSOR, f"{TREE}/INBOX") == ["Copy"] * 16 + notes
    assert await held(house, SUCCESSOR, "INBOX") == notes


async def test_a_tree_that_the_successor_changed_is_followed(house: House, owner: str, people: People) -> None:
    await house.deliver(letter("Une"), owner)
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    await hand_over_due(house.mail, people)
    inbox = (await tree(house, SUCCESSOR))[f"{TREE}/INBOX"]
    await rename_mailbox(house.mail, SUCCESSOR, inbox.id, "Reprises")
    await house.deliver(letter("Deux"), owner)
    assert await hand_over_due(house.mail, people) == 1
    assert await held(house, SUCCESSOR, "Reprises") == ["Une", "Deux"]
    await delete_mailbox(house.mail, SUCCESSOR, inbox.id)
    await house.deliver(letter("Trois"), owner)
    assert await hand_over_due(house.mail, people) == 1
    # What was thrown away stays so.
    assert await held(house, SUCCESSOR, f"{TREE}/INBOX") == ["Trois"]


async def test_a_successor_who_leaves_hands_over_what_it_was_given(house: House, owner: str, people: People) -> None:
    await house.deliver(letter("Une"), owner)
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    await hand_over_due(house.mail, people)
    there = (await tree(house, SUCCESSOR))[f"{TREE}/INBOX"]
    archive = await house.box(SUCCESSOR, "Archive")
    await copy(house.mail, SUCCESSOR, there.id, ALL, archive.id)
    await name_successor(house.mail, SUCCESSOR, THIRD, 7)
    assert await hand_over_due(house.mail, people) == 2
    await house.deliver(letter("Deux"), owner)
    assert await hand_over_due(house.mail, people) == 2
    below = "Boîte de agent2@gouv.tg"
    assert await held(house, THIRD, f"{below}/{TREE}/INBOX") == ["Une", "Deux"]
    assert await held(house, THIRD, f"{below}/Archive") == ["Une"]
    # Heard out of order the two may succeed each other for a while: nobody gets the own letters back.
    await name_successor(house.mail, SUCCESSOR, owner, 8)
    await hand_over_due(house.mail, people)
    assert await held(house, owner, f"{below}/Archive") == ["Une"]
    assert f"{below}/{TREE}/INBOX" not in {box.name for box in await list_mailboxes(house.mail, owner) if box.messages}
    await name_successor(house.mail, SUCCESSOR, "", 9)
    assert await hand_over_due(house.mail, people) <= 1
    assert await hand_over_due(house.mail, people) == 0


async def test_it_waits_until_both_are_known(house: House, owner: str) -> None:
    await ensure_indexes(house.database, INDEXES)
    people = People(house.database)
    await house.deliver(letter("Une"), owner)
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    for account_id, address in ((owner, ADDRESS), (SUCCESSOR, "agent2@gouv.tg")):
        assert await hand_over_due(house.mail, people) == 0
        house.clock.advance(minutes=3)
        await people.told(AccountFact(account_id=account_id, address=address), 1, house.clock())
    assert await hand_over_due(house.mail, people) == 1
    assert len(await list_mailboxes(house.mail, SUCCESSOR)) == 8


async def test_a_delivery_to_who_left_costs_one_operation_more_and_others_none(
    house: House, owner: str, people: People
) -> None:
    await house.deliver(letter("Première"), owner, SUCCESSOR)
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    await hand_over_due(house.mail, people)

    async def cost(account: str, subject: str) -> int:
        before = house.recorder.count
        (outcome,) = await house.deliver(letter(subject), account)
        assert outcome.result is Result.DELIVERED
        return house.recorder.count - before

    assert await cost(owner, "Une") - await cost(SUCCESSOR, "Deux") == 1


async def test_every_query_of_a_hand_over_has_an_index(house: House, owner: str, people: People) -> None:
    await house.fill(owner, 9)
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    await hand_over_due(house.mail, people)
    await house.deliver(letter("Une"), owner)
    await hand_over_due(house.mail, people)
    await name_successor(house.mail, owner, "", 5)
    await hand_over_due(house.mail, people)
    assert {"handovers", "given"} <= {shape.split(" ")[0] for shape in house.recorder.commands}
    assert await scans(house.database, house.recorder) == []
