"""Passwords of programs: one for each protocol and device, made by us, shown once, revoked on their own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.errors import InvalidInput
from services.directory.domain import text

ALL = "all"
PROTOCOLS = ("imap", "submission", "sieve", "dav", "ldap", ALL)
MOST = 50
# How long a revoked one is told to whoever may still be connected with it: longer than any connection lasts.
TOLD = timedelta(days=30)
# How exactly its last use is kept: a write for each login of each telephone would cost more than it tells.
USED_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class AppPassword:
    """One of an account; `proof` is all that is kept of the secret."""

    id: str
    account_id: str
    protocol: str
    label: str
    proof: str
    created_at: datetime
    last_used_at: datetime | None = None
    last_used_from: str = ""
    ended_at: datetime | None = None

    def opens(self, protocol: str) -> bool:
        return self.ended_at is None and self.protocol in {ALL, protocol}

    def worth_noting(self, now: datetime, remote: str) -> bool:
        """Whether this use says something new of where and when it was used last."""
        return self.last_used_at is None or now - self.last_used_at >= USED_AGAIN or remote != self.last_used_from


def protocol_of(given: str) -> str:
    """Raises `InvalidInput`."""
    if given not in PROTOCOLS:
        raise InvalidInput("Not a protocol", fields={"protocol": ", ".join(PROTOCOLS)})
    return given


def label_of(given: str) -> str:
    """How its owner calls the device. Raises `InvalidInput`."""
    tidy = text.name(given, "label")
    if len(tidy) > 100:
        raise InvalidInput("A label has at most 100 characters", fields={"label": "too long"})
    return tidy
