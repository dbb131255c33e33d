"""Tell of meetings whose organiser is suspended, so that somebody looks after them."""

from zoneinfo import ZoneInfo

from chassis.events import Fact
from chassis.people import Person
from services.calendar.domain.calendars import DEFAULT_NAME, OWN, id_of
from services.calendar.domain.handover_letter import Agent, suspended_letter
from services.calendar.domain.stored import Stored
from services.calendar.domain.suspension_letter import suspension_letter
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import letter_requested
from services.calendar.usecases.hand_over import answering_for


async def tell_of_suspension(agenda: Agenda, account: str, told_by: str) -> None:
    """Administrators where meetings are to come, and whoever may answer in their organiser's name. Once for each
    `told_by`, the fact that says so."""
    person = await agenda.people.by_id(account)
    if person is None:
        return
    facts = [*await _to_administrators(agenda, person), *await _to_delegates(agenda, person)]
    if facts:
        await agenda.calendars.tell_once(id_of(account, DEFAULT_NAME), told_by, *facts)


async def _to_delegates(agenda: Agenda, person: Person) -> list[Fact]:
    delegates = await answering_for(agenda, person.account_id)
    return [letter_requested(each.account_id, *suspended_letter(_agent(person))) for each in delegates]


async def _to_administrators(agenda: Agenda, person: Person) -> list[Fact]:
    """Of meetings to come, if there are any."""
    own = frozenset(person.addresses)
    meetings = [
        (ahead, _title(stored))
        for calendar in await agenda.calendars.of(person.account_id)
        if calendar.kind == OWN
        async for stored in agenda.objects.all_of(calendar.id, content=False)
        if (ahead := _ahead(agenda, stored, own)) is not None
    ]
    if not meetings:
        return []
    letter = suspension_letter(_agent(person), person.account_id, meetings, ZoneInfo(agenda.options.time_zone))
    administrators = await agenda.people.administrators(person.unit_path)
    return [letter_requested(each.account_id, *letter) for each in administrators]


def _agent(person: Person) -> Agent:
    return Agent(person.display_name, person.address)


def _title(stored: Stored) -> str:
    """Empty of what is private."""
    first = stored.facts.components[0]
    return first.summary if first.classification == "PUBLIC" else ""


def _ahead(agenda: Agenda, stored: Stored, own: frozenset[str]) -> int | None:
    """When a meeting that somebody organises takes place next; None where it does not, or is another's."""
    first = stored.facts.components[0]
    if not stored.schedule_tag or stored.is_off or first.organizer is None or first.organizer.address not in own:
        return None
    now = int(agenda.now().timestamp())
    return next((each.start for each in stored.facts.occurrences if each.end > now), None)
