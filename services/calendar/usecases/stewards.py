"""Who decides on the bookings of a resource today, and who hears of what waits once a steward cannot any more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chassis.events import Fact
from services.calendar.domain.calendars import Calendar, id_of
from services.calendar.domain.objects import Facts
from services.calendar.domain.resources.answering import instances_of
from services.calendar.domain.resources.deciding import Instance
from services.calendar.domain.resources.request_letter import request_letter
from services.calendar.domain.resources.resource import CALENDAR, Resource
from services.calendar.store.resources import Booking
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import letter_requested

# Of what waits for one resource.
MOST_TOLD = 100


@dataclass(frozen=True)
class Deciders:
    """Accounts; `in_their_stead` where they administer it, since none of its stewards can decide."""

    accounts: tuple[str, ...]
    in_their_stead: bool = False


async def deciders_of(agenda: Agenda, resource: Resource, *, but: str = "") -> Deciders:
    """Its stewards but for those who are suspended or gone, and for the account `but`, of which that is just heard;
    where none is left, its unit's administrators."""
    people = await agenda.people.by_ids(resource.policy.stewards)
    there = {each.account_id for each in people if not each.suspended} - {but}
    if there:
        return Deciders(tuple(each for each in resource.policy.stewards if each in there))
    administrators = await agenda.people.administrators(resource.unit_path)
    ids = (each.account_id for each in administrators if each.account_id != but)
    return Deciders(tuple(ids), in_their_stead=True)


def request_letters(
    resource: Resource, booking: Booking, meeting: Facts, first: Instance | None, deciders: Deciders
) -> list[Fact]:
    """To whoever decides on a booking; `first` is the first instance to come."""
    said = meeting.components[0]
    title = said.summary if said.classification == "PUBLIC" else ""
    letter = request_letter(
        resource,
        booking.id,
        booking.organizer,
        title,
        first,
        recurring=meeting.recurring,
        in_their_stead=deciders.in_their_stead,
    )
    return [letter_requested(account, *letter) for account in deciders.accounts]


async def steward_suspended(agenda: Agenda, account: str, told_by: str) -> None:
    """Administrators hear of what waits for nobody else. Once for each `told_by`, the fact that says so."""
    for resource in await agenda.resources.stewarded(account):
        letters = await _of_what_waits(agenda, resource, await deciders_of(agenda, resource, but=account))
        if letters:
            await agenda.calendars.tell_once(id_of(resource.id, CALENDAR), told_by, *letters)


async def steward_gone(agenda: Agenda, account: str) -> None:
    """For good: it decides on nothing any more. Repeatable. Raises `Conflict`."""
    for resource in await agenda.resources.stewarded(account):
        await _leave(agenda, resource.id, account)


async def _leave(agenda: Agenda, resource_id: str, account: str) -> None:
    async def act(calendar: Calendar, session: Any) -> None:
        before = await agenda.resources.get(resource_id, session)
        left = tuple(each for each in before.policy.stewards if each != account)
        after = replace(before, policy=replace(before.policy, stewards=left), version=before.version + 1)
        letters = await _of_what_waits(agenda, after, await deciders_of(agenda, after), session)
        await agenda.resources.change(after, session)
        if letters:
            await agenda.calendars.describe(calendar, session, *letters)

    await agenda.calendars.changing(id_of(resource_id, CALENDAR), act)


async def _of_what_waits(agenda: Agenda, resource: Resource, deciders: Deciders, session: Any = None) -> Sequence[Fact]:
    """To administrators; stewards have had theirs."""
    if not deciders.in_their_stead:
        return ()
    now = int(agenda.now().timestamp())
    letters: list[Fact] = []
    for booking in await agenda.resources.pending([resource.id], MOST_TOLD, session):
        stored = await agenda.objects.with_uid(id_of(resource.id, CALENDAR), booking.uid, session)
        first = next((each for each in instances_of(stored.facts) if each.end > now), None) if stored else None
        if stored is not None and first is not None:
            letters += request_letters(resource, booking, stored.facts, first, deciders)
    return letters
