"""AppointmentService."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import appointments_pb2 as pb
from workspace.calendar.v1 import appointments_pb2_grpc as rpc
from workspace.calendar.v1.availability_pb2 import WorkingSpan

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from chassis.rpc.moments import moment_or_none
from services.calendar.api.messages import timestamp
from services.calendar.domain.appointments import AppointmentPage
from services.calendar.domain.finding.booking import Kind, Page, Question
from services.calendar.domain.finding.working_hours import HOME, USUAL, WorkingHours, hours_given
from services.calendar.usecases.appointment_pages import create_page, delete_page, pages_of, update_page
from services.calendar.usecases.book import Found, book, cancel, confirm, find_booking, shown_page, slots_of
from services.calendar.usecases.context import Agenda

_KINDS = {
    Kind.LINE: pb.QUESTION_KIND_LINE,
    Kind.TEXT: pb.QUESTION_KIND_TEXT,
    Kind.TELEPHONE: pb.QUESTION_KIND_TELEPHONE,
    Kind.CHOICE: pb.QUESTION_KIND_CHOICE,
}
_GIVEN = {number: kind for kind, number in _KINDS.items()}
# Times of so many days are shown at once.
_SHOWN = timedelta(days=14)
_DEFAULT_HORIZON = 60


class AppointmentApi(rpc.AppointmentServiceServicer):
    """Pages of appointments, and what is booked on them."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListAppointmentPages(
        self, request: pb.ListAppointmentPagesRequest, context: Any
    ) -> pb.ListAppointmentPagesResponse:
        found = await pages_of(self._agenda, current_identity())
        return pb.ListAppointmentPagesResponse(pages=map(self._page, found))

    async def CreateAppointmentPage(self, request: pb.CreateAppointmentPageRequest, context: Any) -> pb.AppointmentPage:
        return self._page(await create_page(self._agenda, current_identity(), _given(request.page)))

    async def UpdateAppointmentPage(self, request: pb.UpdateAppointmentPageRequest, context: Any) -> pb.AppointmentPage:
        given = _given(request.page)
        return self._page(await update_page(self._agenda, current_identity(), request.page.id, given))

    async def DeleteAppointmentPage(self, request: pb.DeleteAppointmentPageRequest, context: Any) -> Empty:
        await delete_page(self._agenda, current_identity(), request.id)
        return Empty()

    async def ShowAppointmentPage(
        self, request: pb.ShowAppointmentPageRequest, context: Any
    ) -> pb.ShowAppointmentPageResponse:
        shown = await shown_page(self._agenda, request.page_id)
        page, now = shown.page, self._agenda.now()
        length = request.length or page.rules.lengths[0]
        asked = moment_or_none(request, "from") or now
        first = int(min(max(asked, now), now + page.rules.horizon).timestamp())
        slots = await slots_of(self._agenda, shown, length, (first, first + int(_SHOWN.total_seconds())))
        return pb.ShowAppointmentPageResponse(
            title=page.title,
            description=page.description,
            place=page.place,
            owner_name=shown.owner.display_name,
            lengths=page.rules.lengths,
            length=length,
            questions=map(_question, page.rules.questions),
            starts=[timestamp(datetime.fromtimestamp(start, UTC)) for start, _ in slots],
        )

    async def BookAppointment(self, request: pb.BookAppointmentRequest, context: Any) -> Empty:
        if not request.HasField("start") or not 0 < request.length <= 480:
            raise InvalidInput("Not a time", fields={"start": "is needed, and length"})
        start = request.start.seconds
        wanted = (start, start + request.length * 60)
        await book(self._agenda, request.page_id, wanted, request.name, request.email, dict(request.answers))
        return Empty()

    async def ShowAppointment(self, request: pb.ShowAppointmentRequest, context: Any) -> pb.Appointment:
        return _appointment(await find_booking(self._agenda, request.page_id, request.secret))

    async def ConfirmAppointment(self, request: pb.ConfirmAppointmentRequest, context: Any) -> pb.Appointment:
        return _appointment(await confirm(self._agenda, request.page_id, request.secret))

    async def CancelAppointment(self, request: pb.CancelAppointmentRequest, context: Any) -> Empty:
        await cancel(self._agenda, request.page_id, request.secret)
        return Empty()

    def _page(self, page: AppointmentPage) -> pb.AppointmentPage:
        rules = page.rules
        return pb.AppointmentPage(
            id=page.id,
            title=page.title,
            description=page.description,
            place=page.place,
            calendar_id=page.calendar,
            lengths=rules.lengths,
            step=rules.step,
            before=rules.before,
            after=rules.after,
            notice_minutes=int(rules.notice.total_seconds() // 60),
            horizon_days=rules.horizon.days,
            most_a_day=rules.most_a_day,
            cancel_minutes=int(rules.cancel_until.total_seconds() // 60),
            hours=_spans(rules.hours),
            time_zone=rules.hours.zone,
            questions=map(_question, rules.questions),
            open=page.open,
            url=f"{self._agenda.options.public_url}/rendez-vous/{page.id}",
        )


def _given(given: pb.AppointmentPage) -> AppointmentPage:
    """As it is wanted. Raises `InvalidInput`."""
    spans = [(each.weekday, getattr(each, "from"), each.until) for each in given.hours]
    zone, lengths = given.time_zone or HOME, tuple(given.lengths)
    rules = Page(
        hours=hours_given(zone, spans) if spans else replace(USUAL, zone=zone),
        lengths=lengths,
        step=given.step or min(lengths, default=30),
        before=given.before,
        after=given.after,
        notice=timedelta(minutes=given.notice_minutes),
        horizon=timedelta(days=given.horizon_days or _DEFAULT_HORIZON),
        most_a_day=given.most_a_day,
        cancel_until=timedelta(minutes=given.cancel_minutes),
        questions=tuple(
            Question(
                each.key,
                each.french,
                each.english,
                _GIVEN.get(each.kind, Kind.LINE),
                each.required,
                tuple(each.choices),
            )
            for each in given.questions
        ),
    )
    return AppointmentPage(
        "", "", given.calendar_id, given.title.strip(), rules, given.description, given.place.strip(), given.open
    )


def _spans(hours: WorkingHours) -> list[WorkingSpan]:
    return [
        WorkingSpan(weekday=number, **{"from": _clock(start)}, until=_clock(end))
        for number, day in enumerate(hours.days, 1)
        for start, end in day
    ]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _question(question: Question) -> pb.AppointmentQuestion:
    return pb.AppointmentQuestion(
        key=question.key,
        french=question.french,
        english=question.english,
        kind=_KINDS[question.kind],
        required=question.required,
        choices=question.choices,
    )


def _appointment(found: Found) -> pb.Appointment:
    page, booking = found.shown.page, found.booking
    return pb.Appointment(
        title=page.title,
        place=page.place,
        owner_name=found.shown.owner.display_name,
        start=timestamp(datetime.fromtimestamp(booking.start, UTC)),
        end=timestamp(datetime.fromtimestamp(booking.end, UTC)),
        confirmed=found.confirmed,
        cancellable=found.cancellable,
    )
