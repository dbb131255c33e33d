"""What the law lets a person ask for: a copy of its data, or that it is erased."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

EXPORT, ERASURE = "export", "erasure"
# Services that keep data of persons, and have to answer.
SERVICES = ("directory", "mail", "calendar")
KEPT = timedelta(days=14)


@dataclass(frozen=True)
class PersonalRequest:
    """A request; `answers` has what each service that is done says, in a few words."""

    id: str
    kind: str
    account_id: str
    address: str
    started_by: str
    created_at: datetime
    expires_at: datetime
    answers: Mapping[str, str] = field(default_factory=dict)
    taken: bool = False

    @property
    def waiting_for(self) -> list[str]:
        return [service for service in SERVICES if service not in self.answers]
