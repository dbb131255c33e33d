"""Book an appointment without an account, and follow the link of the letter: confirm it, or cancel it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby

from starlette.responses import Response
from workspace.calendar.v1 import appointments_pb2 as pb

from chassis.errors import InvalidInput, PreconditionFailed, TooManyRequests
from gateway.edges.pages.visit import Visit
from gateway.edges.pages.words import FRENCH

_KINDS = {pb.QUESTION_KIND_TEXT: "textarea", pb.QUESTION_KIND_TELEPHONE: "tel", pb.QUESTION_KIND_CHOICE: "choice"}
_TWO_WEEKS = timedelta(days=14)
_ANSWER = "answer_"
# Of what is typed into a field; the service knows the limit of each.
_LONGEST = 4000
# No page offers as long an appointment.
_MOST_MINUTES = 10_000
_LAST_YEAR = 3000
_EMPTY = {"name": "", "email": "", "start": ""}


async def show(visit: Visit) -> Response:
    return await _page(visit, _minutes(visit.query("length")), visit.query("from"), {}, "")


async def act(visit: Visit) -> Response:
    form = await visit.form()
    length, start = _minutes(form.line("length")), _number(form.line("start"))
    given = {name: form.text(name)[:_LONGEST] for name in form.names()}
    asked = pb.BookAppointmentRequest(
        page_id=visit.request.path_params["page"][:100],
        length=length,
        name=form.line("name")[:200],
        email=form.line("email")[:320],
        answers={name.removeprefix(_ANSWER): text for name, text in given.items() if name.startswith(_ANSWER)},
    )
    asked.start.FromSeconds(start)
    try:
        visit.count(asked)
        await visit.desk.appointments.BookAppointment(asked, metadata=visit.metadata())
    except PreconditionFailed:
        return await _page(visit, length, form.line("from"), given, visit.words("appointment.taken"), 409)
    except InvalidInput as error:
        faults = _faults(visit, error)
        return await _page(visit, length, form.line("from"), given, visit.words("appointment.wrong"), 422, faults)
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        response = await _page(visit, length, form.line("from"), given, wait, 429)
        response.headers.update(headers)
        return response
    return visit.page("appointment_asked.html", address=asked.email)


async def show_booking(visit: Visit) -> Response:
    asked = pb.ShowAppointmentRequest(**_named(visit))
    visit.count(asked)
    found = await visit.desk.appointments.ShowAppointment(asked, metadata=visit.metadata())
    return _booking(visit, found)


async def act_on_booking(visit: Visit) -> Response:
    """Only a form does it: programs that look into letters follow links."""
    form = await visit.form()
    named = _named(visit)
    visit.count(pb.ShowAppointmentRequest(**named))
    try:
        if form.line("act") == "cancel":
            await visit.desk.appointments.CancelAppointment(
                pb.CancelAppointmentRequest(**named), metadata=visit.metadata()
            )
            return visit.page("appointment.html", found=None, when="", wrong="")
        found = await visit.desk.appointments.ConfirmAppointment(
            pb.ConfirmAppointmentRequest(**named), metadata=visit.metadata()
        )
    except PreconditionFailed:
        found = await visit.desk.appointments.ShowAppointment(
            pb.ShowAppointmentRequest(**named), metadata=visit.metadata()
        )
        late = visit.words("appointment.late" if found.confirmed else "appointment.taken")
        return _booking(visit, found, late, 409)
    return _booking(visit, found)


def _booking(visit: Visit, found: pb.Appointment, wrong: str = "", status: int = 200) -> Response:
    when = visit.words.moment(found.start.ToDatetime(UTC))
    return visit.page("appointment.html", status, found=found, when=when, wrong=wrong)


def _faults(visit: Visit, error: InvalidInput) -> dict[str, str]:
    """What to say beside each field of the form."""
    own = {name: visit.words(f"appointment.wrong_{name}") for name in ("name", "email") if name in error.fields}
    answers = {f"{_ANSWER}{key}": visit.words("appointment.wrong_answer") for key in error.fields if key not in own}
    return own | answers


async def _page(
    visit: Visit,
    length: int,
    since: str,
    given: Mapping[str, str],
    wrong: str,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
) -> Response:
    asked = pb.ShowAppointmentPageRequest(page_id=visit.request.path_params["page"][:100], length=length)
    first = _day(since)
    if first is not None:
        getattr(asked, "from").FromDatetime(first)
    try:
        found = await visit.desk.appointments.ShowAppointmentPage(asked, metadata=visit.metadata())
    except InvalidInput:
        # A length that the page has no more: its first is shown.
        asked.length = 0
        found = await visit.desk.appointments.ShowAppointmentPage(asked, metadata=visit.metadata())
    starts = [each.ToDatetime(UTC) for each in found.starts]
    days = [(visit.words.day(day[0]), day) for day in _by_day(starts)]
    following = (first or datetime.now(UTC)) + _TWO_WEEKS
    french = visit.words.language == FRENCH
    questions = [
        (each, each.french if french or not each.english else each.english, _KINDS.get(each.kind, "text"))
        for each in found.questions
    ]
    return visit.page(
        "appointments.html", status, found=found, days=days, questions=questions, given={**_EMPTY, **given},
        wrong=wrong, faults=faults or {}, since=since if first is not None else "", following=f"{following:%Y-%m-%d}",
    )  # fmt: skip


def _by_day(starts: list[datetime]) -> list[list[datetime]]:
    return [list(day) for _, day in groupby(starts, key=datetime.date)]


def _named(visit: Visit) -> dict[str, str]:
    return {
        "page_id": visit.request.path_params["page"][:100],
        "secret": visit.request.path_params["secret"][:100],
    }


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 11 else 0


def _minutes(given: str) -> int:
    number = _number(given)
    return number if number <= _MOST_MINUTES else 0


def _day(given: str) -> datetime | None:
    try:
        day = datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if day.year < _LAST_YEAR else None
