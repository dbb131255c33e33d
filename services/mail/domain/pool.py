"""Room that all accounts in a unit share, whatever each of them may keep by itself.

An account borrows from it in blocks, so that what comes for a ministry meets in one document only now and then: what it
keeps is within what it borrowed, and what all borrowed is within the pool.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

LEAST, MOST = 1024**2, 1024**6
# A block, by the size of the pool: what accounts borrowed and do not use must come to little.
SMALLEST, LARGEST, BLOCKS = 64 * 1024, 16 * 1024**2, 16 * 1024
# At so many hundredths its unit's administrators are told.
TOLD_AT = (80, 95, 100)
# So far below what was told the next time is news again.
RELIEF = 5
# How often accounts give back what they do not use; and how often near the end, when somebody else may need it.
SELDOM, OFTEN, SOON = timedelta(hours=1), timedelta(minutes=5), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pool:
    """What the accounts of a unit share."""

    unit_id: str
    # How much there is; none: by now it is no pool, and nobody borrows from it any more.
    octets: int | None
    # What its accounts borrowed.
    lent: int = 0
    name: str = ""
    unit_path: tuple[str, ...] = ()
    # What was kept before there was a pool is still being counted.
    counting: bool = False
    # The hundredths that were told last.
    told: int = 0
    full_since: datetime | None = None

    @property
    def free(self) -> int:
        """Less than none where it was made smaller than what is kept already."""
        return (self.octets or 0) - self.lent

    @property
    def block(self) -> int:
        return min(max((self.octets or 0) // BLOCKS, SMALLEST), LARGEST)

    @property
    def near(self) -> bool:
        return self.octets is not None and self.lent * 100 >= self.octets * TOLD_AT[0]

    @property
    def level(self) -> int:
        """Of `TOLD_AT` what it has come to: 100 when less than a block is free."""
        if self.octets is None:
            return 0
        if self.free < self.block:
            return 100
        reached = [each for each in TOLD_AT if each < 100 and self.lent * 100 >= self.octets * each]
        return max(reached, default=0)

    @property
    def relieved(self) -> bool:
        """Whether so much was given back that what was told last is no longer so."""
        return self.octets is None or self.lent * 100 <= self.octets * (self.told - RELIEF)


def borrowed(pools: list[Pool], lent: int, wanted: int) -> int | None:
    """How much an account that borrowed `lent` octets borrows more so as to keep `wanted`: up to the end of a block
    where there is as much, else just that; None when there is not."""
    free = min((each.free for each in pools), default=wanted)
    block = min((each.block for each in pools), default=1)
    whole = -(-wanted // block) * block - lent
    if whole <= free:
        return whole
    return wanted - lent if wanted - lent <= free else None
