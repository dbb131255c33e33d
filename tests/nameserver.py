"""A server of DNS: what it knows is a dictionary, and it may fail."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

# (name with its last point, kind) to records as zone files write them.
Records = Mapping[tuple[str, str], Sequence[str]]


class Nameserver(asyncio.DatagramProtocol):
    """Answers from its records; fails or says nothing for names that are set so; notes what it is asked."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.failing: set[str] = set()
        self.silent: set[str] = set()
        # Names that are told as proven by DNSSEC, to whoever wants to know.
        self.proven: set[str] = set()
        self.asked: list[str] = []
        self.port = 0

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        (question,) = query.question
        name, kind = str(question.name).lower(), question.rdtype.name
        self.asked.append(f"{name} {kind}")
        if name in self.silent:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        else:
            if alias := self._records.get((name, "CNAME")):
                answer.answer.append(dns.rrset.from_text(name, 300, "IN", "CNAME", *alias))
                name = alias[0]
            if found := self._records.get((name, kind)):
                answer.answer.append(dns.rrset.from_text(name, 300, "IN", kind, *found))
                if name in self.proven and query.flags & dns.flags.AD:
                    answer.flags |= dns.flags.AD
            elif not any(name == known for known, _ in self._records):
                answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(), peer)


@asynccontextmanager
async def nameserver(records: Records, port: int = 0) -> AsyncIterator[Nameserver]:
    """Listening on loopback, on a free port unless one is named."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: Nameserver(records), local_addr=("127.0.0.1", port))
    yield server
    transport.close()


@contextmanager
def nameserver_beside(records: Records, port: int = 0) -> Iterator[Nameserver]:
    """The same on a thread of its own, for who has no loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    serving = nameserver(records, port)
    try:
        yield asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def texts(by_name: Mapping[str, Sequence[bytes]]) -> dict[tuple[str, str], list[str]]:
    """TXT records, in pieces of 200 octets."""
    return {
        (f"{name}.", "TXT"): [
            " ".join(f'"{text[at : at + 200].decode()}"' for at in range(0, len(text), 200)) for text in found
        ]
        for name, found in by_name.items()
    }
