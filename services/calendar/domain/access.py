"""Who may do what with somebody else's calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from chassis.errors import Forbidden, NotFound

NO_CALENDAR = "There is no such calendar"
# Stands for every account; what the platform itself gives, and nobody else.
EVERYBODY = "everybody"


class Role(IntEnum):
    """Each has what comes before it."""

    NONE = 0
    # When the owner is busy, not with what.
    FREE_BUSY = 1
    READ = 2
    # Answer invitations in the owner's name.
    ANSWER = 3
    WRITE = 4
    # Share the calendar, and delete it.
    OWN = 5


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody may do; `sees_private` says whether private events are shown or only that there is one."""

    role: Role = Role.NONE
    sees_private: bool = False

    def need(self, role: Role) -> None:
        """What one may not even read is not there. Raises `NotFound`, `Forbidden`."""
        if self.role < Role.FREE_BUSY:
            raise NotFound(NO_CALENDAR)
        if self.role < role:
            raise Forbidden("It is not shared with you for that", fields={"role": role.name.lower()})


OWNER = Access(Role.OWN, sees_private=True)
NOBODY = Access()


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account, or everybody in a unit or of a group (`grantee` is its id), was given."""

    grantee: str
    role: Role
    sees_private: bool = False


def strongest(all_of_them: Iterable[Access]) -> Access:
    """Of several ways to come by a right, the widest; who is shown private events by one sees them."""
    role, sees_private = Role.NONE, False
    for each in all_of_them:
        role, sees_private = max(role, each.role), sees_private or each.sees_private
    return Access(role, sees_private)
