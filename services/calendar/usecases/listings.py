"""What cursors say of everything in a calendar, kept in memory between two questions: clients that know no sync token
ask for all ETags each time, and of a large calendar little has changed since."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from services.calendar.domain.calendars import Calendar
from services.calendar.store import ObjectStore
from services.calendar.store.objects import Row

# Of all calendars together; a row takes some 600 octets.
MOST_ROWS = 50_000
# Smaller ones are read as quickly.
WORTH_KEEPING = 200


@dataclass(frozen=True)
class _Kept:
    """As it was when the calendar had this modseq, or a little later."""

    epoch: str
    modseq: int
    # By name, in the order in which they changed.
    rows: dict[str, Row]


class Listings:
    """Any may be lost; one is exact as far as its modseq, and what came after has a higher one."""

    def __init__(self, objects: ObjectStore, most: int = MOST_ROWS) -> None:
        self._objects = objects
        self._most = most
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._count = 0

    async def of(self, calendar: Calendar) -> Sequence[Row]:
        """Of a calendar that was read just now."""
        kept = self._kept.get(calendar.id)
        # From before what is remembered of deletions: they would stay in it.
        if kept is None or kept.epoch != calendar.epoch or kept.modseq < calendar.horizon:
            rows = {row.name: row for row in await self._objects.rows(calendar.id)}
        elif kept.modseq >= calendar.modseq:
            self._kept.move_to_end(calendar.id)
            return list(kept.rows.values())
        else:
            rows = await self._brought_up(calendar.id, kept)
        self._keep(calendar.id, _Kept(calendar.epoch, calendar.modseq, rows))
        return list(rows.values())

    async def _brought_up(self, calendar_id: str, kept: _Kept) -> dict[str, Row]:
        """With what happened since. What happens between the two questions is asked for again by the next one."""
        rows = dict(kept.rows)
        for gone in await self._objects.removed(calendar_id, kept.modseq):
            row = rows.get(gone.name)
            if row is not None and row.modseq < gone.modseq:
                del rows[gone.name]
        for row in await self._objects.changed(calendar_id, kept.modseq):
            rows.pop(row.name, None)
            rows[row.name] = row
        return rows

    def _keep(self, calendar_id: str, now: _Kept) -> None:
        before = self._kept.pop(calendar_id, None)
        self._count -= len(before.rows) if before is not None else 0
        if not WORTH_KEEPING <= len(now.rows) <= self._most:
            return
        self._kept[calendar_id] = now
        self._count += len(now.rows)
        while self._count > self._most:
            _, oldest = self._kept.popitem(last=False)
            self._count -= len(oldest.rows)
