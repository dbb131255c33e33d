"""The requests by which people reach calendars, aimed at ids of another ministry's things.

A rpc that is missing here fails `test_isolation.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NOBODY = "01JNOBODYS0000000000000000"


@dataclass(frozen=True)
class Ids:
    """Whose they are aside."""

    owner: str
    calendar: str
    event: str
    secret: str
    publication: str
    delegation: str
    unit: str
    address: str
    poll: str
    task: str
    # Which instance.
    instance: str = "20261130T090000Z"

    def blank(self) -> "Ids":
        """The same with ids that nobody has."""
        return Ids(
            NOBODY, f"{NOBODY}.agenda", f"{NOBODY}.{NOBODY}", f"{NOBODY}.{NOBODY}", NOBODY, f"{NOBODY}.{NOBODY}",
            NOBODY, "personne@numerique.gouv.tg", NOBODY, f"{NOBODY}.{NOBODY}",
        )  # fmt: skip


Requests = Callable[[Ids], list[dict[str, Any]]]
WINDOW = {"start": "2026-11-30T00:00:00Z", "end": "2026-12-07T00:00:00Z"}


def _calendar(**said: Any) -> Requests:
    return lambda ids: [{"calendar_id": ids.calendar, **said}]


def _owner(ids: Ids) -> list[dict[str, Any]]:
    return [{"owner_id": ids.owner}]


def _events(*said: dict[str, Any]) -> Requests:
    """The same of an event and of a secret one."""
    return lambda ids: [{"id": key, **each} for key in (ids.event, ids.secret) for each in (said or ({},))]


def _attached(*said: dict[str, Any]) -> Requests:
    return lambda ids: [{"event_id": key, **each} for key in (ids.event, ids.secret) for each in said]


def _task(**said: Any) -> Requests:
    return lambda ids: [{"id": ids.task, **said}]


def _update(ids: Ids) -> list[dict[str, Any]]:
    scopes: list[dict[str, Any]] = [
        {},
        *({"scope": each, "recurrence_id": ids.instance} for each in ("SCOPE_THIS", "SCOPE_THIS_AND_FOLLOWING")),
    ]
    event = {"title": "Pris"}
    return [
        {"event": {"id": key, **event}, "update_mask": "title", **scope}
        for key in (ids.event, ids.secret)
        for scope in scopes
    ]


# Requests of each rpc, as JSON.
WALK: dict[str, Requests] = {
    "GetCalendar": lambda ids: [{"id": ids.calendar}],
    "CreateCalendar": lambda ids: [{"owner_id": ids.owner, "calendar": {"title": "Pris"}}],
    "UpdateCalendar": lambda ids: [{"calendar": {"id": ids.calendar, "title": "Pris"}, "update_mask": "title"}],
    "DeleteCalendar": lambda ids: [{"id": ids.calendar}],
    "ListPublications": _calendar(),
    "PublishCalendar": _calendar(label="Pris", detail=1),
    "WithdrawPublication": lambda ids: [{"calendar_id": ids.calendar, "publication_id": ids.publication}],
    "FetchSubscription": _calendar(),
    "ListInstances": lambda ids: [{"calendar_ids": [ids.calendar], **WINDOW}],
    "SearchEvents": lambda ids: [{"calendar_ids": [ids.calendar], "query": "secret"}],
    "ListEventChanges": lambda ids: [{"calendar_ids": [ids.calendar]}],
    "GetEvent": _events({}, {"recurrence_id": "20261130T090000Z"}),
    "CreateEvent": _calendar(event={"title": "Pris", "start": {"local": "2026-11-30"}}),
    "UpdateEvent": _update,
    "DeleteEvent": _events({}, {"scope": "SCOPE_THIS", "recurrence_id": "20261130T090000Z"}),
    "ListEventAttachments": _attached({}),
    "GetEventAttachment": _attached({"id": NOBODY}),
    "RemoveEventAttachment": _attached({"id": NOBODY}, {"id": NOBODY, "recurrence_id": "20261130T090000Z"}),
    "ListTasks": lambda ids: [{"calendar_ids": [ids.calendar]}],
    "GetTask": _task(),
    "CreateTask": _calendar(task={"title": "Pris"}),
    "UpdateTask": lambda ids: [{"task": {"id": ids.task, "title": "Pris"}, "update_mask": "title"}],
    "CompleteTask": _task(),
    "DeleteTask": _task(),
    "ExportCalendar": _calendar(),
    "ExportEvent": _events(),
    "ListInvitations": _owner,
    "ListProposals": _owner,
    "AnswerInvitation": lambda ids: [{"event_id": key, "answer": 2} for key in (ids.event, ids.secret)],
    "AcceptProposal": _events(),
    "DeclineProposal": _events(),
    "DismissReminder": _events(),
    "SnoozeReminder": _events({"until": "2026-11-30T12:00:00Z"}),
    "GetPoll": lambda ids: [{"id": ids.poll}],
    "VoteInPoll": lambda ids: [{"id": ids.poll, "comment": "Pris"}],
    "ClosePoll": lambda ids: [{"id": ids.poll, "option_id": "1"}],
    "DeletePoll": lambda ids: [{"id": ids.poll}],
    "ListGrants": _calendar(),
    "ShareCalendar": _calendar(grant={"address": "agent1@sante.gouv.tg", "role": "ROLE_READ"}),
    "UnshareCalendar": lambda ids: [{"calendar_id": ids.calendar, "grantee_id": ids.unit}],
    "EndDelegation": lambda ids: [{"id": ids.delegation}],
    "GetUnitHours": lambda ids: [{"unit_id": ids.unit}],
    "SetUnitHours": lambda ids: [{"unit_id": ids.unit, "hours": {"time_zone": "Africa/Lome"}}],
    "ListTeamCalendars": lambda ids: [{"unit_id": ids.unit}],
    "CreateTeamCalendar": lambda ids: [{"unit_id": ids.unit, "calendar": {"title": "Pris"}}],
}
# What takes no id of anybody's, and where else it is shown who reaches what.
OTHERWISE = {
    **dict.fromkeys(("ListCalendars", "GetPreferences", "UpdatePreferences", "ListReminders"), "one's own"),
    **dict.fromkeys(("ListSubscriptions", "Subscribe", "AcknowledgeReminders", "ListPendingBookings"), "one's own"),
    **dict.fromkeys(("ListDelegations", "ListPolls", "CreatePoll"), "one's own"),
    "Delegate": "tests/calendar/test_sharing.py: to who works here alone",
    "ListHolidays": "says the same to everybody",
    "CorrectHolidays": "of the whole administration",
    **dict.fromkeys(("QueryFreeBusy", "FindSlots"), "tests/calendar/test_free_busy.py: as each wishes"),
    **dict.fromkeys(
        ("ListResources", "GetResource", "CreateResource", "UpdateResource", "DeleteResource", "ListResourceBookings"),
        "tests/calendar/resources/test_rooms_by_rest.py",
    ),
    **dict.fromkeys(("ListOrganisedMeetings", "HandOverMeetings"), "tests/calendar/test_handing_over.py"),
    "DecideBooking": "tests/calendar/resources/test_rooms_by_rest.py",
    **dict.fromkeys(
        ("ListAppointmentPages", "CreateAppointmentPage", "UpdateAppointmentPage", "DeleteAppointmentPage"),
        "tests/calendar/outside/test_appointments.py",
    ),
    # Streams of requests, by hand.
    "AddEventAttachment": "tests/calendar/attachments/test_rest.py",
    "ImportEvents": "tests/calendar/rest/test_transfers.py",
}
