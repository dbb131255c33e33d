"""Failures are kept, tried again on a schedule, given up, and replayed when an operator says so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from workspace.events.v1.envelope_pb2 import Envelope
from workspace.mail.v1.events_pb2 import MessageReceived

from chassis.documents import QueryRecorder, connect, ensure_indexes, scans
from chassis.errors import InvalidInput, NotFound
from chassis.events import INDEXES, DeadLetters, fact, leases
from chassis.events.failures import Consumed, Failures
from chassis.events.handling import Digestion, Subscription
from chassis.events.leases import Lease, Turns
from chassis.events.projections import apply_version


@pytest.fixture
def recorder() -> QueryRecorder:
    return QueryRecorder()


@pytest.fixture
async def database(documents_url: str, database_name: str, recorder: QueryRecorder) -> AsyncIterator[Any]:
    own = connect(documents_url, database_name, listeners=[recorder])
    await ensure_indexes(own, INDEXES)
    yield own
    own.client.close()


class Stomach:
    """A handler that fails as often as it is told to."""

    def __init__(self, database: Any, *, failing: int = 0, idempotent: bool = False, schedule: Any = (0, 0)) -> None:
        self.failing, self.eaten = failing, 0
        self.error: Exception = ValueError("cannot digest")
        subscription = Subscription("mail.eat", self.eat, idempotent, frozenset({"mail.message_received"}))
        self.failures = Failures(database, schedule)
        self.digestion = Digestion(Consumed(database), self.failures, {"mail.eat": subscription})

    async def eat(self, received: MessageReceived, envelope: Envelope) -> None:
        if self.failing:
            self.failing -= 1
            raise self.error
        self.eaten += 1


def body(subject: str = "m1") -> bytes:
    encoded: bytes = fact(MessageReceived(message_id=subject), subject=subject, version=1)["body"].encode()
    return encoded


async def test_the_age_of_a_queue_grows_while_a_fact_is_under_way_and_ends_with_it(database: Any) -> None:
    seen: list[float] = []

    def age() -> float:
        return REGISTRY.get_sample_value("workspace_queue_age_seconds", {"queue": "mail.chew"}) or 0.0

    async def chew(_received: MessageReceived, _envelope: Envelope) -> None:
        seen.append(age())
        await asyncio.sleep(0.05)
        seen.append(age())

    chewing = Subscription("mail.chew", chew, True, frozenset({"mail.message_received"}))
    digestion = Digestion(Consumed(database), Failures(database), {"mail.chew": chewing})
    await digestion.deliver("mail.chew", body())
    first, second = seen
    assert 0 < first < second - 0.04
    assert age() == 0


async def test_a_fact_delivered_twice_is_handled_once(database: Any) -> None:
    stomach, one = Stomach(database), body()
    for _ in range(3):
        await stomach.digestion.deliver("mail.eat", one)
    assert stomach.eaten == 1


async def test_an_idempotent_handler_is_simply_run_again(database: Any) -> None:
    stomach, one = Stomach(database, idempotent=True), body()
    for _ in range(3):
        await stomach.digestion.deliver("mail.eat", one)
    assert stomach.eaten == 3
    assert await database.consumed.count_documents({}) == 0


async def test_a_failure_is_kept_and_tried_again_until_it_works(database: Any) -> None:
    stomach, one = Stomach(database, failing=2), body()
    await stomach.digestion.deliver("mail.eat", one)
    assert stomach.eaten == 0
    assert await stomach.digestion.retry() == 1
    assert await stomach.digestion.retry() == 1
    assert stomach.eaten == 1
    assert await database.failures.count_documents({}) == 0
    await stomach.digestion.deliver("mail.eat", one)
    assert stomach.eaten == 1, "what a later try handled is not handled again"


async def test_tries_wait_for_their_time(database: Any) -> None:
    stomach = Stomach(database, failing=1, schedule=(3600,))
    await stomach.digestion.deliver("mail.eat", body())
    assert await stomach.digestion.retry() == 0


async def test_after_the_last_try_it_is_a_dead_letter_that_tells_why(database: Any) -> None:
    stomach, letters = Stomach(database, failing=3), DeadLetters(database)
    stomach.error = InvalidInput("a handler's own refusal is tried again too")
    await stomach.digestion.deliver("mail.eat", body("m7"))
    for _ in range(4):
        await stomach.digestion.retry()
    assert stomach.failing == 0
    (letter,) = await letters.list(10)
    assert (letter.queue, letter.type, letter.subject, letter.tries) == ("mail.eat", "message_received", "m7", 3)
    assert letter.error.startswith("InvalidInput: a handler's own")
    whole = await letters.explain(letter.id)
    assert "in eat" in whole.traceback
    assert '"subject":"m7"' in whole.body
    assert await letters.count() == 1
    # The cause is gone.
    assert await letters.replay(letter.id) == 1
    await stomach.digestion.retry()
    assert stomach.eaten == 1
    assert await letters.list(10) == []


async def test_a_replayed_letter_has_all_its_tries_again(database: Any) -> None:
    stomach, letters = Stomach(database, failing=100, schedule=(0,)), DeadLetters(database)
    await stomach.digestion.deliver("mail.eat", body())
    await stomach.digestion.retry()
    assert await letters.count() == 1
    assert await letters.replay() == 1
    assert await letters.count() == 0
    for _ in range(3):
        await stomach.digestion.retry()
    assert await letters.count() == 1
    assert stomach.failing == 100 - 2 - 2


@pytest.mark.parametrize("poison", [b"\xff\x00garbage", b"", b"{}", b'{"source": "mail", "type": "nothing"}'])
async def test_bytes_that_cannot_be_read_are_a_dead_letter_at_once(database: Any, poison: bytes) -> None:
    stomach, letters = Stomach(database), DeadLetters(database)
    await stomach.digestion.deliver("mail.eat", poison)
    (letter,) = await letters.list(10)
    assert letter.type == ""
    assert await letters.replay(letter.id) == 1
    await stomach.digestion.retry()
    assert await letters.count() == 1, "as unreadable as before"
    await letters.discard(letter.id)
    assert await letters.count() == 0


async def test_what_is_not_there_is_not_found(database: Any) -> None:
    letters = DeadLetters(database)
    for act in (letters.explain, letters.replay, letters.discard):
        with pytest.raises(NotFound):
            await act("mail.eat:nothing")


async def test_two_workers_do_not_try_the_same_failure(database: Any) -> None:
    stomach = Stomach(database, failing=1)
    await stomach.digestion.deliver("mail.eat", body())
    (due,) = await stomach.failures.due(10)
    assert await stomach.failures.claim(due)
    assert not await stomach.failures.claim(due)


async def test_a_handler_that_is_no_more_leaves_a_dead_letter(database: Any) -> None:
    stomach = Stomach(database, failing=1)
    await stomach.digestion.deliver("mail.eat", body())
    other = Digestion(Consumed(database), stomach.failures, {})
    await other.retry()
    (letter,) = await DeadLetters(database).list(10)
    assert letter.error.startswith("NoSuchHandler")


async def test_older_facts_undo_nothing(database: Any) -> None:
    for version, applied in ((2, True), (1, False), (2, False), (3, True)):
        assert await apply_version(database.view, "x", version, {"told": version}) is applied
    assert await database.view.find_one({"_id": "x"}) == {"_id": "x", "told": 3, "version": 3}


async def test_a_lease_has_one_holder(database: Any) -> None:
    one, two = Lease(database, "task", 30), Lease(database, "task", 30)
    assert await one.hold()
    assert not await two.hold()
    assert await one.hold()
    await one.release()
    assert await two.hold()
    short = Lease(database, "short", 0)
    assert await short.hold()
    assert await Lease(database, "short", 30).hold(), "it fell free"


async def test_a_lease_that_is_held_on_is_written_at_half_of_its_time(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(leases, "utc_now", lambda: now)

    async def until() -> timedelta:
        held: datetime = (await database.leases.find_one({"_id": "task"}))["until"]
        return held - now

    lease, other = Lease(database, "task", 10), Lease(database, "task", 10)
    for passed, left in ((0, 10), (4, 6), (2, 10), (4, 6)):
        now += timedelta(seconds=passed)
        assert await lease.hold()
        assert await until() == timedelta(seconds=left)
    assert not await other.hold()
    await lease.release()
    assert await other.hold()
    assert not await lease.hold(), "let go of, it is another's"


async def test_a_round_is_done_once_and_not_before_the_last_is_over(database: Any) -> None:
    one, two = Turns(database, "tick", 0.0), Turns(database, "tick", 0.0)
    assert await one.take()
    assert not await two.take(), "under way"
    await one.end()
    assert await two.take()
    slow = Turns(database, "slow", 3600)
    assert await slow.take()
    await slow.end()
    assert not await slow.take(), "not due"
    assert 3500 < await slow.wait_seconds() <= 3600


async def test_rounds_that_come_often_stay_with_one_worker_and_are_no_question_each(
    database: Any, recorder: QueryRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    monkeypatch.setattr("chassis.events.leases.utc_now", lambda: now)
    one, two = Turns(database, "tick", 2.0), Turns(database, "tick", 2.0)
    assert await one.take()
    await one.end()
    asked = recorder.count
    now += timedelta(seconds=1)
    assert not await one.take(), "not due"
    assert await one.wait_seconds() == 1
    now += timedelta(seconds=1)
    assert await one.take()
    assert recorder.count == asked
    now += timedelta(seconds=2)
    assert await one.take(), "written again at half of its time"
    assert not await two.take()
    now += timedelta(seconds=5)
    assert not await two.take(), "under way"
    await one.prolong()
    now += timedelta(seconds=5)
    assert not await two.take(), "prolonged"
    now += timedelta(seconds=2)
    assert await two.take(), "whoever died keeps it no longer"
    await one.end()
    await one.release()
    assert not await one.take(), "another's"
    await two.release()
    now += timedelta(seconds=2)
    assert await one.take()


async def test_consuming_asks_by_index_only(database: Any, recorder: QueryRecorder) -> None:
    stomach, letters = Stomach(database, failing=4), DeadLetters(database)
    await stomach.digestion.deliver("mail.eat", body())
    for _ in range(3):
        await stomach.digestion.retry()
    (letter,) = await letters.list(10)
    await letters.list(10, letter.id)
    await letters.explain(letter.id)
    await letters.replay()
    await stomach.digestion.retry()
    await Lease(database, "task", 30).hold()
    assert await scans(database, recorder) == []
