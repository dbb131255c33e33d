"""LetterService."""

from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from workspace.directory.v1 import letters_pb2 as pb
from workspace.directory.v1 import letters_pb2_grpc as rpc

from services.directory.api.messages import timestamp
from services.directory.domain.batches import FAILED, PREPARING, READY, Batch
from services.directory.usecases.activation_letters import create_letters, download_letters, get_letters
from services.directory.usecases.context import Directory

_STATES = {
    PREPARING: pb.LETTER_BATCH_STATE_PREPARING,
    READY: pb.LETTER_BATCH_STATE_READY,
    FAILED: pb.LETTER_BATCH_STATE_FAILED,
}


class LetterServicer(rpc.LetterServiceServicer):
    """Letters of activation on paper."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateLetters(self, request: pb.CreateLettersRequest, context: Any) -> pb.LetterBatch:
        return _message(await create_letters(self._directory, request.unit_id, request.account_ids))

    async def GetLetters(self, request: pb.GetLettersRequest, context: Any) -> pb.LetterBatch:
        return _message(await get_letters(self._directory, request.id))

    async def DownloadLetters(self, request: pb.DownloadLettersRequest, context: Any) -> AsyncIterator[HttpBody]:
        named = False
        async for piece in download_letters(self._directory, request.id):
            if not named:
                await context.send_initial_metadata((("workspace-filename", "lettres-activation.pdf"),))
                named = True
            for at in range(0, len(piece), 64 * 1024):
                yield HttpBody(content_type="application/pdf", data=piece[at : at + 64 * 1024])


def _message(batch: Batch) -> pb.LetterBatch:
    message = pb.LetterBatch(
        id=batch.id,
        state=_STATES[batch.state],
        letters=batch.letters,
        more=batch.more,
        created_at=timestamp(batch.created_at),
        error=batch.error,
    )
    if batch.state == READY:
        message.expires_at.CopyFrom(timestamp(batch.expires_at))
    return message
