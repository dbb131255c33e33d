"""Former servers are asked whom they take, before a letter to whom nobody has here is accepted (ADR 48)."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from time import monotonic

import structlog

from chassis.errors import Unavailable
from chassis.ids import new_id
from services.mail.domain.queue import Fate, domain_of
from services.mail.relay.former import FormerServer
from services.mail.relay.starttls import NotReached
from services.mail.relay.transmit import Timeouts, Transmitter

log = structlog.get_logger(__name__)
# How long an answer is believed, in seconds. Who was just made there is not refused for long.
TAKEN_SECONDS, UNKNOWN_SECONDS, FAILED_SECONDS = 1800.0, 300.0, 30.0
REMEMBERED = 50_000
# So often each is asked for somebody whom nobody can be.
DOUBTED_SECONDS = 3600.0
# Questions to one server at a time, and how many seconds the asker waits at the most: RFC 5321 §4.5.3.2.3 gives our
# client five minutes for RCPT.
AT_ONCE, ANSWER_SECONDS = 4, 30.0
ASKING = Timeouts(connect=10, command=20)


class Callout:
    """Asks former servers by RCPT whom they take. Each process asks for itself and remembers."""

    def __init__(
        self,
        formers: Sequence[FormerServer],
        transmitter: Transmitter,
        *,
        clock: Callable[[], float] = monotonic,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._formers = {each.domain: each for each in formers}
        self._transmitter = transmitter
        self._clock = clock
        self._seconds = seconds
        self._slots = {each.domain: asyncio.Semaphore(AT_ONCE) for each in formers}
        # Until when what is believed of each address; None: it could not be said.
        self._known: OrderedDict[str, tuple[float, bool | None]] = OrderedDict()
        # Until when each is not asked for somebody whom nobody can be.
        self._doubted: dict[str, float] = {}
        # Until when each domain's server is left alone.
        self._resting: dict[str, float] = {}

    def serves(self, address: str) -> bool:
        """Whether the domain of an address is on its way here."""
        return domain_of(address) in self._formers

    def sends(self, address: str, peer: str) -> bool:
        """Whether `peer` is where the former server of an address sends from."""
        former = self._formers.get(domain_of(address))
        return former is not None and former.sends(peer)

    async def takes(self, address: str) -> bool:
        """Whether the former server of an address takes letters to it. Raises `Unavailable` when it does not say."""
        if not address.isascii():
            return False
        domain = domain_of(address)
        try:
            # Also while others are in front: a server that is slow holds up nobody beyond that.
            async with asyncio.timeout(self._seconds):
                return await self._answer(domain, address)
        except TimeoutError:
            self._rest(domain, "it does not answer in time")
            raise Unavailable(f"the former server of {domain} does not answer") from None

    async def _answer(self, domain: str, address: str) -> bool:
        if (known := self._remembered(domain, address)) is not None:
            return known
        async with self._slots[domain]:
            # Meanwhile somebody may have asked the same.
            if (known := self._remembered(domain, address)) is not None:
                return known
            return await self._ask(domain, address)

    async def _ask(self, domain: str, address: str) -> bool:
        try:
            outcome = await self._transmitter.ask(self._formers[domain].server, address)
        except NotReached as error:
            self._rest(domain, str(error))
            raise Unavailable(f"the former server of {domain} is away") from error
        if outcome.fate is Fate.DELIVERED:
            await self._doubt(domain)
            return self._remember(address, True, TAKEN_SECONDS)
        # What is refused by its policy (RFC 3463 §3.8) says nothing of whether the address is there.
        if outcome.fate is Fate.FAILED and not outcome.status.startswith("5.7."):
            return self._remember(address, False, UNKNOWN_SECONDS)
        log.warning("former_server_does_not_say", domain=domain, status=outcome.status, diagnostic=outcome.diagnostic)
        self._remember(address, None, FAILED_SECONDS)
        raise Unavailable(f"the former server of {domain} does not say")

    async def _doubt(self, domain: str) -> None:
        """A server that takes anybody makes us take what it refuses later: whoever runs it has to hear of that."""
        now = self._clock()
        if self._doubted.get(domain, 0.0) > now:
            return
        self._doubted[domain] = now + DOUBTED_SECONDS
        try:
            outcome = await self._transmitter.ask(self._formers[domain].server, f"{new_id().lower()}@{domain}")
        except NotReached:
            return
        if outcome.fate is Fate.DELIVERED:
            log.error("former_server_takes_anybody", domain=domain)

    def _remembered(self, domain: str, address: str) -> bool | None:
        """None when it has to be asked. Raises `Unavailable` while it is left alone."""
        now = self._clock()
        until, answer = self._known.get(address, (0.0, None))
        if until > now and answer is not None:
            return answer
        if until > now or self._resting.get(domain, 0.0) > now:
            raise Unavailable(f"the former server of {domain} is left alone for a while")
        return None

    def _remember(self, address: str, answer: bool | None, seconds: float) -> bool:
        self._known[address] = (self._clock() + seconds, answer)
        self._known.move_to_end(address)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return bool(answer)

    def _rest(self, domain: str, why: str) -> None:
        log.warning("former_server_away", domain=domain, error=why)
        self._resting[domain] = self._clock() + FAILED_SECONDS
