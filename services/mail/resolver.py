"""DNS as mail asks it: without holding up anybody, each answer kept for its time, and not at all while it is away."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver
from prometheus_client import Counter

ANSWERS = Counter("mail_dns_answers", "Answers of DNS that mail asked for", ["outcome"])
# A question, retries included.
QUESTION_SECONDS = 5.0
KEPT_ANSWERS = 20_000
# After so many failures in a row it is left alone for a while: what asks would only wait.
FAILURES, REST_SECONDS = 5, 20.0


class Resolver:
    """A `Names`: answers of the servers that the machine, or the operator, names."""

    def __init__(self, servers: Sequence[str] = (), *, port: int = 53) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        if servers:
            self._resolver.nameservers = list(servers)
            self._resolver.port = port
        self._resolver.lifetime = QUESTION_SECONDS
        self._resolver.cache = dns.resolver.LRUCache(KEPT_ANSWERS)
        self._failures = 0
        self._resting_until = 0.0

    async def ask(self, name: str, kind: str) -> list[Any] | None:
        """The records, none for a name that has none of the kind; None when DNS could not be asked.

        A and AAAA as addresses, CNAME and PTR as names, MX as (preference, name), SRV as (priority, weight, port,
        name), TXT as the pieces of each. A name is without its last point, the root's is empty.
        """
        answer = await self._asked(name, kind)
        return [_READ[kind](record) for record in answer] if answer is not None else None

    async def exists(self, name: str) -> bool | None:
        """Whether there is a name, with whatever records; None when DNS could not be asked."""
        try:
            answer = await self._asked(name, "A", missing=True)
        except dns.resolver.NXDOMAIN:
            return False
        return None if answer is None else True

    async def _asked(self, name: str, kind: str, *, missing: bool = False) -> Iterable[Any] | None:
        """With `missing`, raises dnspython's error for a name that there is not."""
        if time.monotonic() < self._resting_until:
            ANSWERS.labels("resting").inc()
            return None
        try:
            answer = await self._resolver.resolve(name.rstrip(".") + ".", kind, search=False)
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.EmptyLabel) as error:
            self._answered("none")
            if missing and isinstance(error, dns.resolver.NXDOMAIN):
                raise
            return ()
        except (dns.exception.DNSException, OSError):
            self._failed()
            return None
        self._answered("some")
        return answer

    def _answered(self, outcome: str) -> None:
        self._failures = 0
        ANSWERS.labels(outcome).inc()

    def _failed(self) -> None:
        ANSWERS.labels("failed").inc()
        self._failures += 1
        if self._failures >= FAILURES:
            self._failures, self._resting_until = 0, time.monotonic() + REST_SECONDS


_READ: dict[str, Callable[[Any], Any]] = {
    "A": lambda record: str(record.address),
    "AAAA": lambda record: str(record.address),
    "CNAME": lambda record: str(record.target).rstrip("."),
    "PTR": lambda record: str(record.target).rstrip("."),
    "MX": lambda record: (int(record.preference), str(record.exchange).rstrip(".")),
    "SRV": lambda record: (record.priority, record.weight, record.port, str(record.target).rstrip(".")),
    "TXT": lambda record: tuple(record.strings),
}
