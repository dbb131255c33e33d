"""DNS as mail asks it: a server of the test's own, which may be away."""

import asyncio
from collections.abc import AsyncIterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from services.mail import resolver
from services.mail.resolver import Resolver

RECORDS = {
    ("example.org.", "TXT"): ['"v=spf1 " "-all"', '"other"'],
    ("example.org.", "MX"): ["10 mx.example.org."],
    ("mx.example.org.", "A"): ["192.0.2.7"],
    ("mx.example.org.", "AAAA"): ["2001:db8::7"],
    ("7.2.0.192.in-addr.arpa.", "PTR"): ["mx.example.org."],
    ("www.example.org.", "CNAME"): ["mx.example.org."],
}


class Server(asyncio.DatagramProtocol):
    """Answers from `RECORDS`; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.rcode = dns.rcode.NOERROR
        self.port = 0

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        (question,) = query.question
        name, kind = str(question.name).lower(), question.rdtype.name
        self.asked.append(f"{name} {kind}")
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        answer.set_rcode(self.rcode)
        if self.rcode == dns.rcode.NOERROR:
            if alias := RECORDS.get((name, "CNAME")):
                answer.answer.append(dns.rrset.from_text(name, 300, "IN", "CNAME", *alias))
                name = alias[0]
            if found := RECORDS.get((name, kind)):
                answer.answer.append(dns.rrset.from_text(name, 300, "IN", kind, *found))
            elif not any(name == known for known, _ in RECORDS):
                answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(), peer)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    yield protocol
    transport.close()


async def test_records_of_each_kind(server: Server) -> None:
    asked = Resolver(["127.0.0.1"], port=server.port).ask
    assert sorted(await asked("example.org", "TXT") or []) == [(b"other",), (b"v=spf1 ", b"-all")]
    assert await asked("example.org", "MX") == [(10, "mx.example.org")]
    assert await asked("mx.example.org", "A") == ["192.0.2.7"]
    assert await asked("www.example.org", "A") == ["192.0.2.7"]
    assert await asked("mx.example.org", "AAAA") == ["2001:db8::7"]
    assert await asked("7.2.0.192.in-addr.arpa", "PTR") == ["mx.example.org"]


async def test_what_is_not_there_is_none_and_no_failure(server: Server) -> None:
    asked = Resolver(["127.0.0.1"], port=server.port).ask
    for name in ("nobody.example", "mx.example.org", "a..b", "x" * 70 + ".example", "."):
        assert await asked(name, "TXT") == []


async def test_an_answer_is_kept_for_its_time(server: Server) -> None:
    asked = Resolver(["127.0.0.1"], port=server.port).ask
    for _ in range(3):
        assert await asked("mx.example.org", "A") == ["192.0.2.7"]
    assert server.asked == ["mx.example.org. A"]


async def test_a_server_that_fails_is_left_alone_for_a_while(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "REST_SECONDS", 0.2)
    server.rcode = dns.rcode.SERVFAIL
    own = Resolver(["127.0.0.1"], port=server.port)
    for number in range(resolver.FAILURES):
        assert await own.ask(f"n{number}.example", "TXT") is None
    asked = len(server.asked)
    assert await own.ask("more.example", "TXT") is None
    assert len(server.asked) == asked
    server.rcode = dns.rcode.NOERROR
    await asyncio.sleep(0.3)
    assert await own.ask("mx.example.org", "A") == ["192.0.2.7"]


async def test_others_have_their_turns_while_it_asks(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
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
