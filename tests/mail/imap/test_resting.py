"""Sessions that wait in IDLE take little room, and are told all the same."""

import asyncio
import random
import sys
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.flags import FlagAction
from services.mail.domain.message import View
from services.mail.imap.resting import Packed
from services.mail.imap.selected import Selected
from services.mail.usecases import expunge, store_flags
from tests.mail.house import House
from tests.mail.imap.party import Imap

FLAGS = st.sampled_from([(), ("\\Seen",), ("\\Answered", "\\Seen"), ("$travail",)])
ROWS = st.lists(st.tuples(st.integers(1, 2**32 - 1), FLAGS, st.integers(0, 2**64 - 1)), max_size=40)


@given(ROWS)
def test_what_is_packed_is_what_was_known(rows: list[tuple[int, tuple[str, ...], int]]) -> None:
    uids, flags, modseqs = array("I"), [], array("Q")
    for uid, each, modseq in rows:
        uids.append(uid)
        flags.append(each)
        modseqs.append(modseq)
    assert Packed.of(uids, flags, modseqs).unpacked() == (uids, flags, modseqs)


def test_a_large_mailbox_takes_little_room() -> None:
    dice, count = random.Random(1), 5_000
    flags = [dice.choice([(), ("\\Seen",), ("\\Answered", "\\Seen")]) for _ in range(count)]
    modseqs = array("Q", (dice.randrange(2 * count) for _ in range(count)))
    selected = Selected(
        "box", View(1, count + 1, 9, array("I", range(count)), flags, modseqs), read_only=False, owner="owner"
    )
    before = _room(selected)
    selected.rest()
    packed = selected._packed
    assert packed is not None
    assert len(packed.columns) + _room(selected) < before // 6
    selected.wake()
    assert (len(selected), selected.flags, selected.modseqs) == (count, flags, modseqs)


def _room(selected: Selected) -> int:
    return sum(map(sys.getsizeof, (selected.uids, selected.flags, selected.modseqs)))


async def test_a_session_that_rested_hears_of_changes(
    imap: Imap, house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["services.mail.imap.commands.idle"], "REST_SECONDS", 0.05)
    box = await house.fill(owner, 8)
    client = await imap.selected()
    await client.send(b"i IDLE\r\n")
    assert await client.response() == b"+ idling"
    [connection] = imap.server.connections
    selected = connection.session.selected
    assert selected is not None
    async with asyncio.timeout(5):
        while len(selected):
            await asyncio.sleep(0.02)
    await store_flags(house.mail, owner, box.id, [(200, 200)], FlagAction.ADD, ["\\Flagged"])
    await expunge(house.mail, owner, box.id, [(100, 100)], only_deleted=False)
    imap.bells.ring(owner)
    assert await client.response() == b"* 100 EXPUNGE"
    assert await client.response() == b"* 199 FETCH (UID 200 FLAGS (\\Flagged))"
    async with asyncio.timeout(5):
        while len(selected):
            await asyncio.sleep(0.02)
    await client.send(b"DONE\r\n")
    assert await client.until(b"i") == [b"i OK Done"]
    assert await client.ok("FETCH 199 (UID)") == [b"* 199 FETCH (UID 200)"]


async def test_who_waits_goes_on_waiting_while_the_database_is_away(
    imap: Imap, house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await house.fill(owner, 1)
    client = await imap.selected()
    await client.send(b"i IDLE\r\n")
    assert await client.response() == b"+ idling"
    asked = asyncio.Event()

    async def away(*_: object, **__: object) -> None:
        asked.set()
        raise OSError("no database")

    await asyncio.sleep(0.1)
    with monkeypatch.context() as patch:
        patch.setattr(house.mail.store.mailboxes, "get", away)
        imap.bells.ring(owner)
        async with asyncio.timeout(5):
            await asked.wait()
    await store_flags(house.mail, owner, box.id, [(2, 2)], FlagAction.ADD, ["\\Flagged"])
    # By the comparison of cursors: nobody rings.
    assert await client.response() == b"* 2 FETCH (UID 2 FLAGS (\\Flagged))"
    await client.send(b"DONE\r\n")
    assert await client.until(b"i") == [b"i OK Done"]
