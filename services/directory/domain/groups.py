"""Groups of accounts: listed one by one, made of other groups, or by a rule on unit, grade and place."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.errors import InvalidInput, PreconditionFailed
from services.directory.domain import text
from services.directory.domain.accounts import PERSON, Account
from services.directory.domain.addresses import normalised

# A larger group goes by rule.
MAX_MEMBERS = 5_000
MAX_NESTED = 50
# Groups that a membership is spread over, and how deep, all levels counted.
MAX_SPREAD = 100
MAX_DEPTH = 6
MAX_DESCRIPTION = 1_000
MAX_EXTERNAL_ID = 200
MAX_WRITERS = 50
# Who may write to the address of a group.
MEMBERS, UNIT, PLATFORM, NAMED = "members", "unit", "platform", "named"
WRITERS = (MEMBERS, UNIT, PLATFORM, NAMED)


@dataclass(frozen=True)
class Rule:
    """Persons who stand in or below a unit (empty: anywhere), of a grade and at a place (empty: any); or all staff."""

    unit_id: str = ""
    grade: str = ""
    place: str = ""
    everybody: bool = False

    def holds(self, account: Account) -> bool:
        """Whether an account fits, by how people read: case and accents do not matter."""
        if account.kind != PERSON or (self.unit_id and self.unit_id not in account.unit_path):
            return False
        return self.fits(account.profile.grade, account.profile.place)

    def fits(self, grade: str, place: str) -> bool:
        """Whether somebody of a grade at a place fits, wherever in the unit."""
        wanted = ((self.grade, grade), (self.place, place))
        return all(not asked or text.sorting_key(asked) == text.sorting_key(has) for asked, has in wanted)

    def tidy(self) -> "Rule":
        """The rule as it is kept. Raises `InvalidInput` for one that everybody would fit and does not say so."""
        grade, place = text.optional(self.grade, "rule.grade"), text.optional(self.place, "rule.place")
        if self.everybody and (self.unit_id or grade or place):
            raise InvalidInput("Everybody is of every unit, grade and place", fields={"rule": "everybody"})
        if not (self.everybody or self.unit_id or grade or place):
            raise InvalidInput("A rule names a unit, a grade or a place", fields={"rule": "empty"})
        return replace(self, grade=grade, place=place)


@dataclass(frozen=True)
class Group:
    """A group of a unit; without a unit it is the whole administration's. It has members or a rule, never both."""

    id: str
    name: str
    created_at: datetime
    changed_at: datetime
    unit_id: str = ""
    description: str = ""
    # What a provisioning client calls it (RFC 7643 §3.1).
    external_id: str = ""
    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    rule: Rule | None = None
    # What is written there its members get.
    address: str = ""
    writers: str = MEMBERS
    writer_ids: tuple[str, ...] = ()
    version: int = 1

    @property
    def everybody(self) -> bool:
        return self.rule is not None and self.rule.everybody

    @property
    def sorting_key(self) -> str:
        return text.sorting_key(self.name)

    @property
    def position(self) -> str:
        """Where it stands in a list by name."""
        return f"{self.sorting_key}\0{self.id}"

    def described(self, name: str, description: str, external_id: str) -> "Group":
        tidy = description.strip()
        if len(tidy) > MAX_DESCRIPTION or any(ord(c) < 32 and c not in "\n\t" for c in tidy):
            raise InvalidInput("A description has at most 1,000 characters", fields={"description": "too long"})
        if len(external_id) > MAX_EXTERNAL_ID or not external_id.isprintable():
            raise InvalidInput("An external id has at most 200 characters", fields={"external_id": "too long"})
        return replace(self, name=text.name(name, "name"), description=tidy, external_id=external_id)

    def written_to(self, address: str, writers: str, writer_ids: Iterable[str]) -> "Group":
        """The group with an address (empty: with none), and who may write to it. Raises `InvalidInput`."""
        if (writers or MEMBERS) not in WRITERS:
            raise InvalidInput(f"One of {', '.join(WRITERS)}", fields={"writers": writers[:40]})
        named = tuple(sorted(set(writer_ids)))
        if len(named) > MAX_WRITERS:
            raise InvalidInput(f"At most {MAX_WRITERS} writers are named", fields={"writer_ids": "too many"})
        proper = normalised(address) if address else ""
        if proper and self.rule is not None and self.rule.everybody and writers != NAMED:
            raise InvalidInput("Who may write to everybody is named", fields={"writers": writers or MEMBERS})
        return replace(self, address=proper, writers=writers or MEMBERS, writer_ids=named)

    def with_rule(self, rule: Rule | None) -> "Group":
        if rule is not None and (self.accounts or self.groups):
            raise InvalidInput("A group goes by rule or by members", fields={"rule": "it has members"})
        return replace(self, rule=rule)

    def with_members(self, accounts: Iterable[str], groups: Iterable[str]) -> "Group":
        """The group with exactly these members. Raises `InvalidInput`."""
        each, nested = tuple(sorted(set(accounts))), tuple(sorted(set(groups)))
        if self.rule is not None and (each or nested):
            raise InvalidInput("The members of this group follow from its rule", fields={"members": "by rule"})
        if len(each) > MAX_MEMBERS:
            raise InvalidInput(f"A group has at most {MAX_MEMBERS} members", fields={"members": "too many"})
        if len(nested) > MAX_NESTED:
            raise InvalidInput(f"A group holds at most {MAX_NESTED} groups", fields={"members": "too many groups"})
        if self.id in nested:
            raise _in_itself()
        return replace(self, accounts=each, groups=nested)

    def refuse_other_version(self, expected: int) -> None:
        """Raise `PreconditionFailed` when the caller knew another version than this; 0 knows none."""
        if expected not in {0, self.version}:
            raise PreconditionFailed("The group has changed meanwhile", fields={"version": str(self.version)})


class Nesting:
    """Which group holds which, for all groups that hold one."""

    def __init__(self, holds: dict[str, tuple[str, ...]]) -> None:
        self._holds = holds

    def spread(self, group_id: str) -> list[str]:
        """The group and all that it holds, level by level, each once; stops at the limit, whatever was written."""
        found = [group_id]
        for each in found:
            found.extend(child for child in dict.fromkeys(self._holds.get(each, ())) if child not in found)
            if len(found) > MAX_SPREAD:
                return found[:MAX_SPREAD]
        return found

    def refuse(self, group_id: str, nested: Collection[str]) -> None:
        """Raise `InvalidInput` when the group cannot hold these: a circle, too deep, or too many altogether."""
        changed = Nesting({**self._holds, group_id: tuple(nested)})
        above = _reachable(changed.holders(), group_id)
        if set(nested) & above:
            raise _in_itself()
        depth = _height(group_id, changed.children) + _height(group_id, changed.holders()) - 1
        if depth > MAX_DEPTH:
            raise InvalidInput(f"Groups are nested at most {MAX_DEPTH} deep", fields={"members": "too deep"})
        for each in above:
            if len(_reachable(changed.children, each)) > MAX_SPREAD:
                wrong = f"A group spreads over at most {MAX_SPREAD} groups"
                raise InvalidInput(wrong, fields={"members": "too many groups"})

    def children(self, group_id: str) -> Sequence[str]:
        return self._holds.get(group_id, ())

    def holders(self) -> Callable[[str], Sequence[str]]:
        """The other way round: who holds a group."""
        held: dict[str, list[str]] = {}
        for holder, children in self._holds.items():
            for child in children:
                held.setdefault(child, []).append(holder)
        return lambda group_id: held.get(group_id, ())


def _reachable(step: Callable[[str], Sequence[str]], start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for each in step(waiting.pop()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def _height(start: str, step: Callable[[str], Sequence[str]]) -> int:
    """Levels on the longest way from `start`; a circle counts as too many."""
    level, height = {start}, 0
    while level and height <= MAX_DEPTH:
        height += 1
        level = {after for each in level for after in step(each)}
    return height


def _in_itself() -> InvalidInput:
    return InvalidInput("A group cannot hold itself, by whatever way", fields={"members": "circle"})
