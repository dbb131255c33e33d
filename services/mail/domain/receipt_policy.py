"""Whether receipts are sent, inside the administration and outside it: what units let accounts do, and these want.

What a unit was given holds for each account in it and below it; the nearest to the account counts, inside and outside
each by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from chassis.errors import InvalidInput


class Manner(IntEnum):
    """What becomes of a receipt that is asked for; a higher one lets more out."""

    NEVER = 1
    # The reader says so, of each letter.
    ASK = 2
    # By itself when the reader marks the letter as read, where nothing speaks against it.
    ALWAYS = 3


@dataclass(frozen=True, slots=True)
class Given:
    """What a unit was given, or an account wants; None: as it is above."""

    inside: Manner | None = None
    outside: Manner | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """What holds for letters from inside the administration, and for those from outside it."""

    inside: Manner
    outside: Manner


# Colleagues may know when who wants them to was asked; to others a receipt says that an address is read, and when.
USUAL = Manners(Manner.ASK, Manner.NEVER)


def manners(nearest_first: Iterable[Given]) -> Manners:
    """What units let their accounts do."""
    inside = outside = None
    for each in nearest_first:
        inside, outside = inside or each.inside, outside or each.outside
    return Manners(inside or USUAL.inside, outside or USUAL.outside)


def narrowed(let: Manners, wanted: Given) -> Manners:
    """What holds for an account: what it wants, and never more than its units let it."""
    return Manners(min(let.inside, wanted.inside or let.inside), min(let.outside, wanted.outside or let.outside))


def refuse_more(let: Manners, wanted: Given) -> None:
    """Raises `InvalidInput` where an account wants more than its units let it do."""
    wrong = {
        name: f"the unit lets no more than {most.name.lower()}"
        for name, wish, most in (
            ("settings.inside", wanted.inside, let.inside),
            ("settings.outside", wanted.outside, let.outside),
        )
        if wish is not None and wish > most
    }
    if wrong:
        raise InvalidInput("More than the unit lets its accounts do", fields=wrong)
