"""How much an account may send: who writes to more people in an hour than any agent does is not its owner."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Allowance:
    """Recipients that an account may write to: of other domains in an hour and in a day, of all in an hour."""

    foreign_hour: int = 300
    foreign_day: int = 1500
    all_hour: int = 5000


@dataclass(frozen=True, slots=True)
class Exceeded:
    """Which allowance is used up, and until when."""

    limit: str
    allowed: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """Recipients that an account has written to in this hour and on this day, each UTC's."""

    hour: datetime
    day: datetime
    foreign_hour: int = 0
    foreign_day: int = 0
    all_hour: int = 0

    @classmethod
    def begun(cls, now: datetime) -> "Tally":
        hour = now.replace(minute=0, second=0, microsecond=0)
        return cls(hour, hour.replace(hour=0))

    def at(self, now: datetime) -> "Tally":
        """What of it still counts."""
        fresh = Tally.begun(now)
        if self.hour == fresh.hour:
            return self
        return Tally(fresh.hour, fresh.day, 0, self.foreign_day if self.day == fresh.day else 0, 0)

    def with_recipients(self, foreign: int, here: int) -> "Tally":
        return Tally(
            self.hour,
            self.day,
            self.foreign_hour + foreign,
            self.foreign_day + foreign,
            self.all_hour + foreign + here,
        )

    def exceeded(self, allowance: Allowance) -> Exceeded | None:
        """The allowance that it is beyond, the one that lasts longest first."""
        next_day, next_hour = self.day + timedelta(days=1), self.hour + timedelta(hours=1)
        for limit, count, allowed, until in (
            ("foreign_day", self.foreign_day, allowance.foreign_day, next_day),
            ("foreign_hour", self.foreign_hour, allowance.foreign_hour, next_hour),
            ("all_hour", self.all_hour, allowance.all_hour, next_hour),
        ):
            if count > allowed:
                return Exceeded(limit, allowed, until)
        return None
