"""Messages on their way: to people of this platform as a fact that calendar's own worker hears, to others by mail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workspace.calendar.v1 import events_pb2

from chassis.errors import TooLarge
from chassis.events import Fact, fact
from services.calendar.domain.itip import status
from services.calendar.domain.itip.messages import Message
from services.calendar.domain.itip.people import attendees
from services.calendar.domain.itip.words import letter_for
from services.calendar.domain.objects.addresses import Address, is_mail, who
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.scheduling.parties import Party, of_resources, receiving

# So many recipients are one handler's work; a letter has at most a thousand.
INSIDE_AT_ONCE, OUTSIDE_AT_ONCE = 200, 1_000
MOST_OUTSIDE = 256 * 1024
# Of the facts of one write: a document holds 16 MiB.
MOST_IN_ALL = 8 * 1024 * 1024
# What an attendee sends to its delegates, in the organiser's name, is believed of nobody inside: the organiser's
# calendar invites them when it hears of the delegation.
_BY_ORGANIZER = frozenset({"REQUEST", "CANCEL", "ADD", "DECLINECOUNTER"})


@dataclass(frozen=True)
class Posted:
    """The facts, to be written with the change that they tell of, what became of the message to each address
    (SCHEDULE-STATUS), and by which letter it goes to those elsewhere."""

    facts: tuple[Fact, ...] = ()
    statuses: Mapping[Address, str] = field(default_factory=dict)
    letters: Mapping[Address, str] = field(default_factory=dict)


async def post(
    agenda: Agenda, speaker: Party, messages: Sequence[Message], *, by_members: frozenset[Address] = frozenset()
) -> Posted:
    """`by_members`: lists whose people have messages of their own. Raises `TooLarge` where they could not be written at
    once."""
    if not messages:
        return Posted()
    known = await receiving(agenda, sorted({address for each in messages for address in each.recipients}))
    facts: list[Fact] = []
    statuses: dict[Address, str] = {}
    letters: dict[Address, str] = {}
    for message in messages:
        inside = [address for address in message.recipients if address in known]
        nowhere = [each for each in message.recipients if not is_mail(each) or of_resources(agenda, each)]
        listed = [each for each in message.recipients if each in by_members and each not in known]
        elsewhere = {*known, *nowhere, *listed}
        outside = [each for each in message.recipients if each not in elsewhere]
        if _is_believed(speaker, message):
            facts += _told_inside(speaker, message, {address: known[address] for address in inside})
        statuses |= dict.fromkeys(nowhere, status.UNKNOWN_USER) | dict.fromkeys([*inside, *listed], status.DELIVERED)
        small = len(message.content) <= MOST_OUTSIDE
        if small:
            for to, asked in _told_outside(speaker, message, outside):
                facts.append(asked)
                letters |= dict.fromkeys(to, str(asked["id"]))
        statuses |= dict.fromkeys(outside, status.SENT if small else status.NO_WAY)
    if sum(len(each["body"]) for each in facts) > MOST_IN_ALL:
        raise TooLarge("It is too large to be told to so many at once", fields={"rule": "max-resource-size"})
    return Posted(tuple(facts), statuses, letters)


def _is_believed(speaker: Party, message: Message) -> bool:
    return message.method not in _BY_ORGANIZER or message.series.organizer in speaker.own


def _told_inside(speaker: Party, message: Message, to: Mapping[Address, list[Party]]) -> Iterable[Fact]:
    recipients = [
        events_pb2.SchedulingMessageSent.Recipient(owner_id=party.id, address=address)
        for address, parties in to.items()
        for party in parties
        if party.id != speaker.id
    ]
    for at in range(0, len(recipients), INSIDE_AT_ONCE):
        told = events_pb2.SchedulingMessageSent(
            owner_id=speaker.id,
            addresses=speaker.addresses,
            method=message.method,
            uid=message.uid,
            recipients=recipients[at : at + INSIDE_AT_ONCE],
            content=message.content.decode(),
        )
        yield fact(told, subject=speaker.id, version=message.sequence)


def _told_outside(speaker: Party, message: Message, to: Sequence[Address]) -> Iterable[tuple[Sequence[Address], Fact]]:
    """The letters that mail is asked for, and to whom each is."""
    if not to:
        return
    words = letter_for(message, speaker.name or speaker.addresses[0])
    names = _names(message)
    for at in range(0, len(to), OUTSIDE_AT_ONCE):
        page = to[at : at + OUTSIDE_AT_ONCE]
        people = [events_pb2.InvitationRequested.Attendee(address=each, name=names.get(each, "")) for each in page]
        # No name of an argument.
        writer: dict[str, Any] = {"from": _writer(speaker, message)}
        told = events_pb2.InvitationRequested(
            account_id=speaker.id,
            attendees=people,
            method=message.method,
            uid=message.uid,
            subject=words.subject,
            text=words.text,
            content=message.content.decode(),
            **writer,
        )
        yield page, fact(told, subject=speaker.id, version=message.sequence)


def _people(message: Message) -> dict[Address, str]:
    """Everybody in it, the organiser first, with their names."""
    lines = [line for node in message.series.nodes() for line in node.every("ORGANIZER")]
    lines += [line for node in message.series.nodes() for line in attendees(node)]
    found: dict[Address, str] = {}
    for line in lines:
        found[who(line)] = found.get(who(line)) or line.param("CN")
    return found


def _names(message: Message) -> dict[Address, str]:
    return {address: name[:200] for address, name in _people(message).items()}


def _writer(speaker: Party, message: Message) -> Address:
    """The address by which the message names who sends it."""
    return next((address for address in _people(message) if address in speaker.own), speaker.addresses[0])
