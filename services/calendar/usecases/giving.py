"""Give somebody's meetings to who goes on with them.

Nobody can tell another organiser of a meeting (RFC 5546 §3.2.2.6) from a thief: the successor invites to it anew, and
the former one is called off, in this order, so that at no time there is none.
"""

import hashlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from chassis.errors import Forbidden, InvalidInput, PreconditionFailed, TooLarge
from chassis.people import Person
from services.calendar.domain.access import OWNER
from services.calendar.domain.calendars import DEFAULT_NAME, OWN
from services.calendar.domain.itip.changes import request_to
from services.calendar.domain.itip.handing_over import handed_to
from services.calendar.domain.itip.people import attendees
from services.calendar.domain.itip.series import series_of
from services.calendar.domain.objects import read_object
from services.calendar.domain.objects.addresses import who
from services.calendar.domain.stored import Stored
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.book_resource import Said, take_message
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.delete_object import remove_unchanged
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.put_object import write_object
from services.calendar.usecases.scheduling.parties import Party, of_resources
from services.calendar.usecases.scheduling.planning import removal_of

AT_ONCE = 100


@dataclass(frozen=True)
class Given:
    """What a turn came to. `refused`: what the successor's calendars do not take, and stays where it is; `whole`:
    nothing more is to be given."""

    refused: int
    whole: bool


async def give_meetings(agenda: Agenda, party: Party, heir: Person, chosen: Collection[str] = ()) -> Given:
    """Up to `AT_ONCE` of those ahead, of those chosen by their keys where any are. Repeatable: whoever dies goes on
    where it was. Raises `Conflict`."""
    count = refused = 0
    async for stored in meetings_ahead(agenda, party, content=True):
        if chosen and stored.key not in chosen:
            continue
        if count == AT_ONCE:
            return Given(refused, whole=False)
        try:
            await _give(agenda, heir, stored)
        except (Forbidden, InvalidInput, PreconditionFailed, TooLarge):
            refused += 1
            continue
        await _keep_places(agenda, heir, stored)
        facts = await removal_of(agenda, party, stored, no_reply=False)
        if not await remove_unchanged(agenda, stored, facts):
            return Given(refused, whole=False)
        count += 1
    return Given(refused, whole=True)


async def meetings_ahead(agenda: Agenda, party: Party, *, content: bool) -> AsyncIterator[Stored]:
    """The meetings that somebody organises, and that have not all been."""
    for calendar in await agenda.calendars.of(party.id):
        if calendar.kind == OWN:
            async for stored in agenda.objects.all_of(calendar.id, content=content):
                if is_ahead(agenda, stored) and _organises(party, stored):
                    yield stored


def is_ahead(agenda: Agenda, stored: Stored) -> bool:
    now = int(agenda.now().timestamp())
    facts = stored.facts
    return not stored.is_off and (facts.last is None or facts.last > now) and bool(facts.occurrences)


def _organises(party: Party, stored: Stored) -> bool:
    first = stored.facts.components[0]
    return bool(stored.schedule_tag) and first.organizer is not None and first.organizer.address in party.own


async def _give(agenda: Agenda, heir: Person, stored: Stored) -> None:
    """Once: what is given has a UID that follows from the first one's."""
    uid = _uid_of(heir, stored)
    if await agenda.objects.of_owner_with_uid(heir.account_id, uid):
        return
    calendars = [each for each in await own_calendars(agenda, heir.account_id) if each.kind == OWN]
    target = next((each for each in calendars if each.name == DEFAULT_NAME), calendars[0])
    content = handed_to(
        read_object(stored.content, scheduling=True), uid, heir.address, heir.display_name, frozenset(heir.addresses)
    )
    await write_object(agenda, Reached(target, OWNER), f"{uid}.ics", content, attached=stored.attached)


def _uid_of(heir: Person, stored: Stored) -> str:
    return hashlib.sha256(f"{heir.account_id} {stored.uid}".encode()).hexdigest()[:32]


async def _keep_places(agenda: Agenda, heir: Person, stored: Stored) -> None:
    """Rooms and equipment go with the meeting: asked as anybody asks, they would be taken by the one that is handed
    over, and free for others when that is called off. What they answer comes as ever. Repeatable."""
    own = frozenset(heir.addresses)
    for given in await agenda.objects.of_owner_with_uid(heir.account_id, _uid_of(heir, stored)):
        series = series_of(read_object(given.content, scheduling=True))
        people = {who(line) for node in series.nodes() for line in attendees(node)}
        places = [each for each in people if of_resources(agenda, each)]
        for room in await agenda.resources.by_addresses(places) if places else ():
            for message in request_to(series, room.address, own, agenda.now()):
                said = Said(heir.account_id, own, message.content)
                await take_message(agenda, room.id, said, instead_of=stored.uid)
