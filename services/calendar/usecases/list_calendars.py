"""Somebody's calendars; the first one is made when it is first needed."""

import asyncio
from contextlib import suppress

from chassis.errors import AlreadyExists
from chassis.identity import Identity
from chassis.ids import new_id
from services.calendar.domain.access import NOBODY, Role
from services.calendar.domain.calendars import DEFAULT_NAME, DEFAULT_TITLE, INBOX, INBOX_NAME, Calendar
from services.calendar.usecases.authority import Reached, access_to, grantees_of
from services.calendar.usecases.context import Agenda


def standing(calendar: Calendar) -> tuple[int, str, str]:
    """Where it stands among others."""
    return calendar.order, calendar.title.casefold(), calendar.id


async def own_calendars(agenda: Agenda, owner: str) -> list[Calendar]:
    """At least one beside the inbox, by their order. What another makes at the same time, or died before it made, is
    not waited for."""
    found = await agenda.calendars.of(owner)
    missing = {DEFAULT_NAME, INBOX_NAME} - {each.name for each in found}
    if missing:
        for made in _first(agenda, owner):
            with suppress(AlreadyExists):  # another client of the same person was faster
                await agenda.calendars.insert(made)
        found = await agenda.calendars.of(owner)
    return sorted(found, key=standing)


def _first(agenda: Agenda, owner: str) -> list[Calendar]:
    now, zone = agenda.now(), agenda.options.time_zone
    return [
        Calendar(owner, DEFAULT_NAME, DEFAULT_TITLE, new_id(), now, time_zone=zone),
        Calendar(owner, INBOX_NAME, INBOX_NAME, new_id(), now, kind=INBOX, time_zone=zone),
    ]


async def shared_calendars(agenda: Agenda, caller: Identity) -> list[Reached]:
    """What others share with the caller, and those of whom the caller acts for, by their order. Not those in which the
    caller sees no more than busy times: those are asked for by whom they are of, nor those that the caller hid."""
    granted, held, wishes = await asyncio.gather(
        agenda.calendars.granted(sorted(grantees_of(caller))),
        agenda.delegations.held_by(caller.account_id),
        agenda.preferences.of(caller.account_id),
    )
    delegated = {each.owner: each.access for each in held}
    acted_for = await agenda.calendars.of_all(sorted(delegated)) if delegated else []
    known = {each.id: each for each in (*granted, *acted_for) if each.owner != caller.account_id}
    found = [
        Reached(each, access_to(each, caller, delegated.get(each.owner, NOBODY)))
        for each in sorted(known.values(), key=standing)
        if each.kind != INBOX and each.id not in wishes.hidden_calendars
    ]
    return [each for each in found if each.access.role >= Role.READ]


async def list_calendars(agenda: Agenda, caller: Identity) -> list[Reached]:
    """One's own, then what others share with one."""
    own = [Reached(each, access_to(each, caller)) for each in await own_calendars(agenda, caller.account_id)]
    return [*own, *await shared_calendars(agenda, caller)]
