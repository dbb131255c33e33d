"""Who speaks for a calendar, and who receives for an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from chassis.identity import identity_or_none
from chassis.people import Person
from services.calendar.domain.calendars import OWN, TEAM, Calendar
from services.calendar.domain.objects.addresses import Address, address_of, domain_of, is_mail
from services.calendar.domain.stored import Stored
from services.calendar.usecases.context import Agenda

_PRINCIPALS = "/dav/principals/"


@dataclass(frozen=True)
class Party:
    """Somebody who organises or attends: an account, or a room or equipment, and every address that speaks for it, its
    own first."""

    id: str
    addresses: tuple[Address, ...]
    name: str = ""

    @property
    def own(self) -> frozenset[Address]:
        return frozenset(self.addresses)


async def party_of(agenda: Agenda, owner: str) -> Party | None:
    """Whose meetings are in the calendars of an owner; None of a unit, of a team, and of who is gone."""
    person = await agenda.people.by_id(owner)
    return _party(person) if person is not None else None


async def speaking_in(agenda: Agenda, calendar: Calendar, stored: Stored | None) -> Party | None:
    """Who organises and answers in a calendar: whose it is; in a team's, of a meeting who organises it, and of what is
    to be one whoever writes. None where nobody does."""
    if calendar.kind == OWN:
        return await party_of(agenda, calendar.owner)
    if calendar.kind != TEAM:
        return None
    if stored is None or not stored.schedule_tag:
        writer = identity_or_none()
        return await party_of(agenda, writer.account_id) if writer is not None else None
    organizer = stored.facts.components[0].organizer
    person = await agenda.people.by_address(organizer.address) if organizer is not None else None
    return _party(person) if person is not None else None


async def receiving(agenda: Agenda, addresses: Sequence[Address]) -> dict[Address, list[Party]]:
    """Whoever of this platform receives for each; who is of elsewhere is not in it."""
    people = [each for each in addresses if is_mail(each) and not of_resources(agenda, each)]
    found = await agenda.people.receiving_each(people)
    parties = {address: [_party(person) for person in people] for address, people in found.items() if people}
    if len(people) == len(addresses):
        return parties
    rooms = await agenda.resources.by_addresses([each for each in addresses if of_resources(agenda, each)])
    return parties | {each.address: [Party(each.id, (each.address,), each.name)] for each in rooms}


def of_resources(agenda: Agenda, address: Address) -> bool:
    """Whether it can be of nobody but a room or equipment: no letter goes there."""
    return domain_of(address) == agenda.options.resource_domain


def _party(person: Person) -> Party:
    return Party(person.account_id, person.addresses, person.display_name)


def principal_address(uri: str) -> Address | None:
    """The address in the path of a principal, as some clients write it for organisers and attendees; None for what
    is no principal of ours."""
    path = urlsplit(uri).path
    if not path.startswith(_PRINCIPALS):
        return None
    address = address_of(unquote(path.removeprefix(_PRINCIPALS).strip("/"), errors="replace"))
    return address if is_mail(address) else None
