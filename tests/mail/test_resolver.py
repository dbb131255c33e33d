"""DNS as mail asks it: a server of the test's own, which may be away."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chassis import resolver
from chassis.resolver import Resolver
from tests.nameserver import Nameserver, nameserver

RECORDS = {
    ("example.org.", "TXT"): ['"v=spf1 " "-all"', '"other"'],
    ("example.org.", "MX"): ["10 mx.example.org."],
    ("mx.example.org.", "A"): ["192.0.2.7"],
    ("mx.example.org.", "AAAA"): ["2001:db8::7"],
    ("7.2.0.192.in-addr.arpa.", "PTR"): ["mx.example.org."],
    ("www.example.org.", "CNAME"): ["mx.example.org."],
}


@pytest.fixture
async def server() -> AsyncIterator[Nameserver]:
    async with nameserver(RECORDS) as listening:
        yield listening


async def test_records_of_each_kind(server: Nameserver) -> None:
    asked = Resolver(["127.0.0.1"], port=server.port).ask
    assert sorted(await asked("example.org", "TXT") or []) == [(b"other",), (b"v=spf1 ", b"-all")]
    assert await asked("example.org", "MX") == [(10, "mx.example.org")]
    assert await asked("mx.example.org", "A") == ["192.0.2.7"]
    assert await asked("www.example.org", "A") == ["192.0.2.7"]
    assert await asked("mx.example.org", "AAAA") == ["2001:db8::7"]
    assert await asked("7.2.0.192.in-addr.arpa", "PTR") == ["mx.example.org"]


async def test_what_is_not_there_is_none_and_no_failure(server: Nameserver) -> None:
    asked = Resolver(["127.0.0.1"], port=server.port).ask
    for name in ("nobody.example", "mx.example.org", "a..b", "x" * 70 + ".example", "."):
        assert await asked(name, "TXT") == []


async def test_whether_there_is_a_name(server: Nameserver) -> None:
    own = Resolver(["127.0.0.1"], port=server.port)
    server.failing.add("broken.")
    names = ("example.org", "mx.example.org", "nobody.example", "broken")
    assert [await own.exists(name) for name in names] == [True, True, False, None]


async def test_an_answer_is_kept_for_its_time(server: Nameserver) -> None:
    asked = Resolver(["127.0.0.1"], port=server.port).ask
    for _ in range(3):
        assert await asked("mx.example.org", "A") == ["192.0.2.7"]
    assert server.asked == ["mx.example.org. A"]


BROKEN = [f"n{number}.example" for number in range(resolver.FAILURES)]


async def test_a_server_that_fails_is_left_alone_for_a_while(
    server: Nameserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "REST_SECONDS", 0.2)
    server.failing |= {f"{name}." for name in BROKEN} | {"."}
    own = Resolver(["127.0.0.1"], port=server.port)
    for name in BROKEN:
        assert await own.ask(name, "TXT") is None
    for number in range(100):
        if await own.ask(f"more{number}.example", "TXT") is None:
            break
    asked = len(server.asked)
    assert await own.ask("last.example", "TXT") is None
    assert len(server.asked) == asked
    await asyncio.sleep(0.3)
    assert await own.ask("mx.example.org", "A") == ["192.0.2.7"]


async def test_names_that_fail_put_nobody_elses_to_rest(server: Nameserver) -> None:
    server.failing |= {f"{name}." for name in BROKEN}
    own = Resolver(["127.0.0.1"], port=server.port)
    for _ in range(3):
        assert await asyncio.gather(*(own.ask(name, "TXT") for name in BROKEN)) == [None] * len(BROKEN)
        assert await own.ask("mx.example.org", "A") == ["192.0.2.7"]
    async with asyncio.timeout(5):
        while ". NS" not in server.asked:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert await own.ask("mx.example.org", "AAAA") == ["2001:db8::7"]


async def test_others_have_their_turns_while_it_asks(server: Nameserver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "QUESTION_SECONDS", 0.5)
    silent, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    asking = asyncio.create_task(
        Resolver(["127.0.0.1"], port=silent.get_extra_info("sockname")[1]).ask("example.org", "TXT")
    )
    turns = 0
    while not asking.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert await asking is None
    assert turns > 10
    silent.close()
