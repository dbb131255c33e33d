"""Make a calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.errors import PreconditionFailed
from chassis.identity import Identity
from chassis.ids import new_id
from services.calendar.domain.calendars import (
    MAX_CALENDARS,
    Calendar,
    components_given,
    described,
    name_given,
    properties_given,
    title_given,
)
from services.calendar.usecases.authority import Reached, access_to, own_home
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import calendar_changed
from services.calendar.usecases.list_calendars import own_calendars


@dataclass(frozen=True)
class Wanted:
    """`said` are fields of `domain.calendars.FIELDS`."""

    name: str = ""
    components: Sequence[str] = ()
    said: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)


async def create_calendar(agenda: Agenda, caller: Identity, owner: str, wanted: Wanted) -> Reached:
    """Raises `AlreadyExists` for a name that is taken, `PreconditionFailed` beyond the limit, `InvalidInput`,
    `NotFound` for a home where the caller may not."""
    home = own_home(caller, owner)
    made = made_of(agenda, home, wanted)
    if len(await own_calendars(agenda, home)) >= MAX_CALENDARS:
        raise PreconditionFailed("There are too many calendars", fields={"calendar": f"at most {MAX_CALENDARS}"})
    kept = await keep_new(agenda, made)
    return Reached(kept, access_to(kept, caller))


async def keep_new(agenda: Agenda, made: Calendar) -> Calendar:
    """As it is kept: it is another than one of its name that is being emptied. Raises `AlreadyExists`."""

    async def act(session: Any) -> Calendar:
        placed = await agenda.calendars.placed(made, session)
        await agenda.calendars.insert(placed, calendar_changed(placed), session=session)
        return placed

    return await agenda.calendars.together(act)


def made_of(agenda: Agenda, owner: str, wanted: Wanted) -> Calendar:
    """Raises `InvalidInput`."""
    name = name_given(wanted.name or new_id().lower())
    return described(
        Calendar(
            owner=owner,
            name=name,
            title=title_given(str(wanted.said.get("title") or name)),
            epoch=new_id(),
            created_at=agenda.now(),
            time_zone=agenda.options.time_zone,
            components=components_given(wanted.components),
            properties=properties_given({}, wanted.properties, ()),
        ),
        {name: value for name, value in wanted.said.items() if name != "title"},
    )
