"""Instances as messages."""

from collections.abc import Collection, Mapping

from workspace.calendar.v1 import schedule_pb2 as pb

from services.calendar.domain.instances import Instance
from services.calendar.domain.objects import Attendee

STATUSES = {
    "": pb.EVENT_STATUS_CONFIRMED,
    "CONFIRMED": pb.EVENT_STATUS_CONFIRMED,
    "TENTATIVE": pb.EVENT_STATUS_TENTATIVE,
    "CANCELLED": pb.EVENT_STATUS_CANCELLED,
}
VISIBILITIES = {"PUBLIC": pb.VISIBILITY_PUBLIC, "CONFIDENTIAL": pb.VISIBILITY_CONFIDENTIAL}
PARTICIPATIONS = {
    "NEEDS-ACTION": pb.PARTICIPATION_NEEDS_ACTION,
    "ACCEPTED": pb.PARTICIPATION_ACCEPTED,
    "DECLINED": pb.PARTICIPATION_DECLINED,
    "TENTATIVE": pb.PARTICIPATION_TENTATIVE,
    "DELEGATED": pb.PARTICIPATION_DELEGATED,
}


def instance_message(instance: Instance, owner: Collection[str]) -> pb.Instance:
    """`owner` are the addresses of whose calendar it is in."""
    facts, stored, occurrence = instance.facts, instance.stored, instance.occurrence
    message = pb.Instance(
        calendar_id=stored.calendar,
        local_start=instance.local_start,
        local_end=instance.local_end,
        time_zone=instance.zone.name,
        all_day=facts.all_day,
        title=facts.summary,
        status=STATUSES.get(facts.status, pb.EVENT_STATUS_CONFIRMED),
        transparent=facts.transparent,
        visibility=VISIBILITIES.get(facts.classification, pb.VISIBILITY_PRIVATE),
        busy_only=instance.busy_only,
    )
    message.start.seconds, message.end.seconds = occurrence.start, occurrence.end
    if not instance.named:
        return message
    message.event_id, message.uid, message.etag = stored.key, stored.uid, stored.etag
    message.recurring = instance.recurring
    message.recurrence_id = instance.recurrence_id
    message.changed = facts.recurrence != 0
    if instance.busy_only:
        return message
    message.location = facts.location
    message.conference_url, message.color = facts.conference, facts.color
    message.categories.extend(facts.categories)
    message.attendees = len(facts.attendees)
    message.participation = participation_of(facts.attendees, owner)
    message.has_reminders = any(alarm.component == occurrence.component for alarm in stored.facts.alarms)
    if facts.organizer is not None:
        message.organizer.address, message.organizer.name = facts.organizer.address, facts.organizer.name
        message.organized = facts.organizer.address in owner
    return message


def participation_of(attendees: Collection[Attendee], owner: Collection[str]) -> pb.Participation.ValueType:
    """What whose calendar it is answered; unspecified where nobody asked."""
    for attendee in attendees:
        if attendee.address in owner:
            return PARTICIPATIONS.get(attendee.partstat, pb.PARTICIPATION_NEEDS_ACTION)
    return pb.PARTICIPATION_UNSPECIFIED


def instances_message(instances: Collection[Instance], addresses: Mapping[str, Collection[str]]) -> list[pb.Instance]:
    """`addresses` are those of the owners of calendars, by id."""
    return [instance_message(each, addresses.get(each.stored.owner, ())) for each in instances]
