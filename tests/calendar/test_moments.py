"""Moments of requests: what is of no year is refused by name, and no fault of ours."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.calendar.v1 import (
    appointments_pb2,
    availability_pb2,
    polls_pb2,
    reminders_pb2,
    resources_pb2,
    schedule_pb2,
    scheduling_pb2,
    tasks_pb2,
)

from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar.domain.appointments import AppointmentPage
from services.calendar.domain.finding.booking import Page
from services.calendar.domain.finding.working_hours import USUAL
from services.calendar.usecases.appointment_pages import create_page
from services.calendar.usecases.list_calendars import list_calendars
from tests.calendar.conftest import Api
from tests.calendar.office import Office

FAR = Timestamp(seconds=10**15)
ASKED: list[tuple[str, Any, str]] = [
    ("AvailabilityService/QueryFreeBusy", availability_pb2.QueryFreeBusyRequest(start=FAR, end=FAR), "start"),
    ("AvailabilityService/QueryFreeBusy", availability_pb2.QueryFreeBusyRequest(end=FAR), "start"),
    ("EventService/ListInstances", schedule_pb2.ListInstancesRequest(start=FAR, end=FAR), "start"),
    ("TaskService/ListTasks", tasks_pb2.ListTasksRequest(due_from=FAR), "due_from"),
    ("ReminderService/SnoozeReminder", reminders_pb2.SnoozeReminderRequest(id="x", until=FAR), "until"),
    ("ReminderService/SnoozeReminder", reminders_pb2.SnoozeReminderRequest(id="x"), "until"),
    ("ResourceService/ListResources", resources_pb2.ListResourcesRequest(start=FAR, end=FAR), "start"),
    ("ResourceService/ListResourceBookings", resources_pb2.ListResourceBookingsRequest(id="x"), "start"),
    ("PollService/CreatePoll", polls_pb2.CreatePollRequest(title="x", deadline=FAR), "deadline"),
    ("PollService/CreatePoll", polls_pb2.CreatePollRequest(options=[polls_pb2.PollOption(start=FAR)]), "start"),
    (
        "SchedulingService/AnswerInvitation",
        scheduling_pb2.AnswerInvitationRequest(event_id="x", proposed_start=FAR),
        "proposed_start",
    ),
]


def asking(api: Api, method: str, request: Any, answer: Any) -> Any:
    return api.channel.unary_unary(
        f"/workspace.calendar.v1.{method}",
        request_serializer=type(request).SerializeToString,
        response_deserializer=answer.FromString,
    )


@pytest.mark.parametrize(("method", "question", "field"), ASKED)
async def test_what_no_calendar_reaches_is_refused_by_name(
    api: Api, agent: Identity, method: str, question: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await asking(api, method, question, availability_pb2.QueryFreeBusyResponse)(question, **api.said(agent))
    assert refused.value.fields.keys() == {field}


async def test_pages_of_appointments_are_asked_for_years_that_there_are(
    api: Api, office: Office, agent: Identity
) -> None:
    await list_calendars(office.agenda, agent)
    page = await create_page(office.agenda, agent, AppointmentPage("", "", "", "Passeport", Page(USUAL, (30,))))
    request = appointments_pb2.ShowAppointmentPageRequest(page_id=page.id, **{"from": FAR})
    with pytest.raises(InvalidInput) as refused:
        await asking(
            api, "AppointmentService/ShowAppointmentPage", request, appointments_pb2.ShowAppointmentPageResponse
        )(request, **api.said(agent))
    assert refused.value.fields.keys() == {"from"}
