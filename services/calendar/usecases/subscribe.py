"""Subscribe to a calendar of another server, and ask for it again by hand."""

from dataclasses import replace

from chassis.errors import InvalidInput, NotFound, PreconditionFailed, TooManyRequests
from chassis.identity import Identity
from chassis.outside import Outside
from services.calendar.domain.access import NO_CALENDAR, Role
from services.calendar.domain.calendars import MAX_CALENDARS, SUBSCRIPTION, Calendar
from services.calendar.domain.subscriptions import BY_HAND, MAX_SUBSCRIPTIONS, Subscription, url_given
from services.calendar.usecases.authority import Reached, access_to, reach
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.create_calendar import Wanted, keep_new, made_of
from services.calendar.usecases.list_calendars import own_calendars

NOT_OUTSIDE = (
    "Cette adresse n'est pas sur Internet : un réseau privé n'est pas consulté."
    " / This address is not on the internet: private networks are not asked."
)


async def subscribe(
    agenda: Agenda, caller: Identity, url: str, wanted: Wanted, *, alarms: bool
) -> tuple[Reached, Subscription]:
    """A calendar to be read, that is filled in a moment. It takes none of its owner's time unless they say so. Raises
    `PreconditionFailed` where nothing is fetched, and beyond the limit, `InvalidInput`."""
    if agenda.outside is None:
        raise PreconditionFailed("This platform fetches nothing from outside", fields={"subscriptions": "off"})
    address = url_given(url)
    await _refuse_inside(agenda.outside, address)
    made: Calendar = replace(made_of(agenda, caller.account_id, wanted), kind=SUBSCRIPTION, transparent=True)
    if len(await agenda.subscriptions.of(caller.account_id)) >= MAX_SUBSCRIPTIONS:
        raise PreconditionFailed("There are too many subscriptions", fields={"url": f"at most {MAX_SUBSCRIPTIONS}"})
    if len(await own_calendars(agenda, caller.account_id)) >= MAX_CALENDARS:
        raise PreconditionFailed("There are too many calendars", fields={"calendar": f"at most {MAX_CALENDARS}"})
    made = await keep_new(agenda, made)
    # Should the process end here, the calendar is empty, and its owner sees that it is no subscription.
    subscription = Subscription(made.id, made.owner, made.epoch, address, alarms, due_at=agenda.now())
    await agenda.subscriptions.remove(made.id)
    await agenda.subscriptions.insert(subscription)
    return Reached(made, access_to(made, caller)), subscription


async def _refuse_inside(outside: Outside, url: str) -> None:
    """Said when it is asked for, not by a calendar that stays empty. Raises `InvalidInput`."""
    try:
        await outside.refuse_inside(url)
    except PreconditionFailed as error:
        raise InvalidInput(NOT_OUTSIDE, fields={"url": "not_on_the_internet"}) from error


async def subscriptions_of(agenda: Agenda, caller: Identity) -> list[Subscription]:
    """One's own."""
    return await agenda.subscriptions.of(caller.account_id)


async def fetch_again(agenda: Agenda, caller: Identity, calendar_id: str) -> Subscription:
    """As soon as may be. Raises `NotFound`, `Forbidden`, `TooManyRequests`, `PreconditionFailed`."""
    reached = await reach(agenda, caller, calendar_id, Role.OWN)
    found = await agenda.subscriptions.find(calendar_id)
    if found is None or found.epoch != reached.calendar.epoch:
        raise NotFound(NO_CALENDAR)
    if agenda.outside is None:
        raise PreconditionFailed("This platform fetches nothing from outside", fields={"subscriptions": "off"})
    now = agenda.now()
    if found.fetched_at is not None and now < found.fetched_at + BY_HAND:
        raise TooManyRequests(retry_after=(found.fetched_at + BY_HAND - now).total_seconds())
    if found.due_at > now:
        await agenda.subscriptions.claim(found, now)
    return replace(found, due_at=now)
