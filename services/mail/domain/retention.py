"""How long mail is kept: what was deleted can be had back for a time, what is old is removed, and what has to be kept
is kept meanwhile.

What a unit was given holds for each account in it and below it; the nearest to the account counts, field by field. Of
what has to be kept at least the longest counts, so that nobody takes back what was asked from above.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.errors import InvalidInput
from services.mail.domain.allotment import Holder
from services.mail.domain.mailbox import SpecialUse

# Each field, all in days, and the least and the most that may be given.
FIELDS: Mapping[str, tuple[int, int]] = {
    "deleted_days": (1, 3650),
    "minimum_days": (0, 36500),
    "trash_days": (0, 3650),
    "junk_days": (0, 3650),
    "all_days": (0, 36500),
}
# Those that remove what is older; 0 removes nothing.
REMOVING = ("trash_days", "junk_days", "all_days")
# All mail goes no sooner: who meant the trash has not lost a week's letters.
LEAST_OF_ALL = 30
_BY_USE = {SpecialUse.TRASH: "trash_days", SpecialUse.JUNK: "junk_days"}


@dataclass(frozen=True, slots=True)
class Given:
    """What one account or unit was given: the fields that it was given anything for."""

    holder: Holder
    holder_id: str
    fields: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Retention:
    """What holds for an account: every field, and where it is from if not from the platform's settings."""

    fields: Mapping[str, int]
    origins: Mapping[str, tuple[Holder, str]]

    @property
    def minimum(self) -> timedelta:
        return timedelta(days=self.fields["minimum_days"])

    def recoverable_until(self, deleted_at: datetime, came_at: datetime) -> datetime:
        """Until when a message can be had back. What claims to have come later than it was deleted came just then."""
        kept = deleted_at + timedelta(days=self.fields["deleted_days"])
        return max(kept, min(came_at, deleted_at) + self.minimum)

    def days_in(self, use: SpecialUse | None, given_to: tuple[Holder, str] | None = None) -> int:
        """So many days after it came into such a mailbox a message is removed, because of what one holder was given if
        it is named; 0 for never."""
        names = [] if use is SpecialUse.DRAFTS else ["all_days", *([_BY_USE[use]] if use in _BY_USE else [])]
        counted = [self.fields[name] for name in names if given_to is None or self.origins.get(name) == given_to]
        return min((days for days in counted if days), default=0)


def checked(fields: Mapping[str, int]) -> dict[str, int]:
    """What may be given. Raises `InvalidInput`."""
    wrong = {
        name: f"must be {FIELDS[name][0]} to {FIELDS[name][1]}"
        for name, value in fields.items()
        if not FIELDS[name][0] <= value <= FIELDS[name][1]
    }
    if 0 < fields.get("all_days", 0) < LEAST_OF_ALL:
        wrong["all_days"] = f"must be 0, or {LEAST_OF_ALL} to {FIELDS['all_days'][1]}"
    if wrong:
        raise InvalidInput("Not how long mail may be kept", fields=wrong)
    return dict(fields)


def removes(fields: Mapping[str, int]) -> bool:
    return any(fields.get(name) for name in REMOVING)


def retention(nearest_first: Iterable[Given], deleted_kept: timedelta) -> Retention:
    """What holds for whoever these were given to; `deleted_kept` is the platform's."""
    fields = {**dict.fromkeys(FIELDS, 0), "deleted_days": deleted_kept.days}
    origins: dict[str, tuple[Holder, str]] = {}
    for given in nearest_first:
        for name, value in given.fields.items():
            if name not in origins or (name == "minimum_days" and value > fields[name]):
                fields[name], origins[name] = value, (given.holder, given.holder_id)
    return Retention(fields, origins)
