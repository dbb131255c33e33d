"""Greylisting: who comes for the first time is asked to come again, which senders of spam seldom do (RFC 6647)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.networks import network

# Who comes again sooner has not queued the letter.
RETRY_AFTER = timedelta(minutes=5)
RETRY_WITHIN = timedelta(days=2)
# Who came again is known for so long, each time anew.
KNOWN_FOR = timedelta(days=36)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a triple, or of a proven domain. `passed`: it came again in time."""

    first_at: datetime
    passed: bool

    def passes(self, now: datetime) -> bool:
        return self.passed or RETRY_AFTER <= now - self.first_at <= RETRY_WITHIN


def triple(peer: str, sender: str, recipient: str) -> str:
    """The name of network, sender and recipient: large senders come again from a neighbour of the first server."""
    return _name(network(peer, ipv4=24), sender.lower(), recipient.lower())


def domain(name: str) -> str:
    """The name of a domain that SPF or DKIM proves."""
    return _name("domain", name.lower())


def _name(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
