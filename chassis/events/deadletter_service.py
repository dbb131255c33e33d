"""What operators see of a service's dead letters and do to them. Every api serves it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.operations.v1 import operations_pb2 as pb
from workspace.operations.v1 import operations_pb2_grpc as rpc

from chassis.errors import Forbidden, InvalidInput
from chassis.events.failures import DeadLetter, DeadLetters
from chassis.identity import current_identity

PAGE, LONGEST_PAGE = 50, 500


class DeadLetterServicer(rpc.DeadLetterServiceServicer):
    """DeadLetterService, over the letters of one service."""

    def __init__(self, letters: DeadLetters) -> None:
        self._letters = letters

    async def ListDeadLetters(self, request: pb.ListDeadLettersRequest, context: Any) -> pb.ListDeadLettersResponse:
        _for_the_national_administrator()
        if request.page_size < 0:
            raise InvalidInput("A page has 1 to 500 entries", fields={"page_size": "negative"})
        count = min(request.page_size or PAGE, LONGEST_PAGE)
        found = await self._letters.list(count + 1, request.page_token)
        page = found[:count]
        following = page[-1].id if len(found) > count else ""
        return pb.ListDeadLettersResponse(dead_letters=map(_message, page), next_page_token=following)

    async def GetDeadLetter(self, request: pb.GetDeadLetterRequest, context: Any) -> pb.DeadLetter:
        _for_the_national_administrator()
        return _message(await self._letters.explain(request.id))

    async def ReplayDeadLetters(
        self, request: pb.ReplayDeadLettersRequest, context: Any
    ) -> pb.ReplayDeadLettersResponse:
        _for_the_national_administrator()
        return pb.ReplayDeadLettersResponse(replayed=await self._letters.replay(request.id or None))

    async def DiscardDeadLetter(
        self, request: pb.DiscardDeadLetterRequest, context: Any
    ) -> pb.DiscardDeadLetterResponse:
        _for_the_national_administrator()
        await self._letters.discard(request.id)
        return pb.DiscardDeadLetterResponse()


def dead_letter_service(database: Any) -> tuple[Callable[[Any, grpc.aio.Server], None], DeadLetterServicer]:
    """What an api's `RpcServer` is given to serve the dead letters in its service's database."""
    return rpc.add_DeadLetterServiceServicer_to_server, DeadLetterServicer(DeadLetters(database))


def _for_the_national_administrator() -> None:
    """A fact may tell of any ministry."""
    if not current_identity().administers(()):
        raise Forbidden("Dead letters are for the national administrator")


def _message(letter: DeadLetter) -> pb.DeadLetter:
    return pb.DeadLetter(
        id=letter.id,
        queue=letter.queue,
        type=letter.type,
        subject=letter.subject,
        error=letter.error,
        tries=letter.tries,
        first_failed_at=_timestamp(letter.first_failed_at),
        last_failed_at=_timestamp(letter.last_failed_at),
        traceback=letter.traceback,
        body=letter.body,
    )


def _timestamp(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
