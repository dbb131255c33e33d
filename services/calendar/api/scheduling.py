"""SchedulingService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.calendar.v1 import scheduling_pb2 as pb
from workspace.calendar.v1 import scheduling_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from chassis.rpc.moments import moment_or_none
from services.calendar.api.instances import PARTICIPATIONS, instance_message
from services.calendar.api.messages import timestamp
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.owners import addresses_of
from services.calendar.usecases.scheduling.invitations import Answer, answer_invitation, list_invitations
from services.calendar.usecases.scheduling.proposals import (
    Proposal,
    accept_proposal,
    decline_proposal,
    list_proposals,
)

_SAID = {number: said for said, number in PARTICIPATIONS.items() if said != "NEEDS-ACTION"}


class SchedulingApi(rpc.SchedulingServiceServicer):
    """Invitations and what is said to them."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListInvitations(self, request: pb.ListInvitationsRequest, context: Any) -> pb.ListInvitationsResponse:
        identity = current_identity()
        owner = request.owner_id or identity.account_id
        found = await list_invitations(self._agenda, identity, owner)
        own = (await addresses_of(self._agenda, identity, [owner])).get(owner, frozenset())
        return pb.ListInvitationsResponse(
            invitations=[
                pb.Invitation(instance=instance_message(each.instance, own), whole=each.whole) for each in found
            ]
        )

    async def AnswerInvitation(self, request: pb.AnswerInvitationRequest, context: Any) -> pb.AnswerInvitationResponse:
        if request.answer and request.answer not in _SAID:
            raise InvalidInput("Not an answer", fields={"answer": "accepted, declined, tentative or delegated"})
        answer = Answer(
            said=_SAID.get(request.answer, ""),
            recurrence_id=request.recurrence_id,
            comment=request.comment,
            delegate=request.delegate,
            start=moment_or_none(request, "proposed_start"),
            end=moment_or_none(request, "proposed_end"),
        )
        kept = await answer_invitation(self._agenda, current_identity(), request.event_id, answer)
        return pb.AnswerInvitationResponse(event_id=kept.key, etag=kept.etag)

    async def ListProposals(self, request: pb.ListProposalsRequest, context: Any) -> pb.ListProposalsResponse:
        found = await list_proposals(self._agenda, current_identity(), request.owner_id)
        return pb.ListProposalsResponse(proposals=map(_proposal, found))

    async def AcceptProposal(self, request: pb.AcceptProposalRequest, context: Any) -> pb.AcceptProposalResponse:
        kept = await accept_proposal(self._agenda, current_identity(), request.id)
        return pb.AcceptProposalResponse(event_id=kept.key, etag=kept.etag)

    async def DeclineProposal(self, request: pb.DeclineProposalRequest, context: Any) -> Empty:
        await decline_proposal(self._agenda, current_identity(), request.id, request.comment)
        return Empty()


def _proposal(found: Proposal) -> pb.Proposal:
    return pb.Proposal(
        id=found.id,
        event_id=found.meeting.key,
        title=found.meeting.facts.components[0].summary,
        recurrence_id=found.recurrence_id,
        attendee=found.attendee,
        start=Timestamp(seconds=found.start),
        end=Timestamp(seconds=found.end),
        comment=found.comment,
        received_at=timestamp(found.message.updated_at),
    )
