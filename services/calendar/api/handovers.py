"""HandoverService."""

from typing import Any

from workspace.calendar.v1 import handovers_pb2 as pb
from workspace.calendar.v1 import handovers_pb2_grpc as rpc

from chassis.identity import current_identity
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.hand_over import MOST_LISTED, Ahead, hand_over, organised_meetings


class HandoverApi(rpc.HandoverServiceServicer):
    """Meetings of who is suspended, for administrators of their unit."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListOrganisedMeetings(
        self, request: pb.ListOrganisedMeetingsRequest, context: Any
    ) -> pb.ListOrganisedMeetingsResponse:
        found = await organised_meetings(self._agenda, current_identity(), request.account_id)
        return pb.ListOrganisedMeetingsResponse(meetings=map(_message, found[:MOST_LISTED]))

    async def HandOverMeetings(self, request: pb.HandOverMeetingsRequest, context: Any) -> pb.HandOverMeetingsResponse:
        count = await hand_over(
            self._agenda, current_identity(), request.account_id, request.successor_address, list(request.event_ids)
        )
        return pb.HandOverMeetingsResponse(meetings=count)


def _message(ahead: Ahead) -> pb.OrganisedMeeting:
    facts = ahead.stored.facts
    first = facts.components[0]
    made = pb.OrganisedMeeting(
        event_id=ahead.stored.key,
        title=first.summary if first.classification == "PUBLIC" else "",
        recurring=facts.recurring,
        attendees=len(first.attendees),
    )
    made.start.FromSeconds(ahead.next.start)
    made.end.FromSeconds(ahead.next.end)
    return made
