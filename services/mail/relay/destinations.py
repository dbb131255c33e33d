"""How much each destination takes at a time, learnt from what it answers.

One that says 421 is sent less at a time; one that cannot be reached is left alone for a while, in which its letters
wait without a connection each. What is known is this process's own: another relay learns it by one try.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.mail.domain.queue import Outcome

FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(minutes=15)
# No server answered, DNS did not, or none could prove itself: the next letter would hear the same.
_AWAY = frozenset(("4.4.1", "4.4.3", "4.7.5"))
# "Service not available, closing transmission channel" (RFC 5321 §4.2.3).
_BUSY = "421 "
# Destinations of which something is remembered while nothing goes to them.
REMEMBERED = 10_000


@dataclass(slots=True)
class _Destination:
    limit: int
    working: int = 0
    failures: int = 0
    rests_until: datetime | None = None
    last: Outcome | None = None


class Destinations:
    """Of one relay. `most` is how many letters a destination is sent at a time at the most."""

    def __init__(self, most: int, now: Callable[[], datetime]) -> None:
        self._most = most
        self._now = now
        self._known: dict[str, _Destination] = {}

    @property
    def full(self) -> list[str]:
        """Those that are sent nothing more for now."""
        return [domain for domain, each in self._known.items() if each.working >= each.limit]

    def has_room(self, domain: str) -> bool:
        known = self._known.get(domain)
        return known is None or known.working < known.limit

    def begun(self, domain: str) -> None:
        if domain not in self._known:
            self._forget()
            self._known[domain] = _Destination(self._most)
        self._known[domain].working += 1

    def ended(self, domain: str) -> None:
        self._known[domain].working -= 1

    def resting(self, domain: str) -> Outcome | None:
        """What a destination that is left alone said last; None when it may be tried."""
        known = self._known.get(domain)
        if known is None or known.rests_until is None or known.rests_until <= self._now():
            return None
        return known.last

    def learn(self, domain: str, outcomes: Iterable[Outcome]) -> None:
        """What a try brought; between `begun` and `ended`."""
        known, found = self._known[domain], list(outcomes)
        if busy := [each for each in found if each.diagnostic.startswith(_BUSY)]:
            if known.working > 1:
                known.limit = max(1, min(known.limit, known.working) // 2)
            else:
                self._rest(known, busy[-1])
        elif found and all(each.status in _AWAY for each in found):
            self._rest(known, found[-1])
        elif found:
            known.failures, known.rests_until, known.last = 0, None, None
            known.limit = min(self._most, known.limit + 1)

    def _rest(self, known: _Destination, last: Outcome) -> None:
        # Those that went at the same time find out at the same time: that is one failure.
        if known.rests_until is None or known.rests_until <= self._now():
            known.failures += 1
            longest = FIRST_REST * 2 ** min(known.failures - 1, 10)
            known.rests_until = self._now() + min(longest, LONGEST_REST)
        # After the rest one letter finds out for all.
        known.limit, known.last = 1, last

    def _forget(self) -> None:
        if len(self._known) >= REMEMBERED:
            self._known = {domain: each for domain, each in self._known.items() if each.working}
