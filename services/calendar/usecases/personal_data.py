"""What calendar keeps of a person: told on lawful request, or erased."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chassis.errors import Unavailable
from services.calendar.domain.calendars import Calendar
from services.calendar.store.polls import KeptPoll
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import personal_data_exported
from services.calendar.usecases.polls import MOST_LISTED


async def export_personal_data(agenda: Agenda, request: str, account: str) -> None:
    """Answer with what calendar keeps of an account. The events are their owner's to take by any calendar program: of
    them it is told how many there are."""
    calendars = await agenda.calendars.of(account)
    people = {grant.grantee for calendar in calendars for grant in calendar.grants}
    given, held = await agenda.delegations.given_by(account), await agenda.delegations.held_by(account)
    people |= {each.delegate for each in given} | {each.owner for each in held}
    names = {each.account_id: each.address for each in await agenda.people.by_ids(sorted(people))}
    found = {
        "calendars": [await _calendar(agenda, each, names) for each in sorted(calendars, key=lambda each: each.name)],
        "wishes": asdict(await agenda.preferences.of(account)),
        "acts_for_it": {names.get(each.delegate, each.delegate): each.role.name.lower() for each in given},
        "acts_for": {names.get(each.owner, each.owner): each.role.name.lower() for each in held},
        "reminders_waiting": len(await agenda.reminders.waiting(account)),
        "subscriptions": {each.calendar: each.url for each in await agenda.subscriptions.of(account)},
        "appointment_pages": [
            {"title": each.title, "bookings": len(each.bookings)} for each in await agenda.appointments.of(account)
        ],
        "polls": [_poll(each, account) for each in await agenda.polls.concerning(account, MOST_LISTED)],
    }
    document = json.dumps(found, ensure_ascii=False, indent=1)
    await agenda.calendars.tell(personal_data_exported(request, account, document))


async def _calendar(agenda: Agenda, calendar: Calendar, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": calendar.name,
        "title": calendar.title,
        "description": calendar.description,
        "kind": calendar.kind,
        "objects": calendar.objects,
        "octets": calendar.octets,
        "shared_with": {names.get(each.grantee, each.grantee): each.role.name.lower() for each in calendar.grants},
        "secret_links": [each.label for each in await agenda.publications.of(calendar.id)],
    }


def _poll(kept: KeptPoll, account: str) -> dict[str, Any]:
    """What the account asked, and what it answered."""
    vote = kept.poll.votes.get(account)
    return {
        "title": kept.poll.title,
        "own": kept.owner == account,
        "answers": {option: answer.value for option, answer in vote.answers.items()} if vote is not None else {},
        "comment": vote.comment if vote is not None else "",
    }


async def erase_personal_data(agenda: Agenda, request: str, account: str) -> None:
    """Answered when all of it is gone. Raises `Unavailable` until calendar has heard that the account is no more."""
    departure = await agenda.departures.find(account)
    if departure is None or not departure.gone:
        raise Unavailable("The account is not known to be deleted yet")
    await agenda.departures.wait(account, request, agenda.now())
