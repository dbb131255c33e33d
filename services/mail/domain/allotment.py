"""What accounts and units were given: how much they may keep, and how many people they may write to.

What a unit was given holds for each account in it and below it; the nearest to the account counts, field by field.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from chassis.errors import InvalidInput
from services.mail.domain.quota import Quota
from services.mail.domain.sending import Allowance

# Each field, and the least and the most that may be given.
FIELDS: Mapping[str, tuple[int, int]] = {
    "octets": (1024**2, 1024**5),
    "messages": (1, 1024**3),
    # Who may write to nobody is still an account that receives.
    "foreign_hour": (0, 10**6),
    "foreign_day": (0, 10**7),
    "all_hour": (0, 10**7),
}


class Holder(Enum):
    """Whom something is given."""

    ACCOUNT = "account"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Allotment:
    """What one account or unit was given: the fields that it was given anything for."""

    holder: Holder
    holder_id: str
    fields: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for an account, and where each field is from; what is not there is from the platform's settings."""

    quota: Quota
    allowance: Allowance
    origins: Mapping[str, tuple[Holder, str]]


def checked(fields: Mapping[str, int]) -> dict[str, int]:
    """Raises `InvalidInput` for what nobody may be given."""
    wrong = {}
    for name, value in fields.items():
        least, most = FIELDS[name]
        if not least <= value <= most:
            wrong[name] = f"must be {least} to {most}"
    if wrong:
        raise InvalidInput("Not what anybody may be given", fields=wrong)
    return dict(fields)


def limits(nearest_first: Iterable[Allotment], quota: Quota, allowance: Allowance) -> Limits:
    """What holds for whoever these were given to; `quota` and `allowance` are the platform's."""
    given: dict[str, int] = {}
    origins: dict[str, tuple[Holder, str]] = {}
    for allotment in nearest_first:
        for name, value in allotment.fields.items():
            if name not in given:
                given[name], origins[name] = value, (allotment.holder, allotment.holder_id)
    return Limits(
        Quota(given.get("octets", quota.octets), given.get("messages", quota.messages), quota.warned_at),
        Allowance(
            given.get("foreign_hour", allowance.foreign_hour),
            given.get("foreign_day", allowance.foreign_day),
            given.get("all_hour", allowance.all_hour),
        ),
        origins,
    )
