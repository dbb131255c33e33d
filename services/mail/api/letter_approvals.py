"""LetterApprovalService."""

from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import letter_approvals_pb2 as pb
from workspace.mail.v1 import letter_approvals_pb2_grpc

from chassis.identity import current_identity
from chassis.rpc.downloads import announce, bodies, check_range
from services.mail.api.pages import page_size
from services.mail.store.awaiting import Awaiting
from services.mail.usecases import Mail
from services.mail.usecases.approve import (
    approve,
    awaiting_content,
    find_awaiting,
    list_awaiting,
    read_awaiting,
    refuse,
)

PAGE, LONGEST_PAGE = 50, 500


class LetterApprovalApi(letter_approvals_pb2_grpc.LetterApprovalServiceServicer):
    """What waits for the caller's approval. A letter that waits for others is not there."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListAwaitingLetters(
        self, request: pb.ListAwaitingLettersRequest, context: Any
    ) -> pb.ListAwaitingLettersResponse:
        count = page_size(request.page_size, PAGE, LONGEST_PAGE)
        found = await list_awaiting(self._mail, current_identity().account_id, request.page_token, count + 1)
        following = found[count - 1].id if len(found) > count else ""
        return pb.ListAwaitingLettersResponse(letters=map(_letter, found[:count]), next_page_token=following)

    async def GetAwaitingLetter(self, request: pb.GetAwaitingLetterRequest, context: Any) -> pb.AwaitingLetter:
        letter = await find_awaiting(self._mail, current_identity().account_id, request.id)
        answer, described = _letter(letter), (await awaiting_content(self._mail, letter)).description
        setattr(answer, "from", described.sender)
        answer.attachments.extend(
            pb.AwaitingAttachment(filename=each.filename, content_type=each.content_type, size=each.length)
            for each in described.attachments
        )
        return answer

    async def GetAwaitingLetterSource(
        self, request: pb.GetAwaitingLetterSourceRequest, context: Any
    ) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        letter = await find_awaiting(self._mail, current_identity().account_id, request.id)
        pieces = await read_awaiting(self._mail, letter, offset=request.offset, length=length)
        await announce(context, octets=letter.held.sent_size, etag=letter.id, filename=f"{letter.id}.eml")
        async for body in bodies("message/rfc822", pieces):
            yield body

    async def ApproveLetter(self, request: pb.ApproveLetterRequest, context: Any) -> pb.LetterDecision:
        left = await approve(self._mail, current_identity(), request.id, request.reason)
        return pb.LetterDecision(id=request.id, missing_unit_ids=left)

    async def RefuseLetter(self, request: pb.RefuseLetterRequest, context: Any) -> pb.LetterDecision:
        await refuse(self._mail, current_identity(), request.id, request.reason)
        return pb.LetterDecision(id=request.id)


def _letter(letter: Awaiting) -> pb.AwaitingLetter:
    held, accepted = letter.held, letter.held.accepted
    answer = pb.AwaitingLetter(
        id=letter.id,
        sent_by=letter.sent_by,
        sender=accepted.sender,
        recipients=[*(each.address for each in accepted.local), *accepted.foreign],
        subject=held.subject,
        size=held.sent_size,
        rules=[
            pb.HoldingRule(unit_id=each.unit_id, name=each.name, text=each.text, holds=each.holds)
            for each in letter.grounds
        ],
        missing_unit_ids=letter.left,
    )
    answer.submitted_at.FromDatetime(accepted.at)
    answer.expires_at.FromDatetime(letter.expires)
    if held.release_at > accepted.at:
        answer.send_at.FromDatetime(held.release_at)
    return answer
