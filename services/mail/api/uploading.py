"""UploadService."""

from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.mail.v1 import drafts_pb2 as pb
from workspace.mail.v1 import drafts_pb2_grpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.mail.api.convert import timestamp
from services.mail.api.uploads import whole
from services.mail.store.uploads import Uploaded
from services.mail.usecases import Mail
from services.mail.usecases.uploads import create_upload, delete_upload, expires, get_upload, put_piece


class UploadApi(drafts_pb2_grpc.UploadServiceServicer):
    """The caller's files on their way into drafts."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def CreateUpload(self, request: pb.CreateUploadRequest, context: Any) -> pb.Upload:
        given, owner = request.upload, current_identity().account_id
        return _upload(await create_upload(self._mail, owner, given.filename, given.content_type, given.size))

    async def GetUpload(self, request: pb.GetUploadRequest, context: Any) -> pb.Upload:
        return _upload(await get_upload(self._mail, current_identity().account_id, request.id))

    async def PutUploadPiece(
        self, request_iterator: AsyncIterator[pb.PutUploadPieceRequest], context: Any
    ) -> pb.Upload:
        async for first in request_iterator:
            pieces = whole(first, request_iterator, "piece")
            owner = current_identity().account_id
            return _upload(await put_piece(self._mail, owner, first.id, first.offset, pieces))
        raise InvalidInput("There is no piece", fields={"piece": "is empty"})

    async def DeleteUpload(self, request: pb.DeleteUploadRequest, context: Any) -> Empty:
        await delete_upload(self._mail, current_identity().account_id, request.id)
        return Empty()


def _upload(found: Uploaded) -> pb.Upload:
    return pb.Upload(
        id=found.id,
        filename=found.filename,
        content_type=found.content_type,
        size=found.size,
        received=found.received,
        expires_at=timestamp(expires(found)),
    )
