"""A session: what a login opens, what refreshing prolongs, what logging out ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta

ACCESS_LIFETIME = timedelta(minutes=15)
# A session that nobody refreshes for so long is over.
IDLE_LIFETIME = timedelta(days=14)
LONGEST_LIFETIME = timedelta(days=90)
# Of an authentication context (OpenID Connect Core §2, `acr`).
SINGLE_FACTOR, MULTI_FACTOR = "urn:gouv:tg:acr:1", "urn:gouv:tg:acr:2"
# Methods (RFC 8176) that make a login strong: several factors, a one-time code, a passkey.
STRONG = frozenset({"mfa", "otp", "hwk", "swk"})

# Tokens of protocol clients (DAV): of a client that nobody can register, for what such clients reach.
PROTOCOL_CLIENT = "protocol:"
PROTOCOL_SCOPES = ("calendar.write", "directory.write", "drive.write")


@dataclass(frozen=True)
class Session:
    """A session; `generation` counts its refresh tokens, only the newest of which is good."""

    id: str
    account_id: str
    seed: str
    created_at: datetime
    expires_at: datetime
    generation: int = 1
    ended_at: datetime | None = None
    # How its owner proved to be who they are (RFC 8176), and when; a step-up renews both.
    amr: tuple[str, ...] = ("pwd",)
    authenticated_at: datetime | None = None
    # The OpenID client it was opened for, and the scopes it is limited to; no client: the workspace itself.
    client_id: str = ""
    scopes: tuple[str, ...] = ()
    # The login that a client's session ends with; empty for a login, and for a client that acts for itself.
    parent_id: str = ""
    # SHA-256 of the certificate that its tokens are bound to (RFC 8705 §3.1), base64url.
    certificate: str = ""
    # What its owner sees of it among the sessions.
    user_agent: str = ""
    remote: str = ""
    seen_at: datetime | None = None

    @property
    def acr(self) -> str:
        """The strength of the login: with a second factor, or with a password alone."""
        return MULTI_FACTOR if STRONG & set(self.amr) else SINGLE_FACTOR

    def lives(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at


def expiry(created_at: datetime, now: datetime) -> datetime:
    """When a session refreshed now ends by itself."""
    return min(now + IDLE_LIFETIME, created_at + LONGEST_LIFETIME)
