"""Keep a series that ends earlier and the one that goes on instead, in one write: nobody sees one without the other."""

from typing import Any

from chassis.identity import Identity
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.locks import Holder
from services.calendar.domain.objects import read_object
from services.calendar.domain.objects.edits import Split
from services.calendar.domain.stored import Stored
from services.calendar.store.objects import Meanwhile
from services.calendar.usecases.attachments.carrying import carried_still
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.event_at import Found
from services.calendar.usecases.keep_object import computed, keep
from services.calendar.usecases.locks import check_unlocked
from services.calendar.usecases.scheduling import plan


async def split_series(
    agenda: Agenda, caller: Identity, found: Found, ended: bytes, name: str, parts: Split
) -> Stored | None:
    """The series that follows `ended`, under `name`; None when the one before was changed meanwhile. Raises what
    `put_object` does."""
    before, holder = found.stored, Holder(caller.account_id)

    def check(calendar: Calendar) -> None:
        check_unlocked(agenda, calendar, before.name, holder, membership=False)
        check_unlocked(agenda, calendar, name, holder, membership=True)

    check(found.calendar)
    unchanged = read_object(parts.unchanged)
    first = await plan(agenda, found.reached, before, read_object(ended))
    then = await plan(agenda, found.reached, None, read_object(parts.after), of=before, goes_on=unchanged)
    kept = computed(agenda, found.calendar, before.name, first.object, before, first.schedule_tag)
    made = computed(
        agenda, found.calendar, name, then.object, None, then.schedule_tag, carried_still(then.object, before)
    )

    async def act(calendar: Calendar, session: Any) -> Stored | None:
        check(calendar)
        present = await agenda.objects.named(calendar.id, before.name, session)
        if present is None or present.etag != before.etag:
            return None
        await keep(agenda, calendar, kept, present, session)
        # A number of its own: a cursor may come to stand between the two.
        further = await agenda.calendars.advance(calendar.id, session)
        # Who is invited hears what goes on before what ends, and knows what it had answered.
        return await keep(agenda, further, made, None, session, *then.facts, *first.facts)

    try:
        return await agenda.calendars.changing(found.calendar.id, act)
    except Meanwhile:
        return None
