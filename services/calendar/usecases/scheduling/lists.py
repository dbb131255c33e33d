"""Distribution lists that an organiser invites: directory says who is in them, and each is invited by itself."""

import asyncio
from collections.abc import Mapping

import structlog

from chassis.errors import NotFound, WorkspaceError
from services.calendar.domain.itip.lists import invite_members, newly_invited
from services.calendar.domain.itip.series import object_of, series_of
from services.calendar.domain.objects import CalendarObject
from services.calendar.domain.objects.addresses import Address, is_mail
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.scheduling.parties import Party, of_resources, receiving

log = structlog.get_logger(__name__)
# People of one list that are invited one by one; who is in a larger one gets a letter.
MOST_MEMBERS = 200
# Addresses of one change that directory is asked about.
MOST_ASKED = 20


async def with_members(
    agenda: Agenda, party: Party, was: CalendarObject | None, given: CalendarObject
) -> CalendarObject:
    """What an organiser writes, with the people of the lists that it invites now. Those of a list that it may not write
    to, or not see whole, or that is too large get what mail gives them, and so do all while directory is away."""
    if agenda.lists is None or series_of(given).organizer not in party.own:
        return given
    series = series_of(given).copy()
    invited = newly_invited(series_of(was) if was is not None else None, series)
    asked = [each for each in invited if is_mail(each) and not of_resources(agenda, each) and each not in party.own]
    known = await receiving(agenda, asked)
    unknown = [each for each in asked if each not in known][:MOST_ASKED]
    expanded = await asyncio.gather(*(_people(agenda, party, each) for each in unknown))
    found = {of: people for of, people in zip(unknown, expanded, strict=True) if people is not None}
    for of, people in found.items():
        for node in invited[of]:
            invite_members(node, of, people, party.own)
    return object_of(series) if found else given


async def _people(agenda: Agenda, party: Party, address: Address) -> Mapping[Address, str] | None:
    """By address, with their names; nobody of a list whose people are not invited one by one, None for what is no
    list."""
    if agenda.lists is None:
        return None
    try:
        ids = await agenda.lists.members(address, party.id, MOST_MEMBERS)
    except NotFound:
        return None
    except WorkspaceError as error:
        log.warning("list_not_expanded", address=address, error=str(error))
        return None
    people = await agenda.people.by_ids(ids) if ids else []
    if len(people) < len(ids):
        # Directory's facts of somebody are on their way: the letter reaches all.
        return {}
    return {each.address: each.display_name for each in people if each.address}
