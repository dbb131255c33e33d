"""DNS as we ask it: without holding up anybody, each answer kept for its time, and not at all while it is away."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.rdatatype
import dns.resolver
from prometheus_client import Counter

ANSWERS = Counter("dns_answers", "Answers of DNS that we asked for", ["outcome"])
# A question, retries included.
QUESTION_SECONDS = 5.0
KEPT_ANSWERS = 20_000
# After so many failures in a row the root is asked for; without an answer DNS is left alone for a while, since what
# asks would only wait.
FAILURES, ROOT_SECONDS, REST_SECONDS = 5, 2.0, 20.0


class Resolver:
    """Answers of the servers that the machine, or the operator, names."""

    def __init__(self, servers: Sequence[str] = (), *, port: int = 53, validating: bool = False) -> None:
        """`validating`: the servers prove what they say by DNSSEC, and nobody stands between them and us."""
        self._resolver = _resolver(servers, port, QUESTION_SECONDS)
        self._validating = validating
        if validating:
            # Asks for the flag AD in the answer (RFC 6840 §5.7).
            self._resolver.flags = dns.flags.RD | dns.flags.AD
        self._resolver.cache = dns.resolver.LRUCache(KEPT_ANSWERS)
        self._uncached = _resolver(servers, port, ROOT_SECONDS)
        self._probe: asyncio.Task[None] | None = None
        self._failures = 0
        self._resting_until = 0.0

    async def ask(self, name: str, kind: str) -> list[Any] | None:
        """The records, none for a name that has none of the kind; None when DNS could not be asked.

        A and AAAA as addresses, CNAME and PTR as names, MX as (preference, name), SRV as (priority, weight, port,
        name), TXT as the pieces of each. A name is without its last point, the root's is empty.
        """
        answer = await self._asked(name, kind)
        return [_READ[kind](record) for record in answer] if answer is not None else None

    async def ask_proven(self, name: str, kind: str) -> tuple[list[Any], bool] | None:
        """The same, and whether DNSSEC proves them: never by servers that are not known to validate.

        TLSA as (usage, selector, matching type, octets).
        """
        answer = await self._asked(name, kind)
        if answer is None:
            return None
        proven = (
            self._validating and isinstance(answer, dns.resolver.Answer) and bool(answer.response.flags & dns.flags.AD)
        )
        return [_READ[kind](record) for record in answer], proven

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
        if self._failures >= FAILURES and (self._probe is None or self._probe.done()):
            # Beside what failed: a letter that gives up its questions does not end it.
            self._probe = asyncio.get_running_loop().create_task(self._rest_if_away())

    async def _rest_if_away(self) -> None:
        """Names that fail prove nothing: who sends letters chooses which are asked for, and whose servers answer."""
        self._failures = 0
        try:
            await self._uncached.resolve(".", "NS", search=False)
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            return
        except (dns.exception.DNSException, OSError):
            self._resting_until = time.monotonic() + REST_SECONDS


def _resolver(servers: Sequence[str], port: int, seconds: float) -> dns.asyncresolver.Resolver:
    made = dns.asyncresolver.Resolver(configure=not servers)
    if servers:
        made.nameservers = list(servers)
        made.port = port
    made.lifetime = seconds
    return made


_READ: dict[str, Callable[[Any], Any]] = {
    "A": lambda record: str(record.address),
    "AAAA": lambda record: str(record.address),
    "CNAME": lambda record: str(record.target).rstrip("."),
    "PTR": lambda record: str(record.target).rstrip("."),
    "MX": lambda record: (int(record.preference), str(record.exchange).rstrip(".")),
    "SRV": lambda record: (record.priority, record.weight, record.port, str(record.target).rstrip(".")),
    "TLSA": lambda record: (int(record.usage), int(record.selector), int(record.mtype), bytes(record.cert)),
    "TXT": lambda record: tuple(record.strings),
}
