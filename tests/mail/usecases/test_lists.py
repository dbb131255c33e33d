"""Distribution lists: who is in one and who may write to it, each member once, and a worker that dies at any step."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workspace.directory.v1.events_pb2 import AccountFact, GroupChanged, GroupRuleFact, UnitDissolved, UnitMerged
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.documents import ensure_indexes
from chassis.errors import Forbidden, NotFound, Unavailable
from chassis.people import INDEXES, People
from services.mail.domain.envelope import Delivery, Result, Sender
from services.mail.domain.lists import horizon
from services.mail.events import MailEvents
from services.mail.known_people import KnownPeople
from services.mail.smtp.reception import receiving
from services.mail.store.submissions import Submissions
from services.mail.usecases import Mail, deliver, expand_lists, list_messages, named_blobs, resume_submissions, send
from services.mail.usecases.expand_lists import expand_due
from services.mail.usecases.list_members import members_after
from services.mail.usecases.release import release_due
from services.mail.usecases.resolve_recipient import resolve_recipient
from services.mail.usecases.scripted_posts import post
from services.mail.usecases.send import deliver_here
from tests.mail.house import House, chunked, letter

LIST, ADDRESS = "01JGROUP0000000000000001", "budget@numerique.gouv.tg"
MINISTRY, OFFICE, OTHER = "01JUNITMINISTRY", "01JUNITOFFICE", "01JUNITOTHER"


def account(number: int) -> str:
    return f"01JACCOUNT{number:016}"


def sender(number: int) -> Sender:
    return Sender(account(number), f"agent{number}@numerique.gouv.tg")


class Forgetful(KnownPeople):
    SECONDS = 0.0


class Land:
    """A house that hears of groups and people."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.people = People(house.database)
        groups, functions = house.mail.store.groups, house.mail.store.functions
        self.mail: Mail = replace(house.mail, people=Forgetful(self.people, functions, groups))
        self.events = MailEvents(self.mail, self.people, None, None)  # type: ignore[arg-type]

    async def hear(self, group_id: str = LIST, version: int = 1, **fields: Any) -> None:
        await self.events.follow_group(GroupChanged(group_id=group_id, **fields), Envelope(version=version))

    async def staff(self, *numbers: int, path: Sequence[str] = (MINISTRY, OFFICE), **fields: Any) -> None:
        for number in numbers:
            fact = AccountFact(
                account_id=account(number), address=f"agent{number}@numerique.gouv.tg", unit_path=path, **fields
            )
            await self.people.told(fact, 1, self.house.clock())

    async def write(self, number: int, subject: str = "Note", to: str = ADDRESS) -> None:
        source = letter(subject, From=f"agent{number}@numerique.gouv.tg", To=to)
        await send(self.mail, sender(number), chunked(source))

    async def expand(self) -> None:
        while await expand_due(self.mail):
            pass

    async def received(self, number: int) -> list[Any]:
        box = await self.house.box(account(number))
        return list((await list_messages(self.mail, account(number), box.id, count=50)).messages)

    async def waiting(self) -> int:
        """Letters that members are still to get."""
        long_ago = datetime(2000, 1, 1, tzinfo=UTC)
        return len(await self.house.database["list_letters"].find({"due": {"$gt": long_ago}}).to_list(None))

    async def accepted(self, owner: str) -> int:
        within = {"_id": {"$gt": f"{owner}.", "$lt": f"{owner}/"}}
        return len(await self.house.database["submissions"].find(within).to_list(None))

    async def everybody(self, page: int = 250) -> list[str]:
        group = await self.mail.store.groups.list_by_id(LIST)
        assert group is not None
        found: list[str] = []
        cursor = ""
        while True:
            members, end = await members_after(self.mail, group, cursor, page)
            found += [each.account_id for each in members]
            if end is None:
                return found
            assert end > cursor
            cursor = end


@pytest.fixture
async def land(house: House) -> Land:
    await ensure_indexes(house.database, INDEXES)
    return Land(house)


async def test_each_member_gets_a_letter_to_the_list_once(land: Land) -> None:
    await land.staff(1, 2, 3)
    await land.hear("01JNESTED", account_ids=[account(2), account(3)])
    await land.hear(address=ADDRESS, account_ids=[account(1), account(2)], group_ids=["01JNESTED"])
    await land.write(1)
    assert await land.received(2) == []
    await land.expand()
    assert [len(await land.received(number)) for number in (1, 2, 3)] == [1, 1, 1]
    (message,) = await land.received(2)
    read = await land.house.read(account(2), message.id)
    assert read.startswith(
        b"Return-Path: <budget+bounces@numerique.gouv.tg>\r\nDelivered-To: agent2@numerique.gouv.tg\r\n"
        b"List-Id: <budget.numerique.gouv.tg>\r\nList-Post: <mailto:budget@numerique.gouv.tg>\r\n"
        b"List-Owner: <mailto:budget+owner@numerique.gouv.tg>\r\nList-Help: <mailto:budget+owner@numerique.gouv.tg>\r\n"
        b"Precedence: list\r\nDelivered-To: budget@numerique.gouv.tg\r\n"
    )
    assert read.count(b"Return-Path:") == 1
    assert b"From: agent1@numerique.gouv.tg\r\n" in read
    assert await land.waiting() == 0


async def test_what_members_get_is_one_blob_and_unchanged(land: Land) -> None:
    await land.staff(1, 2, 3)
    await land.hear(address=ADDRESS, account_ids=[account(number) for number in (1, 2, 3)])
    await land.write(1)
    await land.expand()
    kept = [(await land.received(number))[0].id for number in (1, 2, 3)]
    ids = [f"{account(number)}.{message}" for number, message in enumerate(kept, 1)]
    found = await land.house.database["messages"].find({"_id": {"$in": ids}}).to_list(None)
    assert (len(found), len({each["blob"] for each in found})) == (3, 1)


async def test_members_follow_from_a_rule(land: Land) -> None:
    await land.staff(1, 2, grade="Inspecteur", place="Lomé")
    await land.staff(3, grade="Agent", place="Lomé")
    await land.staff(4, path=(OTHER,), grade="Inspecteur")
    rule = GroupRuleFact(unit_id=MINISTRY, grade="inspecteur ", place="LOME")
    await land.hear(address=ADDRESS, rule=rule)
    assert await land.everybody(page=1) == [account(1), account(2)]
    await land.people.forgotten(account(2), 2, land.house.clock())
    assert await land.everybody() == [account(1)]


async def test_of_merged_units_a_list_is_the_others(land: Land) -> None:
    await land.staff(1, path=(OTHER,))
    await land.hear(address=ADDRESS, rule=GroupRuleFact(unit_id=OFFICE), unit_id=MINISTRY, writers="unit")
    assert await land.everybody() == []
    await land.events.follow_unit(UnitMerged(unit_id=OFFICE, into_id=OTHER), Envelope())
    await land.events.follow_unit(UnitDissolved(unit_id=MINISTRY, successor_id=OTHER), Envelope())
    assert await land.everybody() == [account(1)]
    await land.write(1)


@pytest.mark.parametrize(
    ("writers", "may"),
    [("members", {1, 4}), ("unit", {1, 2}), ("platform", {1, 2, 3, 4}), ("named", {3}), ("", {1, 4}), ("x", set())],
)
async def test_only_who_may_writes_to_a_list(land: Land, writers: str, may: set[int]) -> None:
    await land.staff(1, 2)
    await land.staff(3, 4, path=(OTHER,))
    members = [account(1), account(4)]
    await land.hear(address=ADDRESS, account_ids=members, writers=writers, writer_ids=[account(3)], unit_id=MINISTRY)
    taken = set()
    for number in (1, 2, 3, 4, 5):
        try:
            await land.write(number)
            taken.add(number)
        except Forbidden:
            assert await land.accepted(account(number)) == 0
    assert taken == may


async def test_a_list_is_nobody_to_who_writes_from_outside(land: Land) -> None:
    """A forged From of a member proves nothing: nobody logged in."""
    await land.staff(1)
    await land.hear(address=ADDRESS, account_ids=[account(1)], writers="platform")
    for address in (ADDRESS, "budget+bounces@numerique.gouv.tg"):
        with pytest.raises(NotFound):
            await receiving(land.mail, address)


@pytest.mark.parametrize(
    ("envelope", "address"), [("", ADDRESS), ("agent1@numerique.gouv.tg", "budget+bounces@numerique.gouv.tg")]
)
async def test_what_bounces_never_comes_to_the_members(land: Land, envelope: str, address: str) -> None:
    await land.staff(1)
    await land.hear(address=ADDRESS, account_ids=[account(1)])
    recipient = await resolve_recipient(land.mail, address)
    content = await land.house.content(letter())
    (outcome,) = await deliver(land.mail, sender=envelope, content=content, deliveries=[Delivery(recipient)])
    assert outcome.result is Result.DELIVERED
    await land.expand()
    assert await land.received(1) == []


async def test_nothing_that_is_accepted_for_a_list_ends_where_its_bounces_do(land: Land) -> None:
    """Who writes to a detail of a list's address is refused, and not told that it was sent."""
    await land.staff(1)
    await land.hear(address=ADDRESS, account_ids=[account(1)])
    for detail in ("bounces", "projet"):
        with pytest.raises(Forbidden):
            await land.write(1, to=f"budget+{detail}@numerique.gouv.tg")
    assert await land.accepted(account(1)) == 0


async def test_a_repeated_letter_comes_once(land: Land) -> None:
    await land.staff(1)
    await land.hear(address=ADDRESS, account_ids=[account(1)])
    recipient, content = await resolve_recipient(land.mail, ADDRESS), await land.house.content(letter())
    results = []
    for _ in range(2):
        deliveries = [Delivery(recipient, author=account(1))]
        results += await deliver(land.mail, sender="a@gouv.tg", content=content, deliveries=deliveries)
    assert [each.result for each in results] == [Result.DELIVERED, Result.REPEATED]
    await land.expand()
    assert len(await land.received(1)) == 1


async def test_scripts_send_nothing_to_a_list(land: Land) -> None:
    """Neither what a member has passed on nor an answer: no circle comes of two lists whose members forward."""
    await land.staff(1, 2)
    await land.hear(address=ADDRESS, account_ids=[account(2)], writers="platform")
    content = await land.house.content(letter())
    assert await post(land.mail, account(1), "agent1@numerique.gouv.tg", ADDRESS, content) is None


async def test_a_worker_that_dies_leaves_nobody_out(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = range(1, 8)
    await land.staff(*numbers)
    await land.hear(address=ADDRESS, account_ids=[account(number) for number in numbers])
    monkeypatch.setattr(expand_lists, "PAGE", 2)
    await land.write(1)
    insert, times = Submissions.insert, iter(range(100))

    async def dying_insert(self: Submissions, *args: Any, **kwargs: Any) -> None:
        await insert(self, *args, **kwargs)
        if next(times) % 2:
            raise Unavailable("the process is killed before it commits")

    async def dying_delivery(*args: Any) -> None:
        if next(times) % 3 == 0:
            raise Unavailable("the process is killed before it delivers")
        await deliver_here(*args)

    monkeypatch.setattr(Submissions, "insert", dying_insert)
    monkeypatch.setattr(expand_lists, "deliver_here", dying_delivery)
    for _ in range(12):
        await expand_due(land.mail)
        land.house.clock.advance(minutes=6)
    monkeypatch.undo()
    await resume_submissions(land.mail)
    assert await land.waiting() == 0
    assert [len(await land.received(number)) for number in numbers] == [1] * 7


async def test_two_workers_at_one_letter_make_no_second_copy(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    await land.staff(1, 2, 3)
    await land.hear(address=ADDRESS, account_ids=[account(number) for number in (1, 2, 3)])
    monkeypatch.setattr(expand_lists, "PAGE", 1)
    await land.write(1)
    (first,) = await land.mail.store.list_letters.claim_due(land.mail.now(), expand_lists.LEASE)
    land.house.clock.advance(minutes=6)
    await land.expand()
    await expand_lists._expand(land.mail, first)  # it slept beyond its lease
    assert [len(await land.received(number)) for number in (1, 2, 3)] == [1, 1, 1]
    assert await land.accepted(f"list:{LIST}") == 3


async def test_the_blob_is_kept_while_members_wait(land: Land) -> None:
    await land.staff(1)
    await land.hear(address=ADDRESS, account_ids=[account(1)])
    content = await land.house.content(letter())
    recipient = await resolve_recipient(land.mail, ADDRESS)
    await deliver(land.mail, sender="a@gouv.tg", content=content, deliveries=[Delivery(recipient, author=account(1))])
    assert await named_blobs(land.mail, [content.blob]) == {content.blob}


async def test_an_ended_list_has_no_address_and_older_facts_bring_it_not_back(land: Land) -> None:
    await land.staff(1)
    await land.hear(version=1, address=ADDRESS, account_ids=[account(1)])
    await land.write(1)
    await land.hear(version=3, deleted=True)
    await land.hear(version=2, address=ADDRESS, account_ids=[account(1)])
    with pytest.raises(NotFound):
        await resolve_recipient(land.mail, ADDRESS)
    await land.expand()
    assert await land.received(1) == []
    assert await land.waiting() == 0


async def test_a_member_of_many_groups_stands_once_in_a_huge_list(land: Land) -> None:
    """Listed, by rule and nested, in pages much smaller than each."""
    await land.staff(*range(0, 60, 2), path=(MINISTRY,))
    await land.staff(*range(1, 60, 2), path=(OTHER,))
    await land.hear("01JRULE", rule=GroupRuleFact(unit_id=MINISTRY))
    await land.hear("01JLISTED", account_ids=[account(number) for number in range(0, 60, 3)])
    await land.hear(address=ADDRESS, account_ids=[account(1), account(59)], group_ids=["01JRULE", "01JLISTED"])
    wanted = sorted({*range(0, 60, 2), *range(0, 60, 3), 1, 59})
    for page in (1, 7, 250):
        assert await land.everybody(page) == [account(number) for number in wanted]


async def test_a_letter_to_all_staff_is_for_who_is_named_and_nobody_answers_all(land: Land) -> None:
    await land.staff(1, 2)
    await land.staff(3, path=(OTHER,))
    everybody = GroupRuleFact(everybody=True)
    await land.hear(address=ADDRESS, rule=everybody, writers="named", writer_ids=[account(1)])
    await land.write(1)
    await land.expand()
    assert [len(await land.received(number)) for number in (1, 2, 3)] == [1, 1, 1]
    (message,) = await land.received(3)
    assert b"List-Post: NO\r\n" in await land.house.read(account(3), message.id)
    with pytest.raises(Forbidden):
        await land.write(3, "Re: Note")
    await land.hear(version=2, address=ADDRESS, rule=everybody, writers="platform", writer_ids=[account(1)])
    with pytest.raises(Forbidden):
        await land.write(3, "Re: Note")


async def test_a_list_that_holds_everybody_writes_to_nobody_by_that(land: Land) -> None:
    """Else whoever has a list of a unit's own would write to all staff by holding that group."""
    await land.staff(1, 2, 3)
    await land.hear("01JEVERYBODY", rule=GroupRuleFact(everybody=True))
    await land.hear(address=ADDRESS, account_ids=[account(1)], group_ids=["01JEVERYBODY"])
    assert await land.everybody() == [account(1)]
    with pytest.raises(Forbidden):
        await land.write(2)


@pytest.mark.parametrize("change", [{"writers": "named"}, {"deleted": True}])
async def test_who_may_write_to_a_list_is_asked_again_when_a_held_letter_leaves(
    land: Land, change: dict[str, Any]
) -> None:
    await land.staff(1, 2)
    await land.hear(address=ADDRESS, account_ids=[account(2)], writers="platform")
    at = land.house.clock() + timedelta(hours=1)
    for subject in ("Avant", "Après"):
        source = letter(subject, From="agent1@numerique.gouv.tg", To=ADDRESS)
        await send(land.mail, sender(1), chunked(source), release_at=at)
        at += timedelta(hours=1)
    land.house.clock.advance(minutes=61)
    await release_due(land.mail, land.people)
    await land.expand()
    listed = {} if change.get("deleted") else {"address": ADDRESS, "account_ids": [account(2)]}
    await land.hear(version=2, **listed, **change)
    land.house.clock.advance(minutes=61)
    await release_due(land.mail, land.people)
    await land.expand()
    assert [each.subject for each in await land.received(2)] == ["Avant"]
    # It is a draft again, and its sender is told.
    assert (await land.house.box(account(1), "Drafts")).messages == 1
    assert len(await land.received(1)) == 1


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sets(st.integers(0, 40)), min_size=1, max_size=5), st.integers(1, 7))
def test_pages_of_several_sources_leave_nobody_out(sources: list[set[int]], count: int) -> None:
    """What `horizon` is for: no source is passed over where it was not read."""
    found: list[str] = []
    cursor = ""
    while True:
        pages = []
        for source in sources:
            ids = [f"{each:03}" for each in sorted(source) if f"{each:03}" > cursor][:count]
            pages.append((ids, len(ids) == count))
        end = horizon(pages)
        found += sorted({each for ids, _ in pages for each in ids if end is None or each <= end})
        if end is None:
            break
        cursor = end
    assert found == [f"{each:03}" for each in sorted(set().union(*sources))]
