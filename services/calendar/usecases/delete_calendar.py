"""Delete a calendar with all that is in it: it is gone for everybody in one write, however large it is, and the
worker's round empties it."""

from collections.abc import Sequence
from typing import Any

from chassis.errors import Forbidden
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import DEFAULT_NAME, INBOX, Calendar
from services.calendar.domain.locks import Holder, check_removal, holding
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import calendar_changed


async def delete_calendar(agenda: Agenda, caller: Identity, calendar_id: str, lock_tokens: Sequence[str] = ()) -> None:
    """Whose meetings are in it learns that they are off. Raises `NotFound`, `Forbidden`, `Conflict`."""
    reached = await reach(agenda, caller, calendar_id, Role.OWN)
    if reached.calendar.kind == INBOX or reached.calendar.name == DEFAULT_NAME:
        # Invitations come to it (RFC 6638 §9.2).
        raise Forbidden("The first calendar stays", fields={"rule": "default-calendar-needed"})
    check_removal(holding(reached.calendar.locks, agenda.now()), Holder(caller.account_id, lock_tokens))
    await give_up_calendar(agenda, reached.calendar)


async def give_up_calendar(agenda: Agenda, calendar: Calendar) -> None:
    """Nobody finds it any more, nor what is in it. Raises `NotFound`, `Conflict`."""

    async def act(present: Calendar, session: Any) -> None:
        await agenda.calendars.give_up(present.id, agenda.now(), session, calendar_changed(present, deleted=True))

    await agenda.calendars.changing(calendar.id, act)
    # Should the process end here, the round does it.
    await forget_ways_in(agenda, calendar)


async def forget_ways_in(agenda: Agenda, calendar: Calendar) -> None:
    """What others' calendars were fetched into it by, and the links that show it."""
    await agenda.subscriptions.remove(calendar.id)
    await agenda.publications.forget_calendar(calendar.id)
