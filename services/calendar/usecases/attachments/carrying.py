"""What an object's write says of the files that it carries."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from services.calendar.domain.attachments import ids_of
from services.calendar.domain.objects import CalendarObject
from services.calendar.domain.stored import Stored
from services.calendar.store.objects import Meanwhile
from services.calendar.usecases.context import Agenda

# After these a round asks whether an object carries a file: of one that is new, and of one that an object dropped,
# whose copies at others' come after.
NAMED_WITHIN, DROPPED_FOR = timedelta(hours=1), timedelta(minutes=10)


def carried_still(given: CalendarObject, before: Stored | None, fresh: Collection[str] = ()) -> tuple[str, ...]:
    """Of the files that it names, those that it carried before, and those of `fresh`."""
    known = {*(before.attached if before is not None else ()), *fresh}
    return tuple(each for each in ids_of(given) if each in known) if known else ()


async def note_carried(agenda: Agenda, before: Sequence[str], after: Sequence[str], session: Any) -> None:
    """In the write that changes what an object carries. Raises `Meanwhile` where a file is gone by now."""
    fresh, dropped = set(after) - set(before), set(before) - set(after)
    if dropped:
        await agenda.attachments.look_again(sorted(dropped), agenda.now() + DROPPED_FOR, session)
    if fresh and not await agenda.attachments.look_again(sorted(fresh), agenda.now() + NAMED_WITHIN, session):
        raise Meanwhile
