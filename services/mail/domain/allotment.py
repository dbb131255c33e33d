"""What accounts and units were given: how much they may keep, and how many people they may write to.

What a unit was given holds for each account in it and below it; the nearest to the account counts, field by field.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from chassis.errors import InvalidInput
from services.mail.domain.pool import Pool
from services.mail.domain.quota import Quota
from services.mail.domain.sending import Allowance

# Each field, and the least and the most that may be given.
FIELDS: Mapping[str, tuple[int, int]] = {
    "octets": (1024**2, 1024**5),
    "messages": (1, 1024**3),
    # Who may write to nobody is still an account that receives.
    "foreign_recipients_hour": (0, 10**6),
    "foreign_recipients_day": (0, 10**7),
    "recipients_hour": (0, 10**7),
}


# Who administers a unit gives at most so many times what the platform's settings give; the national administrator may
# give more.
TIMES = 10


class Holder(Enum):
    """Whom something is given."""

    ACCOUNT = "account"
    UNIT = "unit"


def units_upwards(path: Sequence[str]) -> list[tuple[Holder, str]]:
    """The units of a path from the root, the nearest first."""
    return [(Holder.UNIT, unit_id) for unit_id in reversed(path)]


@dataclass(frozen=True, slots=True)
class Allotment:
    """What one account or unit was given: the fields that it was given anything for."""

    holder: Holder
    holder_id: str
    fields: Mapping[str, int]
    # What the accounts of a unit share, where it was ever given that.
    pool: Pool | None = None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where an account or a unit stands: what people call it by (an address, a name), and ids of units from the root
    to it. A function that keeps its own mail stands under no unit."""

    name: str
    unit_path: tuple[str, ...] = ()
    of_function: bool = False
    # Who holds the function now.
    holders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for an account, and where each field is from; what is not there is from the platform's settings."""

    quota: Quota
    allowance: Allowance
    origins: Mapping[str, tuple[Holder, str]]
    # What it shares with others, of each unit above it that has such.
    pools: tuple[Pool, ...] = ()

    @property
    def fields(self) -> dict[str, int]:
        return _fields(self.quota, self.allowance)


def _fields(quota: Quota, allowance: Allowance) -> dict[str, int]:
    return {
        "octets": quota.octets,
        "messages": quota.messages,
        "foreign_recipients_hour": allowance.foreign_hour,
        "foreign_recipients_day": allowance.foreign_day,
        "recipients_hour": allowance.all_hour,
    }


def checked(
    fields: Mapping[str, int], most_of: tuple[Quota, Allowance] | None = None, had: Mapping[str, int] | None = None
) -> dict[str, int]:
    """What may be given: of each field no more than `TIMES` what is in `most_of`, if there is one. What a holder `had`
    it may be left, whoever gave it.

    Raises `InvalidInput`.
    """
    usual = _fields(*most_of) if most_of is not None else {}
    wrong = {}
    for name, value in fields.items():
        least, most = FIELDS[name]
        if name in usual and (had or {}).get(name) != value:
            most = min(most, TIMES * usual[name])
        if not least <= value <= most:
            wrong[name] = f"must be {least} to {most}"
    if wrong:
        raise InvalidInput("Not what anybody may be given", fields=wrong)
    return dict(fields)


def limits(nearest_first: Iterable[Allotment], quota: Quota, allowance: Allowance) -> Limits:
    """What holds for whoever these were given to; `quota` and `allowance` are the platform's."""
    given = _fields(quota, allowance)
    origins: dict[str, tuple[Holder, str]] = {}
    pools: list[Pool] = []
    for allotment in nearest_first:
        if allotment.pool is not None and allotment.pool.octets is not None:
            pools.append(allotment.pool)
        for name, value in allotment.fields.items():
            if name not in origins:
                given[name], origins[name] = value, (allotment.holder, allotment.holder_id)
    return Limits(
        Quota(given["octets"], given["messages"], quota.warned_at),
        Allowance(given["foreign_recipients_hour"], given["foreign_recipients_day"], given["recipients_hour"]),
        origins,
        tuple(pools),
    )
