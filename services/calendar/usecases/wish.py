"""What somebody wishes of their calendar: read and changed."""

from collections.abc import Mapping
from typing import Any

from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar.domain.daily import next_daily
from services.calendar.domain.preferences import FIELDS, Preferences, wished
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.working_hours import hours_of


async def wishes_of(agenda: Agenda, caller: Identity) -> Preferences:
    return await agenda.preferences.of(caller.account_id)


async def wish(agenda: Agenda, caller: Identity, said: Mapping[str, Any]) -> Preferences:
    """Change the fields that are said. Raises `InvalidInput`."""
    if not said or said.keys() - FIELDS:
        wrong = ", ".join(sorted(said.keys() - FIELDS)) or "empty"
        raise InvalidInput("Not fields that can be changed", fields={"update_mask": wrong})
    after = wished(await agenda.preferences.of(caller.account_id), said)
    await agenda.preferences.keep(after, next_daily(after, await hours_of(agenda, after), agenda.now()))
    return after
