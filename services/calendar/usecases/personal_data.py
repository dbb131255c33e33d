"""What calendar keeps of a person: told on lawful request, or erased."""

import json
from dataclasses import asdict

from chassis.errors import Unavailable
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import personal_data_exported


async def export_personal_data(agenda: Agenda, request: str, account: str) -> None:
    """Answer with what calendar keeps of an account. The events are their owner's to take by any calendar program: of
    them it is told how many there are."""
    calendars = await agenda.calendars.of(account)
    people = {grant.grantee for calendar in calendars for grant in calendar.grants}
    given, held = await agenda.delegations.given_by(account), await agenda.delegations.held_by(account)
    people |= {each.delegate for each in given} | {each.owner for each in held}
    names = {each.account_id: each.address for each in await agenda.people.by_ids(sorted(people))}
    found = {
        "calendars": [
            {
                "name": each.name,
                "title": each.title,
                "description": each.description,
                "kind": each.kind,
                "objects": each.objects,
                "octets": each.octets,
                "shared_with": {
                    names.get(grant.grantee, grant.grantee): grant.role.name.lower() for grant in each.grants
                },
            }
            for each in sorted(calendars, key=lambda each: each.name)
        ],
        "wishes": asdict(await agenda.preferences.of(account)),
        "acts_for_it": {names.get(each.delegate, each.delegate): each.role.name.lower() for each in given},
        "acts_for": {names.get(each.owner, each.owner): each.role.name.lower() for each in held},
        "reminders_waiting": len(await agenda.reminders.waiting(account)),
    }
    document = json.dumps(found, ensure_ascii=False, indent=1)
    await agenda.calendars.tell(personal_data_exported(request, account, document))


async def erase_personal_data(agenda: Agenda, request: str, account: str) -> None:
    """Answered when all of it is gone. Raises `Unavailable` until calendar has heard that the account is no more."""
    departure = await agenda.departures.find(account)
    if departure is None or not departure.gone:
        raise Unavailable("The account is not known to be deleted yet")
    await agenda.departures.wait(account, request, agenda.now())
