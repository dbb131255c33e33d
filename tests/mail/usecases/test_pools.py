"""The accounts of a unit share its room: never more than there is, and nothing of it lost."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from chassis.errors import Conflict, InvalidInput, OverQuota, Unavailable
from chassis.ids import new_id
from chassis.people import Person
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Delivery, Recipient, Result
from services.mail.domain.pool import Pool, borrowed
from services.mail.domain.uids import ALL
from services.mail.store.usages import RoomWanted
from services.mail.usecases import append, deliver, expunge
from services.mail.usecases.erase_account import erase_account
from services.mail.usecases.pools import give_pool
from services.mail.usecases.quota import bounds_of, recount_due, room_for, usage_of
from services.mail.usecases.tend_pools import tend_pools
from tests.mail.house import House, letter

MIB = 1024**2
MINISTRY, DIRECTORATE = "01MINISTRY", "01DIRECTION"
BIG = letter("Rapport", "x" * (300 * 1024))


def stand(house: House, owner: str, *path: str, administers: tuple[str, ...] = ()) -> str:
    house.people.stands[owner] = Whereabouts(f"{owner.lower()}@gouv.tg", path)
    house.people.persons = [each for each in house.people.persons if each.account_id != owner]
    person = Person(owner, (f"{owner.lower()}@gouv.tg",), "", path[-1] if path else "", path, False, 1)
    house.people.persons.append(replace(person, administers=administers))
    house.mail.known.limits.clear()
    return owner


async def give(house: House, unit: str, octets: int | None, *path: str) -> None:
    """And the round that counts what is kept already."""
    await give_pool(house.mail, unit, Whereabouts(f"Unité {unit}", path or (unit,)), octets)
    house.clock.advance(seconds=20)
    assert await tend_pools(house.mail) == 1


async def look(house: House, unit: str = MINISTRY) -> Pool:
    found = await house.mail.store.pools.of(unit)
    assert found is not None
    return found


async def put(house: House, owner: str, source: bytes = BIG, name: str = "Archive") -> None:
    box = await house.box(owner, name)
    await append(house.mail, owner, box.id, await house.content(source))


async def told(house: House) -> list[dict[str, Any]]:
    return [json.loads(fact["body"])["data"] for fact in await house.facts("quota_reached")]


async def kept(house: House, *owners: str) -> int:
    return sum([(await usage_of(house.mail, owner)).usage.octets for owner in owners])


async def test_several_at_once_never_keep_more_than_there_is(house: House) -> None:
    owners = [stand(house, new_id(), MINISTRY) for _ in range(4)]
    for owner in owners:
        await house.box(owner)
    await give(house, MINISTRY, 2 * MIB)
    ways = [put(house, owner, name=name) for name in ("Archive", "Junk", "Trash") for owner in owners]
    done = await asyncio.gather(*ways, return_exceptions=True)
    assert sum(each is None for each in done) == 2 * MIB // len(BIG)
    assert all(each is None or isinstance(each, OverQuota) for each in done)
    assert await kept(house, *owners) <= (await look(house)).lent <= 2 * MIB


async def test_an_account_borrows_a_block_and_asks_no_more_until_it_is_full(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY)
    await give(house, MINISTRY, 1024**4)
    await put(house, owner, letter("Un"))
    assert (await look(house)).lent == 16 * MIB
    before = await house.database["allotments"].find_one({"_id": f"unit {MINISTRY}"})
    for _ in range(3):
        await put(house, owner)
    assert await house.database["allotments"].find_one({"_id": f"unit {MINISTRY}"}) == before


async def test_each_unit_above_has_to_have_room(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY, DIRECTORATE)
    other = stand(house, new_id(), MINISTRY)
    await give(house, MINISTRY, 4 * MIB)
    await give(house, DIRECTORATE, MIB, MINISTRY, DIRECTORATE)
    for _ in range(3):
        await put(house, owner)
    with pytest.raises(OverQuota):
        await put(house, owner)
    for _ in range(9):
        await put(house, other)
    await give(house, DIRECTORATE, 100 * MIB, MINISTRY, DIRECTORATE)
    await put(house, owner)
    with pytest.raises(OverQuota):
        await put(house, owner)
    assert await kept(house, owner, other) == 13 * len(BIG)


async def test_who_is_elsewhere_pays_nothing(house: House, owner: str) -> None:
    stand(house, owner, "01SANTE")
    await give(house, MINISTRY, MIB)
    await put(house, owner)
    usage = await house.database["usages"].find_one({"_id": owner})
    assert "pools" not in usage
    assert "borrowed" not in usage
    assert (await look(house)).lent == 0


async def test_what_was_kept_before_there_was_a_pool_is_in_it(house: House) -> None:
    owners = [stand(house, new_id(), MINISTRY) for _ in range(3)]
    for owner in owners:
        await put(house, owner)
    await give(house, MINISTRY, MIB)
    assert (await look(house)).lent == 3 * len(BIG)
    assert not (await look(house)).counting
    with pytest.raises(OverQuota):
        await put(house, owners[0])


async def test_a_pool_made_smaller_than_what_is_kept_takes_nothing_and_loses_nothing(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY)
    await give(house, MINISTRY, 100 * MIB)
    for _ in range(5):
        await put(house, owner)
    await give(house, MINISTRY, MIB)
    with pytest.raises(OverQuota):
        await put(house, owner)
    box = await house.box(owner, "Archive")
    assert box.messages == 5
    # What the platform itself has to say comes all the same, and is counted.
    notice = Delivery(Recipient(owner, "agent1@numerique.gouv.tg"), beyond_quota=True)
    content = await house.content(letter("Avis", "x" * (200 * 1024)))
    (outcome,) = await deliver(house.mail, sender="", content=content, deliveries=[notice])
    assert outcome.result is Result.DELIVERED
    assert (await look(house)).lent == await kept(house, owner)
    await expunge(house.mail, owner, box.id, ALL, only_deleted=False)
    await put(house, owner)


async def test_who_moves_takes_along_what_it_keeps(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY)
    await give(house, MINISTRY, 10 * MIB)
    await give(house, "01SANTE", 10 * MIB)
    await put(house, owner)
    stand(house, owner, "01SANTE")
    await put(house, owner)
    assert (await look(house)).lent == 0
    assert (await look(house, "01SANTE")).lent >= 2 * len(BIG)
    # Nothing comes for it: the daily round sees that it moved.
    stand(house, owner)
    house.clock.advance(days=2)
    await recount_due(house.mail)
    assert (await look(house, "01SANTE")).lent == 0
    usage = await house.database["usages"].find_one({"_id": owner})
    assert "pools" not in usage


async def test_what_was_borrowed_goes_back_with_the_account(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY)
    await give(house, MINISTRY, 10 * MIB)
    await put(house, owner)
    assert (await look(house)).lent > 0
    for _ in range(2):
        await erase_account(house.mail, owner)
        assert (await look(house)).lent == 0


async def test_an_account_is_forgotten_together_with_what_it_borrowed(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY)
    await give(house, MINISTRY, 10 * MIB)
    await put(house, owner)
    lent = (await look(house)).lent

    async def dying(session: Any) -> None:
        await house.mail.store.pools.forget(owner, session=session)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await house.mail.store.transaction(dying)
    assert (await look(house)).lent == lent
    await erase_account(house.mail, owner)
    assert (await look(house)).lent == 0


async def test_what_nobody_uses_comes_back_and_others_get_it(house: House) -> None:
    owners = [stand(house, new_id(), MINISTRY) for _ in range(3)]
    await give(house, MINISTRY, 2 * MIB)
    for owner in owners[:2]:
        await put(house, owner)
        await put(house, owner)
        box = await house.box(owner, "Archive")
        await expunge(house.mail, owner, box.id, ALL, only_deleted=False)
    for _ in range(2):
        await put(house, owners[2])
    with pytest.raises(OverQuota):
        await put(house, owners[2])
    house.clock.advance(minutes=2)
    assert await tend_pools(house.mail) == 1
    assert (await look(house)).lent == await kept(house, *owners)
    for _ in range(4):
        await put(house, owners[2])


async def test_a_pool_that_is_taken_away_binds_nobody_and_counts_again_when_it_is_back(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY)
    other = stand(house, new_id(), MINISTRY)
    await give(house, MINISTRY, MIB)
    await put(house, owner)
    await give_pool(house.mail, MINISTRY, Whereabouts("Ministère", (MINISTRY,)), None)
    for _ in range(4):
        await put(house, other)
    await give(house, MINISTRY, MIB)
    assert (await look(house)).lent == 5 * len(BIG)
    await give(house, MINISTRY, None)
    assert await house.mail.store.pools.of(MINISTRY) is None
    assert await house.database["usages"].count_documents({"pools": MINISTRY}) == 0


async def test_nothing_is_borrowed_from_a_pool_that_is_no_more(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY)
    await give(house, MINISTRY, MIB)
    await put(house, owner)
    believed = dict(house.mail.known.limits)
    await give(house, MINISTRY, None)
    assert await house.mail.store.pools.of(MINISTRY) is None
    house.mail.known.limits.update(believed)  # of a process that was held up
    with pytest.raises(Conflict):
        await put(house, owner)
    house.mail.known.limits.clear()
    await put(house, owner)
    await give(house, MINISTRY, 2 * MIB)
    assert (await look(house)).lent == await kept(house, owner) == 2 * len(BIG)


async def test_a_round_that_dies_goes_on_where_it_was(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = sorted(stand(house, new_id(), MINISTRY) for _ in range(5))
    for owner in owners:
        await put(house, owner)
    monkeypatch.setattr("services.mail.usecases.tend_pools.PAGE", 2)
    await give_pool(house.mail, MINISTRY, Whereabouts("Ministère", (MINISTRY,)), 10 * MIB)
    house.clock.advance(seconds=20)
    page, asked = house.people.page, []

    async def dying(unit_id: str, after: str, count: int) -> list[Person]:
        asked.append(after)
        if len(asked) == 3:
            raise ConnectionResetError
        return await page(unit_id, after, count)

    monkeypatch.setattr(house.people, "page", dying)
    with pytest.raises(ConnectionResetError):
        await tend_pools(house.mail)
    assert (await look(house)).counting
    assert await tend_pools(house.mail) == 0
    house.clock.advance(minutes=11)
    assert await tend_pools(house.mail) == 1
    assert asked[3] == owners[3]
    assert (await look(house)).lent == 5 * len(BIG)
    assert not (await look(house)).counting


async def test_a_round_that_somebody_else_has_by_now_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = sorted(stand(house, new_id(), MINISTRY) for _ in range(5))
    for owner in owners:
        await put(house, owner)
    monkeypatch.setattr("services.mail.usecases.tend_pools.PAGE", 2)
    await give_pool(house.mail, MINISTRY, Whereabouts("Ministère", (MINISTRY,)), 10 * MIB)
    house.clock.advance(seconds=20)
    page, asked = house.people.page, []

    async def slow(unit_id: str, after: str, count: int) -> list[Person]:
        asked.append(after)
        found = await page(unit_id, after, count)
        if len(asked) == 1:
            house.clock.advance(minutes=11)
            assert await tend_pools(house.mail) == 1
        return found

    monkeypatch.setattr(house.people, "page", slow)
    assert await tend_pools(house.mail) == 1
    assert asked == ["", "", owners[1], owners[3], owners[4]]
    assert (await look(house)).lent == 5 * len(BIG)
    assert not (await look(house)).counting


async def test_a_pool_that_fails_holds_up_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = stand(house, new_id(), "01SANTE")
    await put(house, owner)
    page = house.people.page

    async def failing(unit_id: str, after: str, count: int) -> list[Person]:
        if unit_id == MINISTRY:
            raise Unavailable("database: away")
        return await page(unit_id, after, count)

    monkeypatch.setattr(house.people, "page", failing)
    for unit in (MINISTRY, "01SANTE"):
        await give_pool(house.mail, unit, Whereabouts("Ministère", (unit,)), 10 * MIB)
    house.clock.advance(seconds=20)
    assert await tend_pools(house.mail) == 2
    assert (await look(house)).counting
    assert (await look(house, "01SANTE")).lent == len(BIG)
    assert not (await look(house, "01SANTE")).counting


async def test_administrators_are_told_once_at_each_level(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY)
    stand(house, "01ADMIN", MINISTRY, administers=(MINISTRY,))
    stand(house, "01SANTE", administers=("01SANTE",))
    await give(house, MINISTRY, 10 * len(BIG) + MIB // 10)
    for number in range(10):
        await put(house, owner)
        house.clock.advance(hours=2)
        await tend_pools(house.mail)
        await tend_pools(house.mail)
        expected = 0 if number < 8 else 1 if number < 9 else 2
        assert len(await told(house)) == expected, number
    near, more = await told(house)
    assert (near["percent"], near["unit_id"], near["unit_name"]) == (80, MINISTRY, f"Unité {MINISTRY}")
    assert more["percent"] == 95
    (fact, _) = await house.facts("quota_reached")
    assert fact["audience"] == ["01ADMIN"]
    # Emptied, and filled again: that is news again.
    box = await house.box(owner, "Archive")
    await expunge(house.mail, owner, box.id, [(1, 5)], only_deleted=False)
    house.clock.advance(hours=2)
    await tend_pools(house.mail)
    assert (await look(house)).told == 0
    for _ in range(4):
        await put(house, owner)
    house.clock.advance(hours=2)
    await tend_pools(house.mail)
    assert [each["percent"] for each in await told(house)] == [80, 95, 80]


async def test_letters_wait_with_who_sends_them(house: House) -> None:
    owner = stand(house, new_id(), MINISTRY)
    recipient = Recipient(owner, "agent1@numerique.gouv.tg")
    await give(house, MINISTRY, MIB)
    for _ in range(3):
        await put(house, owner)
    await put(house, owner, letter("Reste", "x" * (MIB - 3 * len(BIG) - 40 * 1024)))
    house.mail.known.limits.clear()
    assert await room_for(house.mail, recipient, len(BIG)) == house.clock()
    assert await room_for(house.mail, recipient, 1000) is None
    (outcome,) = await house.deliver(BIG, owner)
    assert isinstance(outcome.error, OverQuota)
    house.clock.advance(minutes=2)
    await tend_pools(house.mail)
    since = house.clock()
    assert [each["percent"] for each in await told(house)] == [100]
    house.clock.advance(days=4)
    house.mail.known.limits.clear()
    assert await room_for(house.mail, recipient, len(BIG)) == since


@pytest.mark.parametrize("octets", [0, -1, MIB - 1, 2**63 - 1])
async def test_what_no_unit_may_share_is_refused(house: House, octets: int) -> None:
    with pytest.raises(InvalidInput):
        await give_pool(house.mail, MINISTRY, Whereabouts("Ministère", (MINISTRY,)), octets)
    assert await house.mail.store.pools.of(MINISTRY) is None


async def test_nothing_is_borrowed_twice_when_the_second_step_never_comes(house: House) -> None:
    """Killed after it borrowed and before the letter came in: what was borrowed serves the next."""
    owner = stand(house, new_id(), MINISTRY)
    await give(house, MINISTRY, 10 * MIB)
    bounds = await bounds_of(house.mail, owner)
    for _ in range(3):
        act = RoomWanted(owner, len(BIG), bounds)
        assert await house.mail.store.transaction(lambda s, act=act: house.mail.store.pools.borrow(act, session=s))
    lent = (await look(house)).lent
    await put(house, owner)
    assert (await look(house)).lent == lent


def test_a_block_where_there_is_one_else_to_the_last_octet() -> None:
    pool = Pool("u", 1024**4, lent=0)
    assert borrowed([pool], 0, 5) == 16 * MIB
    assert borrowed([pool], 16 * MIB, 16 * MIB + 1) == 16 * MIB
    assert borrowed([replace(pool, lent=1024**4 - 10)], 0, 10) == 10
    assert borrowed([replace(pool, lent=1024**4 - 10)], 0, 11) is None
    assert borrowed([pool, replace(pool, octets=MIB, lent=MIB - 3)], 0, 4) is None
    assert borrowed([], 7, 9) == 2
