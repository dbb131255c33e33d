"""Answer a meeting poll without an account, by the link of the letter."""

from datetime import UTC
from typing import Any

from starlette.responses import Response
from workspace.calendar.v1 import polls_pb2 as pb

from chassis.errors import InvalidInput, PreconditionFailed
from gateway.edges.pages.forms import Form
from gateway.edges.pages.visit import Visit

_ANSWER = "option_"
_CHOICES = {"yes": pb.POLL_ANSWER_YES, "if_needed": pb.POLL_ANSWER_IF_NEEDED, "no": pb.POLL_ANSWER_NO}
_NAMES = {number: name for name, number in _CHOICES.items()}
# Octets of a letter's link, and of a remark, before the service looks at them.
_SECRET, _COMMENT = 100, 2_000


async def show(visit: Visit) -> Response:
    return _page(visit, await _found(visit))


async def act(visit: Visit) -> Response:
    """Only a form answers: programs that look into letters follow links."""
    form = await visit.form()
    asked = pb.AnswerPollRequest(secret=_secret(visit), answers=_answers(form), comment=form.text("comment")[:_COMMENT])
    visit.count(pb.ShowPollRequest(secret=asked.secret))
    try:
        found = await visit.desk.polls.AnswerPoll(asked, metadata=visit.metadata())
    except PreconditionFailed:
        return _page(visit, await _found(visit), status=409)
    except InvalidInput:
        found = await _found(visit)
        return _page(visit, found, wrong=visit.words("poll.wrong"), status=422)
    return _page(visit, found, kept=True)


async def _found(visit: Visit) -> pb.ShownPoll:
    asked = pb.ShowPollRequest(secret=_secret(visit))
    visit.count(asked)
    found: pb.ShownPoll = await visit.desk.polls.ShowPoll(asked, metadata=visit.metadata())
    return found


def _page(visit: Visit, found: pb.ShownPoll, *, wrong: str = "", kept: bool = False, status: int = 200) -> Response:
    moments = {each.id: _span(visit, each) for each in found.options}
    said = {option: _NAMES[answer] for option, answer in found.answers.items() if answer in _NAMES}
    options = [(each.id, moments[each.id], said.get(each.id, "")) for each in found.options]
    until = visit.words.moment(found.deadline.ToDatetime(UTC)) if found.HasField("deadline") else ""
    chosen = moments.get(found.chosen_option_id, "")
    return visit.page(
        "poll.html", status, found=found, options=options, choices=list(_CHOICES), until=until, chosen=chosen,
        wrong=wrong, kept=kept,
    )  # fmt: skip


def _span(visit: Visit, option: pb.PollOption) -> str:
    """Its day and its times; of what ends on another day that one too."""
    start, end = option.start.ToDatetime(UTC), option.end.ToDatetime(UTC)
    until = f"{end:%H:%M}" if end.date() == start.date() else visit.words.moment(end)
    return f"{visit.words.day(start)}, {start:%H:%M} – {until}"


def _secret(visit: Visit) -> str:
    return str(visit.request.path_params["secret"])[:_SECRET]


def _answers(form: Form) -> dict[str, Any]:
    """What is none of the choices is said by nobody who uses the form."""
    given = {name.removeprefix(_ANSWER): form.line(name) for name in form.names() if name.startswith(_ANSWER)}
    return {option[:40]: _CHOICES.get(said, pb.POLL_ANSWER_UNSPECIFIED) for option, said in given.items()}
