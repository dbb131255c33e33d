"""Pages on which others book an appointment: made, changed and taken away by whose they are."""

from dataclasses import replace

from chassis.errors import Conflict, NotFound, PreconditionFailed
from chassis.identity import Identity
from chassis.ids import new_id
from services.calendar.domain.access import NO_CALENDAR
from services.calendar.domain.appointments import MAX_PAGES, AppointmentPage, page_described
from services.calendar.domain.calendars import OWN
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.event_at import EVENT
from services.calendar.usecases.list_calendars import own_calendars

NO_PAGE = "There is no such appointment page"
ATTEMPTS = 5


async def pages_of(agenda: Agenda, caller: Identity) -> list[AppointmentPage]:
    return await agenda.appointments.of(caller.account_id)


async def create_page(agenda: Agenda, caller: Identity, wanted: AppointmentPage) -> AppointmentPage:
    """Raises `InvalidInput`, `NotFound` for a calendar that is not the caller's own, `PreconditionFailed`."""
    made = page_described(replace(wanted, id=new_id(), owner=caller.account_id, bookings=(), version=1))
    made = await _placed(agenda, caller, made)
    if len(await agenda.appointments.of(caller.account_id)) >= MAX_PAGES:
        raise PreconditionFailed("There are too many appointment pages", fields={"page": f"at most {MAX_PAGES}"})
    await agenda.appointments.insert(made)
    return made


async def update_page(agenda: Agenda, caller: Identity, page_id: str, wanted: AppointmentPage) -> AppointmentPage:
    """All that is said of it; what is booked stays. Raises `InvalidInput`, `NotFound`, `Conflict`."""
    described = await _placed(agenda, caller, page_described(wanted))
    for _ in range(ATTEMPTS):
        before = await own_page(agenda, caller, page_id)
        after = replace(described, id=before.id, owner=before.owner, bookings=before.bookings)
        if await agenda.appointments.replace(before, after):
            return replace(after, version=before.version + 1)
    raise Conflict("Others book on it all the time")


async def delete_page(agenda: Agenda, caller: Identity, page_id: str) -> None:
    """What is booked stays in the calendar. Raises `NotFound`."""
    await agenda.appointments.remove((await own_page(agenda, caller, page_id)).id)


async def own_page(agenda: Agenda, caller: Identity, page_id: str) -> AppointmentPage:
    """Raises `NotFound`."""
    found = await agenda.appointments.find(page_id)
    if found is None or found.owner != caller.account_id:
        raise NotFound(NO_PAGE)
    return found


async def _placed(agenda: Agenda, caller: Identity, page: AppointmentPage) -> AppointmentPage:
    """With the calendar that appointments come into: the first one where none is named."""
    own = [
        each.id
        for each in await own_calendars(agenda, caller.account_id)
        if each.kind == OWN and EVENT in each.components
    ]
    calendar = page.calendar or (f"{caller.account_id}.agenda" if f"{caller.account_id}.agenda" in own else own[0])
    if calendar not in own:
        raise NotFound(NO_CALENDAR)
    return replace(page, calendar=calendar)
