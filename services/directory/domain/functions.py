"""Functions: an address belongs to a post of a unit, and passes to whoever holds it next."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.errors import InvalidInput, PreconditionFailed
from services.directory.domain import text
from services.directory.domain.addresses import normalised

MAX_HOLDERS = 20


@dataclass(frozen=True)
class Function:
    """A function; the first of its holders is answerable, all receive what is written to its address."""

    id: str
    address: str
    title: str
    unit_id: str
    created_at: datetime
    changed_at: datetime
    holders: tuple[str, ...] = ()
    # Who stands in while nobody holds it.
    fallback_id: str = ""
    version: int = 1
    # Letters to it stay with it; its holders read them there, and none gets a copy.
    own_mailbox: bool = False

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def standing(self) -> tuple[str, ...]:
        """Who receives now, and may write in its name."""
        if self.holders:
            return self.holders
        return (self.fallback_id,) if self.fallback_id else ()

    def founded(self) -> "Function":
        """With its address and title as they are kept. Raises `InvalidInput`."""
        return replace(self, address=normalised(self.address), title=text.name(self.title, "title"))

    def with_title(self, title: str) -> "Function":
        return replace(self, title=text.name(title, "title"))

    def held_by(self, holders: Iterable[str]) -> "Function":
        each = tuple(dict.fromkeys(holders))
        if len(each) > MAX_HOLDERS:
            raise InvalidInput(f"A function has at most {MAX_HOLDERS} holders", fields={"holder_ids": "too many"})
        return replace(self, holders=each)

    def without(self, account_id: str) -> "Function":
        """As it is once somebody is no more: the next holder answers for it, else the fallback stands in."""
        return replace(
            self,
            holders=tuple(each for each in self.holders if each != account_id),
            fallback_id="" if self.fallback_id == account_id else self.fallback_id,
        )

    def refuse_other_version(self, expected: int) -> None:
        """Raise `PreconditionFailed` when the caller knew another version than this; 0 knows none."""
        if expected not in {0, self.version}:
            raise PreconditionFailed("The function has changed meanwhile", fields={"version": str(self.version)})
