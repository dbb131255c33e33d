"""Who acts for somebody in all of their calendars: a secretary's office runs a director's agenda."""

from dataclasses import dataclass
from datetime import datetime

from chassis.errors import InvalidInput
from services.calendar.domain.access import Access, Role

MAX_DELEGATES = 50
ROLES = (Role.READ, Role.ANSWER, Role.WRITE)


@dataclass(frozen=True)
class Delegation:
    owner: str
    delegate: str
    role: Role
    sees_private: bool
    created_at: datetime
    # Grows with each change of it.
    version: int = 1

    @property
    def id(self) -> str:
        return id_of(self.owner, self.delegate)

    @property
    def access(self) -> Access:
        return Access(self.role, self.sees_private)


def id_of(owner: str, delegate: str) -> str:
    return f"{owner}.{delegate}"


def role_given(role: Role) -> Role:
    """Nobody owns what is another's. Raises `InvalidInput`."""
    if role not in ROLES:
        raise InvalidInput("Not a role of a delegate", fields={"role": "read, answer or write"})
    return role
