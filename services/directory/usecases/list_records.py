"""Search the audit log, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.errors import InvalidInput
from services.directory.domain.audit import Record, looked_for
from services.directory.store.audit import Entry
from services.directory.usecases.auditing import audited_unit, auditor
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import page_size, resume_after, token_after

# Of one call: records that are read and left out. Who asks goes on from there.
MOST_READ = 5_000
# An act that is told later than this is found by other means than its time.
TOLD_WITHIN = timedelta(days=1)


@dataclass(frozen=True)
class Search:
    """What is looked for; empty and None leave a part open."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    target: str = ""
    act: str = ""
    unit_id: str = ""

    @property
    def by(self) -> dict[str, str]:
        """The part that the database is asked by: the rarest there is."""
        if self.target:
            return {"targets": looked_for(self.target) if "@" in self.target else self.target}
        if self.actor:
            return {"actors": looked_for(self.actor) if "@" in self.actor else self.actor}
        if self.act:
            return {"act": self.act}
        return {"units": self.unit_id} if self.unit_id else {}

    def finds(self, record: Record) -> bool:
        return (
            (self.since is None or record.time >= self.since)
            and (self.until is None or record.time < self.until)
            and _named(self.actor, record.actor_id, record.actor)
            and _named(self.target, record.target_id, record.target)
            and self.act in {"", record.act}
            and (not self.unit_id or self.unit_id in record.unit_path)
        )


def _named(wanted: str, id_: str, name: str) -> bool:
    return not wanted or wanted == id_ or looked_for(wanted) == looked_for(name)


async def list_records(directory: Directory, search: Search, size: int, token: str) -> tuple[list[Entry], str]:
    """A page and the token of the next. Raises `InvalidInput`, `Forbidden`, `NotFound` (the unit)."""
    asking, units = await auditor(directory)
    if search.unit_id:
        await audited_unit(directory, asking, search.unit_id)
    count = page_size(size)
    floor, below = await _bounds(directory, search, token)
    found: list[Entry] = []
    read = 0
    while below > floor and len(found) < count and read < MOST_READ:
        entries, below = await _next(directory, search.by, units, floor, below, count)
        read += len(entries)
        for entry in entries:
            if entry.record.concerns(units) and search.finds(entry.record):
                found.append(entry)
                if len(found) == count:
                    below = entry.link.sequence
                    break
    return found, token_after("records", _spelled(search), str(below)) if below > floor else ""


async def _bounds(directory: Directory, search: Search, token: str) -> tuple[int, int]:
    floor = await directory.audit.first_kept_at(search.since) if search.since is not None else 1
    after = resume_after(token, "records", _spelled(search))
    if after:
        if not after.isdecimal() or len(after) > 18:
            raise InvalidInput("Not a token of this list", fields={"page_token": "foreign"})
        return floor, int(after)
    if search.until is not None:
        return floor, await directory.audit.first_kept_at(search.until + TOLD_WITHIN)
    head = await directory.audit.head()
    return floor, head.sequence + 1 if head else floor


async def _next(
    directory: Directory, by: Mapping[str, str], units: Sequence[str] | None, floor: int, below: int, count: int
) -> tuple[list[Entry], int]:
    """Newest records below a place, and below what to go on; of an auditor's own units one by one."""
    if by or units is None:
        return await directory.audit.newest(by, floor, below, count)
    each: dict[int, Entry] = {}
    reached = floor
    for unit in units:
        entries, low = await directory.audit.newest({"units": unit}, floor, below, count)
        each |= {entry.link.sequence: entry for entry in entries}
        reached = max(reached, low)
    # Below the place that one unit's answer stopped at, the others' are not all there is.
    return [each[sequence] for sequence in sorted(each, reverse=True) if sequence >= reached], reached


def _spelled(search: Search) -> str:
    return "\0".join(str(part or "") for part in vars(search).values())
