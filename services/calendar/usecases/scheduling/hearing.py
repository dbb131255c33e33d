"""Scheduling messages come to whom they are for: those of people here, and those that letters bring."""

import structlog
from workspace.calendar.v1.events_pb2 import SchedulingMessageSent
from workspace.mail.v1.events_pb2 import CalendarPartReceived, InvitationRefused

from chassis.errors import InvalidInput, PreconditionFailed, TooLarge, WorkspaceError
from services.calendar.domain.itip import status
from services.calendar.domain.itip.outcomes import Sender
from services.calendar.domain.objects import read_object
from services.calendar.domain.objects.addresses import address_of
from services.calendar.domain.resources.resource import is_resource
from services.calendar.usecases.book_resource import Said, take_message
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.scheduling.incoming import Letter, take_in
from services.calendar.usecases.scheduling.statuses import note_undelivered

log = structlog.get_logger(__name__)


async def hear_message(agenda: Agenda, message_id: str, told: SchedulingMessageSent) -> None:
    """Whom it does not reach, for good, the sender's meeting names. One whose turn fails keeps it from nobody else:
    raises the last error then, to be tried again for all; for those who have it that does nothing."""
    sender = Sender(frozenset(told.addresses), inside=True)
    letter = Letter(message_id, sender, told.content.encode(), told.owner_id)
    unreached: dict[str, str] = {}
    failure: Exception | None = None
    for recipient in told.recipients:
        try:
            if is_resource(recipient.owner_id):
                await take_message(agenda, recipient.owner_id, Said(told.owner_id, sender.addresses, letter.content))
            else:
                await take_in(agenda, letter, recipient.owner_id)
        except (PreconditionFailed, InvalidInput, TooLarge) as error:
            log.warning("scheduling_message_undeliverable", owner=recipient.owner_id, error=str(error))
            unreached[recipient.address] = status.LATER
        except WorkspaceError as error:
            failure = error
    if unreached:
        await note_undelivered(agenda, told.owner_id, told.uid, unreached)
    if failure is not None:
        raise failure


async def hear_part(agenda: Agenda, message_id: str, told: CalendarPartReceived) -> None:
    """What a letter has for the calendar of who received it (iMIP, RFC 6047). It counts as far as the letter's way here
    proves who wrote it; one that is nothing that a calendar reads, or too large to be told, stays a letter."""
    if not told.content:
        log.info("calendar_part_not_told", owner=told.account_id, size=told.size)
        return
    try:
        message = read_object(told.content.encode(), scheduling=True)
        if message.method != told.method.upper():
            # RFC 6047 §2.4: who reads the one and who reads the other would do different things.
            raise InvalidInput("The part and the object name different methods")
        await take_in(agenda, Letter(message_id, await _sender(agenda, told), message.octets), told.account_id)
    except (PreconditionFailed, InvalidInput, TooLarge) as error:
        log.warning("calendar_part_passed_over", owner=told.account_id, error=str(error))


async def _sender(agenda: Agenda, told: CalendarPartReceived) -> Sender:
    """By the one author that the letter has; of ours, with every address of whose account it is."""
    author = address_of(told.author)
    if told.inside:
        person = await agenda.people.by_address(author) if author else None
        return Sender(frozenset(person.addresses if person is not None else {author} - {""}), inside=True)
    return Sender(
        frozenset({author} - {""}),
        proven_domains=frozenset(each.lower() for each in told.proven_domains),
        dmarc=told.dmarc == "pass",
    )


# What nobody here has, what mail may not send, and what it could not.
_REFUSALS = {"unknown_recipient": status.UNKNOWN_USER, "forbidden": status.NO_PRIVILEGE, "too_large": status.NO_WAY}
_BAD_ADDRESS = "5.1."


async def hear_refusal(agenda: Agenda, told: InvitationRefused) -> None:
    """The sender's meeting says whom the letter did not reach, as often and in whatever order it is told. Who has no
    report of it from mail is written to."""
    # RFC 3463 §3.2: a letter that came back for its address.
    nobody = told.status.startswith(_BAD_ADDRESS)
    code = status.UNKNOWN_USER if nobody else _REFUSALS.get(told.reason, status.LATER)
    addresses = {address for each in told.recipients if (address := address_of(each))}
    statuses = dict.fromkeys(addresses, code)
    await note_undelivered(agenda, told.account_id, told.uid, statuses, letter=told.request_id, told=told.told)
