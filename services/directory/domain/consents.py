"""What a person has agreed that a client may have."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Consent:
    """One person's agreement with one client."""

    account_id: str
    client_id: str
    scopes: tuple[str, ...]
    granted_at: datetime
