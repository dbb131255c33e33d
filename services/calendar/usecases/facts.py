"""What calendar tells, as entries of an outbox."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from workspace.calendar.v1 import events_pb2

from chassis.events import Fact, fact
from chassis.identity import identity_or_none
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.delegations import Delegation
from services.calendar.domain.privacy import is_private
from services.calendar.domain.reminders import Reminder
from services.calendar.domain.stored import Stored


def calendar_changed(calendar: Calendar, *, deleted: bool = False) -> Fact:
    message = events_pb2.CalendarChanged(
        owner_id=calendar.owner,
        calendar_id=calendar.id,
        title="" if deleted else calendar.title,
        deleted=deleted,
    )
    return fact(message, subject=calendar.id, version=calendar.modseq, audience=_given(calendar, Role.FREE_BUSY))


def delegation_changed(delegation: Delegation, *, ended: bool = False) -> Fact:
    message = events_pb2.DelegationChanged(owner_id=delegation.owner, delegate_id=delegation.delegate, ended=ended)
    both = [delegation.owner, delegation.delegate]
    return fact(message, subject=delegation.id, version=delegation.version, audience=both)


def reminder_due(reminder: Reminder) -> Fact:
    message = events_pb2.ReminderDue(
        account_id=reminder.owner,
        reminder_id=reminder.id,
        event_id=reminder.event,
        calendar_id=reminder.calendar,
        uid=reminder.uid,
        summary=reminder.summary,
        location=reminder.location,
        all_day=reminder.all_day,
    )
    message.start.FromSeconds(reminder.start)
    message.end.FromSeconds(reminder.end)
    message.due_at.FromSeconds(reminder.due_at)
    return fact(message, subject=reminder.id, version=reminder.due_at, audience=[reminder.owner], actor="")


def letter_requested(account: str, subject: str, paragraphs: Sequence[str]) -> Fact:
    message = events_pb2.LetterRequested(account_id=account, subject=subject, paragraphs=paragraphs)
    return fact(message, subject=account, version=0, actor="")


def acted(act: str, target: str, named: str, unit_path: Sequence[str], details: Mapping[str, str]) -> Fact:
    """What directory's audit log keeps of an act; written with the change itself. The actor is the identity at hand.

    `unit_path` leads to where the target stands: whose auditors may read of it.
    """
    identity = identity_or_none()
    message = events_pb2.ActRecorded(
        act=act,
        target_id=target,
        target_name=named,
        unit_path=unit_path,
        remote_address=identity.remote if identity is not None else "",
        details=details,
        actor_name=identity.address if identity is not None else "",
    )
    return fact(message, subject=target, version=1)


def _given(calendar: Calendar, role: Role) -> list[str]:
    """The accounts that have a role and see it live; whom a grant to a unit reaches asks again by itself."""
    return list(dict.fromkeys([calendar.owner, *(each.grantee for each in calendar.grants if each.role >= role)]))


def event_created(stored: Stored, calendar: Calendar) -> Fact:
    return _told(events_pb2.EventCreated(event=_details(stored, calendar)), stored, calendar)


def event_updated(stored: Stored, calendar: Calendar) -> Fact:
    return _told(events_pb2.EventUpdated(event=_details(stored, calendar)), stored, calendar)


def event_cancelled(stored: Stored, calendar: Calendar) -> Fact:
    """`stored` as it was, `calendar` as it is now."""
    return _told(events_pb2.EventCancelled(event=_details(stored, calendar)), stored, calendar)


def _told(
    message: events_pb2.EventCreated | events_pb2.EventUpdated | events_pb2.EventCancelled,
    stored: Stored,
    calendar: Calendar,
) -> Fact:
    """Not to who sees busy times alone: words and people are in it."""
    return fact(message, subject=stored.key, version=calendar.modseq, audience=_given(calendar, Role.READ))


def _details(stored: Stored, calendar: Calendar) -> events_pb2.EventFact:
    facts = stored.facts
    first = facts.components[0]
    shown = not is_private(first)
    details = events_pb2.EventFact(
        owner_id=stored.owner,
        calendar_id=stored.calendar,
        event_id=stored.key,
        uid=facts.uid,
        component=facts.component,
        summary=first.summary[:500] if shown else "",
        recurring=facts.recurring,
        organizer=first.organizer.address if shown and first.organizer is not None else "",
        modseq=calendar.modseq,
    )
    if facts.occurrences:
        details.start.FromDatetime(datetime.fromtimestamp(facts.occurrences[0].start, UTC))
        details.end.FromDatetime(datetime.fromtimestamp(facts.occurrences[0].end, UTC))
    return details


def personal_data_exported(request: str, account: str, document: str) -> Fact:
    message = events_pb2.PersonalDataExported(request_id=request, account_id=account, document=document)
    return fact(message, subject=request, version=1)


def personal_data_erased(request: str, account: str) -> Fact:
    message = events_pb2.PersonalDataErased(request_id=request, account_id=account)
    return fact(message, subject=request, version=1)
