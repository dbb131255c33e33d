"""Tell administrators of meetings whose organiser is suspended, so that somebody looks after them."""

from zoneinfo import ZoneInfo

from services.calendar.domain.calendars import DEFAULT_NAME, OWN, id_of
from services.calendar.domain.stored import Stored
from services.calendar.domain.suspension_letter import suspension_letter
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import letter_requested


async def tell_of_suspension(agenda: Agenda, account: str, told_by: str) -> None:
    """Once for each `told_by`, the fact that says so; nobody, where nothing is to come."""
    person = await agenda.people.by_id(account)
    if person is None:
        return
    own = frozenset(person.addresses)
    meetings = [
        (ahead, stored.facts.components[0].summary)
        for calendar in await agenda.calendars.of(account)
        if calendar.kind == OWN
        async for stored in agenda.objects.all_of(calendar.id, content=False)
        if (ahead := _ahead(agenda, stored, own)) is not None
    ]
    if not meetings:
        return
    subject, paragraphs = suspension_letter(
        person.display_name, person.address, meetings, ZoneInfo(agenda.options.time_zone)
    )
    administrators = await agenda.people.administrators(person.unit_path)
    facts = [letter_requested(each.account_id, subject, paragraphs) for each in administrators]
    await agenda.calendars.tell_once(id_of(account, DEFAULT_NAME), told_by, *facts)


def _ahead(agenda: Agenda, stored: Stored, own: frozenset[str]) -> int | None:
    """When a meeting that somebody organises takes place next; None where it does not, or is another's."""
    first = stored.facts.components[0]
    if not stored.schedule_tag or stored.is_off or first.organizer is None or first.organizer.address not in own:
        return None
    now = int(agenda.now().timestamp())
    return next((each.start for each in stored.facts.occurrences if each.end > now), None)
