"""Several servers at once: one that takes its time, or breaks something here, keeps nobody else waiting."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from chassis.identity import Identity
from chassis.outside import Outside
from services.calendar.domain.subscriptions import Subscription
from services.calendar.usecases import fetch_subscriptions
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.create_calendar import Wanted
from services.calendar.usecases.fetch_subscriptions import fetch, fetch_due
from services.calendar.usecases.subscribe import subscribe
from tests.calendar.office import Office
from tests.calendar.outside.test_subscriptions import HOLIDAYS, file, state
from tests.mail.authentication.signing import Dns
from tests.mail.test_remote_images import HERE, Server, serving


class Counting(Server):
    """Answers after a while; keeps how many each host was asked at the same time, and how many all were."""

    def __init__(self, **paths: bytes) -> None:
        super().__init__(**paths)
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        host = head.decode().partition("Host: ")[2].partition(":")[0]
        again = asyncio.StreamReader()
        again.feed_data(head)
        self.under_way.update([host, "all"])
        self.most |= self.under_way
        await asyncio.sleep(0.05)
        await super().serve(again, writer)
        self.under_way.subtract([host, "all"])


@pytest.fixture
async def server(office: Office) -> AsyncIterator[Counting]:
    dns = Dns(others={(f"{name}.example", "A"): [HERE] for name in ("a", "b", "c")})
    async with serving(Counting(cal=file(HOLIDAYS))) as found:
        object.__setattr__(office.agenda, "outside", Outside(dns, lambda address, _: str(address) == HERE))
        assert isinstance(found, Counting)
        yield found


async def subscribed(office: Office, agent: Identity, server: Server, host: str, path: str = "cal") -> Subscription:
    url = f"http://{host}.example:{server.port}/{path}"
    _, found = await subscribe(office.agenda, agent, url, Wanted(said={"title": host}), alarms=False)
    return found


async def test_a_slow_server_delays_nobody_elses(office: Office, agent: Identity, server: Counting) -> None:
    server.silent = {"slow"}
    slow = [await subscribed(office, agent, server, "a", "slow") for _ in range(2)]
    others = [await subscribed(office, agent, server, host) for host in ("b", "c", "b")]
    fetching = asyncio.create_task(fetch_due(office.agenda))
    for _ in range(100):
        if all([(await state(office, each)).fetched_at for each in others]):
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError("others wait for a server that says nothing")
    assert not fetching.done()
    assert [(await state(office, each)).fetched_at for each in slow] == [None, None]
    fetching.cancel()
    await asyncio.gather(fetching, return_exceptions=True)


async def test_a_server_is_asked_one_thing_at_a_time(office: Office, agent: Identity, server: Counting) -> None:
    found = [await subscribed(office, agent, server, host) for host in ("a", "a", "b", "a", "b")]
    assert await fetch_due(office.agenda) == len(found)
    assert server.most == {"a.example": 1, "b.example": 1, "all": 2}
    assert all([(await state(office, each)).fetched_at for each in found])
    assert await fetch_due(office.agenda) == 0


async def test_no_more_servers_at_once_than_are_meant(
    office: Office, agent: Identity, server: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_subscriptions, "SERVERS", 2)
    found = [await subscribed(office, agent, server, host) for host in ("a", "b", "c")]
    assert await fetch_due(office.agenda) == len(found)
    assert server.most["all"] == 2


async def test_what_breaks_here_breaks_for_nobody_else_and_is_tried_again(
    office: Office, agent: Identity, server: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = [await subscribed(office, agent, server, host) for host in ("a", "b")]

    async def breaking(agenda: Agenda, subscription: Subscription) -> None:
        if subscription.calendar == broken.calendar:
            raise RuntimeError
        await fetch(agenda, subscription)

    with monkeypatch.context() as patch:
        patch.setattr(fetch_subscriptions, "fetch", breaking)
        assert await fetch_due(office.agenda) == 2
    assert [(await state(office, each)).fetched_at is None for each in (broken, other)] == [True, False]
    office.clock.pass_by(seconds=fetch_subscriptions.CLAIMED.total_seconds())
    assert await fetch_due(office.agenda) == 1
    assert (await state(office, broken)).fetched_at is not None
