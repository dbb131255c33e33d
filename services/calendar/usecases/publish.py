"""Publish a calendar by a secret link, and take the link back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity import Identity
from chassis.ids import new_id
from services.calendar.domain.access import NO_CALENDAR, Role
from services.calendar.domain.calendars import INBOX, OWN, SUBSCRIPTION, Calendar
from services.calendar.domain.publications import MAX_PUBLICATIONS, Detail, Publication, Stream, label_given
from services.calendar.domain.secret_links import digest_of, new_secret
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda

NO_PUBLICATION = "There is no such link"
_PIECE = 64 * 1024


async def publications_of(agenda: Agenda, caller: Identity, calendar_id: str) -> list[Publication]:
    """Raises `NotFound`, `Forbidden`."""
    calendar = await _own(agenda, caller, calendar_id)
    return [each for each in await agenda.publications.of(calendar.id) if each.epoch == calendar.epoch]


async def publish(
    agenda: Agenda, caller: Identity, calendar_id: str, detail: Detail, label: str
) -> tuple[Publication, str]:
    """A new link, and its secret, which is not to be had again. Raises `NotFound`, `Forbidden`, `InvalidInput`,
    `PreconditionFailed` beyond the limit."""
    calendar = await _own(agenda, caller, calendar_id)
    if len(await agenda.publications.of(calendar.id)) >= MAX_PUBLICATIONS:
        raise PreconditionFailed(f"A calendar has at most {MAX_PUBLICATIONS} links; take one back first")
    secret = new_secret()
    made = Publication(
        id=new_id(),
        owner=calendar.owner,
        calendar=calendar.id,
        epoch=calendar.epoch,
        digest=digest_of(secret),
        detail=detail,
        label=label_given(label),
        created_at=agenda.now(),
    )
    await agenda.publications.insert(made)
    return made, secret


async def withdraw(agenda: Agenda, caller: Identity, calendar_id: str, publication_id: str) -> None:
    """It is gone at once, wherever it is read. Raises `NotFound`, `Forbidden`."""
    calendar = await _own(agenda, caller, calendar_id)
    known = {each.id for each in await agenda.publications.of(calendar.id)}
    if publication_id not in known or not await agenda.publications.remove(calendar.owner, publication_id):
        raise NotFound(NO_PUBLICATION)


async def _own(agenda: Agenda, caller: Identity, calendar_id: str) -> Calendar:
    """Whoever may share a calendar may publish it."""
    reached = await reach(agenda, caller, calendar_id, Role.OWN)
    if reached.calendar.kind == INBOX:
        raise NotFound(NO_CALENDAR)
    return reached.calendar


@dataclass(frozen=True)
class Published:
    """What a link leads to now."""

    publication: Publication
    calendar: Calendar

    @property
    def etag(self) -> str:
        return self.publication.etag(self.calendar)


async def published(agenda: Agenda, secret: str) -> Published:
    """Raises `NotFound`: for what never was a link, what is none any more, and whose owner is away."""
    digest = digest_of(secret)
    publication = await agenda.publications.by_digest(digest) if digest else None
    calendar = await agenda.calendars.find(publication.calendar) if publication is not None else None
    if publication is None or calendar is None or calendar.epoch != publication.epoch:
        raise NotFound(NO_PUBLICATION)
    if calendar.kind in (OWN, SUBSCRIPTION):
        owner = await agenda.people.by_id(calendar.owner)
        if owner is None or owner.suspended:
            raise NotFound(NO_PUBLICATION)
    return Published(publication, calendar)


async def read_published(agenda: Agenda, found: Published) -> AsyncIterator[bytes]:
    """One iCalendar stream, in pieces; few objects are in memory at a time."""
    stream = Stream(found.publication, found.calendar)
    gathered = bytearray(stream.begin())
    async for stored in agenda.objects.all_of(found.calendar.id, content=True, components=("VEVENT", "VTODO")):
        gathered += stream.object(stored)
        while len(gathered) >= _PIECE:
            yield bytes(gathered[:_PIECE])
            del gathered[:_PIECE]
    gathered += stream.end()
    yield bytes(gathered)
