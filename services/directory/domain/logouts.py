"""A client that is told that somebody logged out (OpenID Connect Back-Channel Logout 1.0), until it has heard."""

from dataclasses import dataclass
from datetime import datetime, timedelta

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_LIFETIME = timedelta(minutes=2)
# After each try that failed; then it is given up: the client's tokens have ended whether it heard or not.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 600, 3600))
# While one process tries, no other does.
CLAIMED = timedelta(seconds=60)


@dataclass(frozen=True)
class Logout:
    """`session_id` is the login that ended, which the client knows as `sid`."""

    client_id: str
    account_id: str
    session_id: str
    due_at: datetime
    tries: int = 0

    def next_due(self, now: datetime) -> datetime | None:
        """When to try again after a failure; None when that was the last time."""
        return now + PAUSES[self.tries] if self.tries < len(PAUSES) else None
