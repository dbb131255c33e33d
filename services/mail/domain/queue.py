"""What waits to leave for other domains: an entry per message and destination domain, its tries and its end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from services.mail.domain.authentication.found import Found
from services.mail.domain.dsn import NO_WISH, Wish

# RFC 5321 §4.5.4.1: soon at first, then at least 30 minutes apart, for 4 to 5 days.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240))
GIVE_UP_AFTER = timedelta(days=5)
TELL_DELAY_AFTER = timedelta(hours=4)
# When what an operator holds is due.
HELD_UNTIL = datetime(9999, 1, 1, tzinfo=UTC)
# Whose entries reports of TLS are: no account.
REPORTER = "tls-reports"
# Whose entries letters are that go on to a former server and whose sender is told what becomes of them: no account.
PASSING = "passing"
# Recipients of one entry; more become further entries.
MAX_RECIPIENTS = 100

_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


class Fate(Enum):
    """What became of a recipient at a try."""

    DELIVERED = "delivered"
    # Taken by a server that tells nobody what comes of it, while the sender asked to be told (RFC 3461 §5.2.2).
    RELAYED = "relayed"
    # Another try may help.
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try brought for a recipient. `status` as RFC 3463; `host` is who said so, if anybody did."""

    fate: Fate
    status: str
    diagnostic: str
    host: str = ""


def outcome_of_reply(code: int, text: str, host: str) -> Outcome:
    """A server's reply as an outcome: 2xx, 4xx, 5xx; the enhanced status is taken from the text where there is one."""
    fate = Fate.DELIVERED if 200 <= code < 300 else Fate.FAILED if 500 <= code < 600 else Fate.DEFERRED
    flat = " ".join(text.split())[:500]
    found = _STATUS.match(flat)
    kind = {Fate.DELIVERED: "2", Fate.FAILED: "5", Fate.DEFERRED: "4"}[fate]
    status = found[1] if found and found[1][0] == kind else f"{kind}.0.0"
    return Outcome(fate, status, f"{code} {flat}", host)


def deferred(status: str, diagnostic: str, host: str = "") -> Outcome:
    return Outcome(Fate.DEFERRED, status, diagnostic[:500], host)


def failed(status: str, diagnostic: str, host: str = "") -> Outcome:
    return Outcome(Fate.FAILED, status, diagnostic[:500], host)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A recipient that is not done with. `last` is what the last try brought; once it is `FAILED` or `RELAYED`, only
    the sender has to be told."""

    address: str
    last: Outcome | None = None
    wish: Wish = NO_WISH

    @property
    def failed(self) -> bool:
        return self.last is not None and self.last.fate is Fate.FAILED

    @property
    def relayed(self) -> bool:
        return self.last is not None and self.last.fate is Fate.RELAYED


@dataclass(frozen=True, slots=True)
class Held:
    """An operator keeps it from leaving. `by` is the operator's account."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A message on its way to one domain. `sender` is empty for what must never bounce; `due` the claim or next try."""

    id: str
    owner: str
    submission_id: str
    sender: str
    domain: str
    recipients: tuple[Waiting, ...]
    blob: str
    size: int
    accepted_at: datetime
    due: datetime
    attempts: int = 0
    tried_at: datetime | None = None
    delay_told: bool = False
    # As its sender asked for it (RFC 3461 §4.3, §4.4).
    ret: str = ""
    envid: str = ""
    # Its header is UTF-8, which only servers may get that know it (RFC 6531).
    utf8: bool = False
    # An operator wants it tried, even where the destination is left alone for a while.
    urgent: bool = False
    held: Held | None = None
    # From outside, on its way to a former server: nobody here wrote it, and none of our domains signs it.
    passed: bool = False
    # From outside, on its way on: what was looked at is sealed with what was found of it, and signed by none of ours as
    # its author.
    found: Found | None = None

    @property
    def whatever_tls(self) -> bool:
        """A report of what is wrong with TLS at its destination goes there all the same (RFC 8460 §3)."""
        return self.owner == REPORTER

    @property
    def open(self) -> tuple[Waiting, ...]:
        """Who has to be tried."""
        return tuple(waiting for waiting in self.recipients if not waiting.failed and not waiting.relayed)

    @property
    def failed(self) -> tuple[Waiting, ...]:
        """Whose failure the sender has to be told."""
        return tuple(waiting for waiting in self.recipients if waiting.failed)

    @property
    def relayed(self) -> tuple[Waiting, ...]:
        """Of whom the sender has to be told that a server took it that tells nothing more."""
        return tuple(waiting for waiting in self.recipients if waiting.relayed)

    def after_try(self, outcomes: Sequence[tuple[str, Outcome]], now: datetime) -> "Entry":
        """The entry after a try: the delivered are gone; who was deferred too long has failed."""
        last = dict(outcomes)
        kept = []
        for waiting in self.recipients:
            outcome = last.get(waiting.address, waiting.last)
            if outcome is not None and outcome.fate is Fate.DELIVERED:
                continue
            if outcome is not None and outcome.fate is Fate.RELAYED and not waiting.wish.of_success:
                continue
            if outcome is not None and outcome.fate is Fate.DEFERRED and now - self.accepted_at >= GIVE_UP_AFTER:
                outcome = Outcome(Fate.FAILED, "5.4.7", f"Given up after 5 days: {outcome.diagnostic}", outcome.host)
            kept.append(replace(waiting, last=outcome))
        return replace(self, recipients=tuple(kept), attempts=self.attempts + 1, tried_at=now, urgent=False)

    @property
    def next_try(self) -> datetime:
        """When who is left is tried again."""
        if self.tried_at is None:
            return self.accepted_at
        return self.tried_at + PAUSES[min(self.attempts, len(PAUSES)) - 1]

    def told(self) -> "Entry":
        """The entry after its sender heard of who is not tried any more."""
        return replace(self, recipients=self.open)

    def delay_is_news(self, now: datetime) -> bool:
        """Whether the sender should hear now that it takes long."""
        late = now - self.accepted_at >= TELL_DELAY_AFTER
        return late and not self.delay_told and any(waiting.wish.of_delay for waiting in self.open)


def moment(at: datetime) -> datetime:
    """A time as the database keeps it: whole milliseconds."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()
