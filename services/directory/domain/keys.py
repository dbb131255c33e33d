"""The keys that sign tokens, one of a kind a period: published before it signs, kept until its tokens expire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.directory.domain.sessions import ACCESS_LIFETIME, LONGEST_LIFETIME

# Verifiers fetch keys again on one they do not know; an hour ahead means that they seldom have to.
PUBLISHED_AHEAD = timedelta(hours=1)
KEPT_AFTER = ACCESS_LIFETIME + timedelta(minutes=15)
# A client shows the ID token of a login to end it, long after the token has expired: it is recognised as long as the
# login can live.
HINTS_KEPT = LONGEST_LIFETIME


@dataclass(frozen=True)
class SigningKey:
    """A key pair: `x` is the public half (base64url; of Ed25519 the point, of RSA the modulus), `sealed` the other."""

    kid: str
    period: int
    x: str
    sealed: str
    created_at: datetime
    # Since when it has neither signed nor been published; its public half alone is left.
    retired_at: datetime | None = None


@dataclass(frozen=True)
class Schedule:
    """Which key signs when; `length` is how long one does."""

    length: timedelta

    def period(self, now: datetime) -> int:
        return int(now.timestamp() // self.length.total_seconds())

    def starts(self, period: int) -> datetime:
        return datetime.fromtimestamp(period * self.length.total_seconds(), tz=UTC)

    def due(self, now: datetime) -> int:
        """The latest period that has to have a key by now."""
        return self.period(now + PUBLISHED_AHEAD)

    def signing(self, keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
        """The newest key whose period has begun; any key is better than none."""
        begun = [key for key in keys if key.period <= self.period(now)]
        return max(begun or keys, key=lambda key: key.period, default=None)

    def expired(self, keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
        """Keys whose last token has expired: a newer one has been signing for long enough."""
        living = [key for key in keys if key.retired_at is None]
        return [key for key in living if any(self._replaced(key, newer, now) for newer in living)]

    def forgotten(self, keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
        """Keys that retired so long ago that no login of their time lives."""
        return [key for key in keys if key.retired_at is not None and key.retired_at + HINTS_KEPT <= now]

    def _replaced(self, key: SigningKey, newer: SigningKey, now: datetime) -> bool:
        signs_from = max(self.starts(newer.period), newer.created_at)
        return newer.period > key.period and signs_from + KEPT_AFTER <= now
