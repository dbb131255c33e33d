"""What every use case is given: the service's state and its neighbours, as one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from chassis.outside import Outside
from chassis.people import Person
from services.calendar.files import Files
from services.calendar.store import (
    AppointmentStore,
    AttachmentStore,
    CalendarStore,
    DelegationStore,
    DepartureStore,
    EmptyingStore,
    HandoverStore,
    HoursStore,
    ObjectStore,
    PollStore,
    PreferenceStore,
    PublicationStore,
    ReminderStore,
    ResourceStore,
    SchedulingStore,
    SubscriptionStore,
)
from services.calendar.usecases.listings import Listings


class People(Protocol):
    """The projection of directory's facts in calendar's own database."""

    async def by_id(self, account_id: str) -> Person | None: ...
    async def by_ids(self, account_ids: Sequence[str]) -> list[Person]:
        """Those of some accounts that are there."""
        ...

    async def by_address(self, address: str) -> Person | None:
        """By any of an account's addresses."""
        ...

    async def by_addresses(self, addresses: Sequence[str]) -> dict[str, Person]:
        """Those of some addresses that somebody has."""
        ...

    async def administrators(self, unit_path: Sequence[str]) -> list[Person]:
        """Whoever administers the unit at the end of a path, or where nobody does the nearest above it."""
        ...

    async def receiving_each(self, addresses: Sequence[str]) -> dict[str, list[Person]]:
        """Who receives for each of some addresses: several only for that of a function."""
        ...


class Lists(Protocol):
    """Directory, as far as it knows distribution lists."""

    async def members(self, address: str, writer: str, most: int) -> Sequence[str]:
        """The accounts that get what a writer sends to a list; none where the writer may not know of all, or there are
        more. Raises `NotFound` for what is no list, `Unavailable`."""
        ...


def utc_now() -> datetime:
    """The present, to the millisecond, as the database keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True)
class Options:
    """How calendar behaves, as whoever runs the platform chose."""

    # Of calendars that were given none.
    time_zone: str = "Africa/Lome"
    # Of the addresses of rooms and equipment; directory gives nobody one in it.
    resource_domain: str = "ressources.gouv.tg"
    # How far ahead instances of what recurs are known without expanding it.
    horizon: timedelta = timedelta(days=3 * 366)
    # How long deletions are told to clients that come back.
    deletions_kept: timedelta = timedelta(days=90)
    # Octets of the files that may be attached in the calendars of one owner.
    attachment_octets: int = 1024**3
    # Where links begin that others open in a browser.
    public_url: str = "http://localhost:8080"


@dataclass(frozen=True)
class Agenda:
    """The service at work."""

    calendars: CalendarStore
    emptying: EmptyingStore
    objects: ObjectStore
    polls: PollStore
    preferences: PreferenceStore
    delegations: DelegationStore
    departures: DepartureStore
    handovers: HandoverStore
    reminders: ReminderStore
    resources: ResourceStore
    hours: HoursStore
    scheduling: SchedulingStore
    publications: PublicationStore
    appointments: AppointmentStore
    subscriptions: SubscriptionStore
    attachments: AttachmentStore
    files: Files
    listings: Listings
    people: People
    options: Options = Options()
    now: Callable[[], datetime] = utc_now
    # None where nothing is fetched from outside.
    outside: Outside | None = None
    # None where nothing is asked: in workers.
    lists: Lists | None = None
