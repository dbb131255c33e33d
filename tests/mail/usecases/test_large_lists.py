"""A large list: pages are bounded, and a worker that is killed leaves nobody out and doubles nobody."""

from collections import Counter
from typing import Any

import pytest
from workspace.directory.v1.events_pb2 import GroupRuleFact

from chassis.documents import ensure_indexes
from chassis.people import INDEXES
from services.mail.store.submissions import Accepted, Submissions
from services.mail.usecases import expand_lists
from services.mail.usecases.expand_lists import expand_due
from tests.mail.house import House
from tests.mail.usecases.test_lists import ADDRESS, LIST, MINISTRY, OTHER, Land, account

# Of the ministry by rule, and as many listed, of whom half are of the ministry.
STAFF, SMALL_PAGE = 800, 100


class Killed(BaseException):
    """The process is no more."""


async def populate(land: Land, numbers: range, unit_id: str) -> None:
    """As many facts of accounts would, at once."""
    await land.staff(0, path=(unit_id,))
    people = land.house.database["people"]
    (template,) = await people.find({"_id": account(0)}).to_list(1)
    await people.insert_many(
        [{**template, "_id": account(each), "addresses": [f"agent{each}@numerique.gouv.tg"]} for each in numbers]
    )


@pytest.fixture
async def land(house: House) -> Land:
    """1,200 members in two groups below the list."""
    await ensure_indexes(house.database, INDEXES)
    land = Land(house)
    await populate(land, range(1, STAFF + 1), MINISTRY)
    await populate(land, range(STAFF + 1, STAFF * 3 // 2 + 1), OTHER)
    await land.people.forgotten(account(0), 2, house.clock())
    await land.hear("01JRULE", rule=GroupRuleFact(unit_id=MINISTRY))
    await land.hear("01JLISTED", account_ids=[account(each) for each in range(STAFF // 2 + 1, STAFF * 3 // 2 + 1)])
    await land.hear(address=ADDRESS, group_ids=["01JRULE", "01JLISTED"], writers="platform")
    return land


async def test_a_killed_worker_leaves_nobody_of_a_large_list_out_and_doubles_nobody(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before and after each third page is accepted; what is delivered of a page is a submission's matter."""
    insert, times = Submissions.insert, iter(range(1000))

    async def dying_insert(self: Submissions, accepted: Accepted, *args: Any, **kwargs: Any) -> None:
        await insert(self, accepted, *args, **kwargs)
        if accepted.owner.startswith("list:") and next(times) % 3 == 0:
            raise Killed

    async def dying_delivery(*_given: Any) -> None:
        if next(times) % 3 == 0:
            raise Killed

    await land.write(1)
    monkeypatch.setattr(expand_lists, "PAGE", SMALL_PAGE)
    monkeypatch.setattr(Submissions, "insert", dying_insert)
    monkeypatch.setattr(expand_lists, "deliver_here", dying_delivery)
    deaths = 0
    while await land.waiting():
        try:
            await expand_due(land.mail)
        except Killed:
            deaths += 1
            land.house.clock.advance(minutes=6)
    within = {"_id": {"$gt": f"list:{LIST}.", "$lt": f"list:{LIST}/"}}
    pages = [each["local"] for each in await land.house.database["submissions"].find(within).to_list(None)]
    members = Counter(account_id for page in pages for account_id, _ in page)
    assert set(members) == {account(each) for each in range(1, STAFF * 3 // 2 + 1)}
    assert set(members.values()) == {1}
    assert max(map(len, pages)) <= SMALL_PAGE
    assert deaths > 3
