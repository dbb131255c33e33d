"""Flags, copies, moves, expunges, and how those who follow a mailbox see them."""

import asyncio
from datetime import timedelta

import pytest

from chassis.errors import InvalidInput, NotFound
from services.mail.domain.flags import FlagAction
from services.mail.domain.message import FlagRow
from services.mail.domain.uids import ALL
from services.mail.usecases import (
    append,
    changes_since,
    copy,
    expunge,
    forget_expunges,
    get_message,
    move,
    store_flags,
    view,
)
from tests.mail.house import House, letter


async def test_flags_are_added_removed_and_replaced(house: House, owner: str) -> None:
    box = await house.fill(owner, 2)
    added = await store_flags(house.mail, owner, box.id, [(1, 3)], FlagAction.ADD, ["\\seen", "$label1"])
    assert added.messages == [FlagRow(uid, ("$label1", "\\Seen"), added.modseq) for uid in (1, 2, 3)]
    assert (await house.box(owner)).unseen == 1
    removed = await store_flags(house.mail, owner, box.id, [(2, 2)], FlagAction.REMOVE, ["\\Seen", "\\Draft"])
    assert removed.messages == [FlagRow(2, ("$label1",), removed.modseq)]
    replaced = await store_flags(house.mail, owner, box.id, ALL, FlagAction.REPLACE, ["\\Flagged"])
    assert {row.flags for row in replaced.messages} == {("\\Flagged",)}
    after = await house.box(owner)
    assert (after.unseen, after.modseq) == (4, box.modseq + 3)


async def test_a_change_of_flags_is_one_modseq_and_one_nudge(house: House, owner: str) -> None:
    box = await house.fill(owner, 3)
    stored = await store_flags(house.mail, owner, box.id, [(1, 2), (5, 6)], FlagAction.ADD, ["\\Seen"])
    assert stored.modseq == box.modseq + 1
    assert [(account, change.mailbox_id, change.modseq) for account, change in house.nudges] == [
        (owner, box.id, stored.modseq)
    ]


async def test_setting_what_is_set_writes_nothing(house: House, owner: str) -> None:
    box = await house.fill(owner, 1)
    await store_flags(house.mail, owner, box.id, ALL, FlagAction.ADD, ["\\Seen"])
    before = await house.box(owner)
    again = await store_flags(house.mail, owner, box.id, ALL, FlagAction.ADD, ["\\Seen"])
    assert (again.modseq, len(again.messages), len(house.nudges)) == (before.modseq, 2, 1)
    assert await house.box(owner) == before


async def test_unchanged_since_leaves_alone_what_changed(house: House, owner: str) -> None:
    box = await house.fill(owner, 2)
    await store_flags(house.mail, owner, box.id, [(2, 2)], FlagAction.ADD, ["\\Flagged"])
    stored = await store_flags(house.mail, owner, box.id, ALL, FlagAction.ADD, ["\\Seen"], unchanged_since=box.modseq)
    assert stored.modified == [2]
    assert [row.uid for row in stored.messages] == [1, 3, 4]


@pytest.mark.parametrize("flag", ["", "\\Unknown", "a b", "a)", "été", "x" * 101, "a\r\n"])
async def test_what_is_no_flag_is_refused(house: House, owner: str, flag: str) -> None:
    box = await house.fill(owner, 0)
    with pytest.raises(InvalidInput):
        await store_flags(house.mail, owner, box.id, ALL, FlagAction.ADD, [flag])


async def test_concurrent_changes_of_flags_lose_none(house: House, owner: str) -> None:
    box = await house.fill(owner, 0)
    await asyncio.gather(*(store_flags(house.mail, owner, box.id, ALL, FlagAction.ADD, [f"k{n}"]) for n in range(8)))
    after = await view(house.mail, owner, box.id)
    assert after.flags == [tuple(f"k{n}" for n in range(8))]
    assert after.modseq == box.modseq + 8


async def test_a_copy_is_a_message_of_its_own(house: House, owner: str) -> None:
    box, archive = await house.fill(owner, 1), await house.box(owner, "Archive")
    await store_flags(house.mail, owner, box.id, [(1, 1)], FlagAction.ADD, ["\\Seen"])
    copied = await copy(house.mail, owner, box.id, [(1, 9)], archive.id)
    assert (copied.from_uids, copied.to_uids, copied.uid_validity) == ([1, 2], [1, 2], archive.uid_validity)
    after = await house.box(owner, "Archive")
    assert (after.messages, after.unseen, after.size) == (2, 1, 2 * len(letter("Copy")))
    await expunge(house.mail, owner, box.id, ALL, only_deleted=False)
    assert (await house.box(owner, "Archive")).messages == 2
    assert len(await house.facts("message_copied")) == 2


async def test_a_move_keeps_the_message_and_its_id(house: House, owner: str) -> None:
    (outcome,) = await house.deliver(letter(), owner)
    box, archive = await house.box(owner), await house.box(owner, "Archive")
    moved = await move(house.mail, owner, box.id, ALL, archive.id)
    assert (moved.from_uids, moved.to_uids, moved.uid_validity) == ([1], [1], archive.uid_validity)
    assert (await get_message(house.mail, owner, outcome.message_id)).mailbox_id == archive.id
    left, entered = await house.box(owner), await house.box(owner, "Archive")
    assert (left.messages, left.unseen, left.size) == (0, 0, 0)
    assert (entered.messages, entered.unseen, entered.size) == (1, 1, len(letter()))
    assert len(await house.facts("message_moved")) == 1


async def test_a_move_that_fails_moves_nothing(house: House, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    box, archive = await house.fill(owner, 2), await house.box(owner, "Archive")

    async def dying(*args: object, **named: object) -> None:
        raise ConnectionResetError("the process dies here")

    monkeypatch.setattr(house.mail.store.tombstones, "insert", dying)
    with pytest.raises(ConnectionResetError):
        await move(house.mail, owner, box.id, ALL, archive.id)
    assert await house.box(owner) == box
    assert await house.box(owner, "Archive") == archive


async def test_moving_to_where_nobody_lives_fails_whole(house: House, owner: str) -> None:
    box = await house.fill(owner, 1)
    for act in (move, copy):
        with pytest.raises(NotFound):
            await act(house.mail, owner, box.id, ALL, "01JNOWHERE")
    assert await house.box(owner) == box


async def test_expunge_removes_what_is_deleted_and_one_fact_tells_it(house: House, owner: str) -> None:
    box = await house.fill(owner, 3)
    await store_flags(house.mail, owner, box.id, [(2, 3), (7, 7)], FlagAction.ADD, ["\\Deleted"])
    expunged = await expunge(house.mail, owner, box.id, [(1, 6)])
    assert expunged.uids == [2, 3]
    after = await house.box(owner)
    assert (after.messages, after.uid_next) == (6, 9)
    assert len(await house.facts("message_deleted")) == 1
    nothing = await expunge(house.mail, owner, box.id, [(1, 6)])
    assert (nothing.uids, nothing.modseq) == ([], after.modseq)


async def test_an_expunge_keeps_facts_that_were_not_published_yet(house: House, owner: str) -> None:
    await house.deliver(letter(), owner)
    box = await house.box(owner)
    await expunge(house.mail, owner, box.id, ALL, only_deleted=False)
    assert len(await house.facts("message_received")) == 1
    assert len(await house.facts("message_deleted")) == 1


async def test_changes_since_tell_everything_and_only_that(house: House, owner: str) -> None:
    box, archive = await house.fill(owner, 3), await house.box(owner, "Archive")
    await store_flags(house.mail, owner, box.id, [(4, 4)], FlagAction.ADD, ["\\Seen"])
    await expunge(house.mail, owner, box.id, [(1, 2)], only_deleted=False)
    await move(house.mail, owner, box.id, [(3, 3), (8, 8)], archive.id)
    await append(house.mail, owner, box.id, await house.content(letter("New")), flags=["\\Flagged"])
    changes = await changes_since(house.mail, owner, box.id, box.modseq)
    assert [(row.uid, row.flags) for row in changes.changed] == [(4, ("\\Seen",)), (9, ("\\Flagged",))]
    assert (changes.vanished, changes.uid_next, changes.complete) == ([(1, 3), (8, 8)], 10, True)
    before = house.recorder.count
    assert (await changes_since(house.mail, owner, box.id, changes.modseq)).changed == []
    assert house.recorder.count - before == 1


async def test_state_and_changes_give_the_fresh_state(house: House, owner: str) -> None:
    box = await house.fill(owner, 4)
    old = await view(house.mail, owner, box.id)
    known = dict(zip(old.uids, old.flags, strict=True))
    await store_flags(house.mail, owner, box.id, [(3, 9)], FlagAction.ADD, ["\\Seen"])
    await expunge(house.mail, owner, box.id, [(5, 6), (12, 16)], only_deleted=False)
    await copy(house.mail, owner, box.id, [(1, 3)], box.id)
    changes = await changes_since(house.mail, owner, box.id, old.modseq)
    for first, last in changes.vanished:
        for uid in range(first, last + 1):
            known.pop(uid, None)
    known.update({row.uid: row.flags for row in changes.changed})
    fresh = await view(house.mail, owner, box.id)
    assert known == dict(zip(fresh.uids, fresh.flags, strict=True))


async def test_forgotten_expunges_are_told_to_whoever_is_too_late(house: House, owner: str) -> None:
    box = await house.fill(owner, 2)
    await expunge(house.mail, owner, box.id, [(1, 1)], only_deleted=False)
    await house.database["tombstones"].update_many({"pending": 1}, {"$unset": {"pending": "", "outbox": ""}})
    house.clock.advance(days=61)
    recent = await expunge(house.mail, owner, box.id, [(2, 2)], only_deleted=False)
    assert await forget_expunges(house.mail, timedelta(days=60)) == 1
    late = await changes_since(house.mail, owner, box.id, box.modseq)
    assert (late.complete, late.vanished) == (False, [(2, 2)])
    assert (await changes_since(house.mail, owner, box.id, recent.modseq - 1)).complete
