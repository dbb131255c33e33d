"""PollService."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import polls_pb2 as pb
from workspace.calendar.v1 import polls_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from chassis.rpc.moments import moment_given, moment_or_none
from services.calendar.api.messages import timestamp
from services.calendar.domain.finding.poll import Answer, tallies
from services.calendar.store.polls import KeptPoll
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.poll_guests import Shown, shown_poll, vote_as_guest
from services.calendar.usecases.polls import (
    close_poll,
    create_poll,
    delete_poll,
    get_poll,
    list_polls,
    vote_in_poll,
)

_ANSWERS = {
    pb.POLL_ANSWER_YES: Answer.YES,
    pb.POLL_ANSWER_IF_NEEDED: Answer.IF_NEEDED,
    pb.POLL_ANSWER_NO: Answer.NO,
}
_OF_ANSWERS = {answer: number for number, answer in _ANSWERS.items()}


class PollApi(rpc.PollServiceServicer):
    """Meeting polls among agents, and guests who have a link."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def CreatePoll(self, request: pb.CreatePollRequest, context: Any) -> pb.Poll:
        times = [(moment_given(each, "start"), moment_given(each, "end")) for each in request.options]
        deadline = moment_or_none(request, "deadline")
        made = await create_poll(
            self._agenda, current_identity(), request.title, times, list(request.invitees), deadline
        )
        return _message(made)

    async def ListPolls(self, request: pb.ListPollsRequest, context: Any) -> pb.ListPollsResponse:
        return pb.ListPollsResponse(polls=map(_message, await list_polls(self._agenda, current_identity())))

    async def GetPoll(self, request: pb.GetPollRequest, context: Any) -> pb.Poll:
        return _message(await get_poll(self._agenda, current_identity(), request.id))

    async def VoteInPoll(self, request: pb.VoteInPollRequest, context: Any) -> pb.Poll:
        answers = _given(request.answers)
        return _message(await vote_in_poll(self._agenda, current_identity(), request.id, answers, request.comment))

    async def ClosePoll(self, request: pb.ClosePollRequest, context: Any) -> pb.Poll:
        return _message(await close_poll(self._agenda, current_identity(), request.id, request.option_id))

    async def DeletePoll(self, request: pb.DeletePollRequest, context: Any) -> Empty:
        await delete_poll(self._agenda, current_identity(), request.id)
        return Empty()

    async def ShowPoll(self, request: pb.ShowPollRequest, context: Any) -> pb.ShownPoll:
        return _shown(await shown_poll(self._agenda, request.secret))

    async def AnswerPoll(self, request: pb.AnswerPollRequest, context: Any) -> pb.ShownPoll:
        answers = _given(request.answers)
        return _shown(await vote_as_guest(self._agenda, request.secret, answers, request.comment))


def _shown(shown: Shown) -> pb.ShownPoll:
    poll, vote = shown.kept.poll, shown.vote
    message = pb.ShownPoll(
        title=poll.title,
        owner_name=shown.owner.display_name,
        address=shown.guest.address,
        options=[
            pb.PollOption(id=each.id, start=timestamp(each.start), end=timestamp(each.end)) for each in poll.options
        ],
        open=shown.open,
        closed=poll.closed,
        chosen_option_id=poll.chosen,
        answers={option: _OF_ANSWERS[said] for option, said in vote.answers.items()} if vote is not None else {},
        comment=vote.comment if vote is not None else "",
        answered=vote is not None,
    )
    if poll.deadline is not None:
        message.deadline.CopyFrom(timestamp(poll.deadline))
    return message


def _given(answers: Mapping[str, Any]) -> dict[str, Answer]:
    """Raises `InvalidInput`."""
    if not set(answers.values()) <= set(_ANSWERS):
        raise InvalidInput("Not an answer", fields={"answers": "yes, if needed, or no"})
    return {option: _ANSWERS[said] for option, said in answers.items()}


def _message(kept: KeptPoll) -> pb.Poll:
    poll = kept.poll
    ranked, guests = tallies(poll), {each.id for each in kept.guests}
    counted = {each.option.id: each for each in ranked}
    message = pb.Poll(
        id=kept.key,
        owner_id=kept.owner,
        title=poll.title,
        options=[
            pb.PollOption(
                id=each.id,
                start=timestamp(each.start),
                end=timestamp(each.end),
                yes=counted[each.id].yes,
                if_needed=counted[each.id].if_needed,
            )
            for each in poll.options
        ],
        invitee_ids=kept.invitees,
        votes=[
            pb.PollVote(
                account_id=voter if voter not in guests else "",
                guest_id=voter if voter in guests else "",
                name=vote.name,
                answers={option: _OF_ANSWERS[said] for option, said in vote.answers.items()},
                comment=vote.comment,
            )
            for voter, vote in poll.votes.items()
        ],
        closed=poll.closed,
        chosen_option_id=poll.chosen,
        best_option_id=ranked[0].option.id if ranked[0].coming else "",
        created_at=timestamp(kept.created_at),
        guests=[pb.PollGuest(id=each.id, address=each.address) for each in kept.guests],
    )
    if poll.deadline is not None:
        message.deadline.CopyFrom(timestamp(poll.deadline))
    return message
