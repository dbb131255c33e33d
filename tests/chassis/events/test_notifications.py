"""The live feed: what is for an account here arrives, nothing else does, and gaps are said."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from workspace.mail.v1.events_pb2 import FlagsChanged, MessageReceived

from chassis.documents import connect, ensure_indexes
from chassis.events import Dispatcher, Envelope, Notifications, document_with_facts, fact, fact_as, outbox_index
from tests.rabbitmq import RabbitMq

Open = Callable[..., Awaitable[Notifications]]


class Session:
    """A live session of an account."""

    def __init__(self, notifications: Notifications, account: str) -> None:
        self.told: list[Envelope | None] = []
        self.cancel = notifications.listen(account, self.told.append)

    @property
    def subjects(self) -> list[str]:
        return [each.subject for each in self.told if each is not None]

    @property
    def gaps(self) -> int:
        return self.told.count(None)


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    made: list[Notifications] = []

    async def make(url: str, *sources: str) -> Notifications:
        one = Notifications(url, sources)
        await one.start()
        made.append(one)
        return one

    yield make
    await asyncio.gather(*(each.stop() for each in made))


def flags(account: str, *others: str) -> dict[str, Any]:
    message = FlagsChanged(account_id=account, mailbox_id="inbox", modseq=9)
    return {"message": message, "subject": f"inbox of {account}", "version": 9, "audience": [account, *others]}


def nudge(notifications: Notifications, account: str, *others: str) -> None:
    told = flags(account, *others)
    notifications.nudge(told.pop("message"), **told)


async def test_a_nudge_reaches_the_sessions_of_its_account_in_other_processes(broker: str, opened: Open) -> None:
    imap, gateway = await opened(broker, "mail"), await opened(broker, "mail")
    one, two, other = Session(imap, "a1"), Session(gateway, "a1"), Session(gateway, "a2")
    await until(lambda: all(each.gaps for each in (one, two, other)))
    nudge(imap, "a1")
    nudge(gateway, "a3")
    await until(lambda: one.subjects == two.subjects == ["inbox of a1"])
    heard = one.told[-1]
    assert heard is not None
    assert fact_as(heard, FlagsChanged).modseq == 9
    await asyncio.sleep(0.2)
    assert other.subjects == []


async def test_an_audience_of_several_hears_once_each(broker: str, opened: Open) -> None:
    here = await opened(broker, "mail")
    sessions = [Session(here, f"a{number}") for number in range(20)]
    await until(lambda: all(each.gaps for each in sessions))
    nudge(here, *(f"a{number}" for number in range(20)))
    await until(lambda: all(each.subjects for each in sessions))
    await asyncio.sleep(0.2)
    assert all(each.subjects == ["inbox of a0"] for each in sessions)


async def test_who_cancelled_hears_no_more(broker: str, opened: Open) -> None:
    here = await opened(broker, "mail")
    gone, there = Session(here, "a1"), Session(here, "a1")
    await until(lambda: bool(gone.gaps and there.gaps))
    gone.cancel()
    gone.cancel()
    nudge(here, "a1")
    await until(lambda: bool(there.subjects))
    assert gone.subjects == []


async def test_only_who_may_have_missed_something_is_told_to_look(broker: str, opened: Open) -> None:
    here = await opened(broker, "mail")
    first = Session(here, "a1")
    await until(lambda: first.gaps == 1)
    second, third = Session(here, "a1"), Session(here, "a2")
    await until(lambda: third.gaps == 1)
    assert (first.gaps, second.gaps) == (1, 0), "bound already"


async def test_a_dispatched_fact_reaches_its_audience(
    broker: str, opened: Open, documents_url: str, database_name: str
) -> None:
    database = connect(documents_url, database_name)
    await ensure_indexes(database, [outbox_index("things")])
    here = await opened(broker, "mail")
    mine, other = Session(here, "a1"), Session(here, "a2")
    await until(lambda: bool(mine.gaps and other.gaps))
    received = MessageReceived(account_id="a1", message_id="m1")
    entry = fact(received, subject="m1", version=1, audience=["a1"])
    secret = fact(received, subject="m2", version=1)
    await database.things.insert_one(document_with_facts({"_id": 1}, entry, secret))
    dispatcher = Dispatcher("mail", database, broker, ["things"])
    assert await dispatcher.sweep() == 2
    await until(lambda: mine.subjects == ["m1"])
    await asyncio.sleep(0.1)
    assert mine.subjects == ["m1"]
    assert other.subjects == []
    await dispatcher.stop()
    database.client.close()


async def test_one_listener_s_mistake_keeps_nothing_from_the_others(broker: str, opened: Open) -> None:
    here = await opened(broker, "mail")

    def wrong(_envelope: Envelope | None) -> None:
        raise RuntimeError("a mistake")

    here.listen("a1", wrong)
    right = Session(here, "a1")
    await until(lambda: bool(right.gaps))
    nudge(here, "a1")
    await until(lambda: bool(right.subjects))


async def test_nudges_wait_for_a_broker_that_is_away_and_sessions_are_told_of_the_gap(
    tmp_path: Path, opened: Open
) -> None:
    (tmp_path / "away").write_text("not a folder")
    url = f"spool://{tmp_path}/away/broker"
    here = await opened(url, "mail")
    one = Session(here, "a1")
    nudge(here, "a1")
    await asyncio.sleep(0.3)
    assert not here.connected
    assert one.told == []
    (tmp_path / "away").unlink()
    await until(lambda: one.subjects == ["inbox of a1"])
    assert one.gaps == 1


async def test_after_the_broker_was_lost_sessions_look_at_their_cursors(rabbitmq: RabbitMq, opened: Open) -> None:
    here = await opened(rabbitmq.url, "mail")
    one = Session(here, "a1")
    await until(lambda: one.gaps == 1)
    rabbitmq.stop()
    await until(lambda: not here.connected)
    await asyncio.to_thread(rabbitmq.start)
    await until(lambda: one.gaps == 2, 30)
    nudge(here, "a1")
    await until(lambda: one.subjects == ["inbox of a1"])


async def test_idling_costs_nothing(broker: str, opened: Open) -> None:
    here, quiet = await opened(broker, "mail"), await opened(broker)
    one = Session(here, "a1")
    nudge(quiet, "a1")
    await until(lambda: bool(one.gaps))
    nudge(quiet, "a1")
    await until(lambda: "inbox of a1" in one.subjects)
    used = time.process_time()
    await asyncio.sleep(1)
    assert time.process_time() - used < 0.1
