"""What is told of a resource's bookings: its answer to the organiser, and facts for who follows."""

from collections.abc import Sequence
from datetime import UTC, datetime

from workspace.calendar.v1 import events_pb2

from chassis.events import Fact, fact
from services.calendar.domain.itip.messages import Message
from services.calendar.domain.resources.deciding import Instance
from services.calendar.domain.resources.resource import Resource
from services.calendar.store.resources import Booking


def replies(resource: Resource, booking: Booking, messages: Sequence[Message]) -> list[Fact]:
    """A resource's answers, on the way that answers of people take."""
    return [
        fact(
            events_pb2.SchedulingMessageSent(
                owner_id=resource.id,
                addresses=[resource.address],
                method=each.method,
                uid=each.uid,
                recipients=[
                    events_pb2.SchedulingMessageSent.Recipient(owner_id=booking.account_id, address=address)
                    for address in each.recipients
                ],
                content=each.content.decode(),
            ),
            subject=booking.key,
            version=booking.version,
        )
        for each in messages
        if each.method == "REPLY"
    ]


def resource_booked(resource: Resource, booking: Booking, first: Instance | None) -> Fact:
    message = events_pb2.ResourceBooked(booking=_details(resource, booking, first))
    return fact(message, subject=booking.key, version=booking.version, audience=[booking.account_id])


def resource_declined(resource: Resource, booking: Booking, first: Instance | None) -> Fact:
    message = events_pb2.ResourceDeclined(booking=_details(resource, booking, first))
    return fact(message, subject=booking.key, version=booking.version, audience=[booking.account_id])


def resource_requested(resource: Resource, booking: Booking, first: Instance | None, deciders: Sequence[str]) -> Fact:
    """Whoever decides hears of it at once."""
    message = events_pb2.ResourceRequested(booking=_details(resource, booking, first), steward_ids=deciders)
    return fact(message, subject=booking.key, version=booking.version, audience=deciders)


def _details(resource: Resource, booking: Booking, first: Instance | None) -> events_pb2.ResourceFact:
    why = booking.reason or next((reason for _, reason in booking.declined), None)
    details = events_pb2.ResourceFact(
        resource_id=resource.id,
        name=resource.name,
        address=resource.address,
        uid=booking.uid,
        account_id=booking.account_id,
        organizer=booking.organizer,
        declined=[start for start, _ in booking.declined],
        reason=why.value if why is not None else "",
    )
    if first is not None:
        details.start.FromDatetime(datetime.fromtimestamp(first.start, UTC))
        details.end.FromDatetime(datetime.fromtimestamp(first.end, UTC))
    return details
