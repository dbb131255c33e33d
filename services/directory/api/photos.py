"""PhotoService."""

from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import photos_pb2 as pb
from workspace.directory.v1 import photos_pb2_grpc as rpc

from chassis.rpc.downloads import announce, bodies, check_range
from chassis.rpc.uploads import uploaded
from services.directory.domain.photos import SIZES
from services.directory.usecases.context import Directory
from services.directory.usecases.delete_photo import delete_photo
from services.directory.usecases.get_photo import get_photo
from services.directory.usecases.set_photo import set_photo

JPEG = "image/jpeg"


class PhotoServicer(rpc.PhotoServiceServicer):
    """Photos of persons."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def SetPhoto(self, request_iterator: AsyncIterator[pb.SetPhotoRequest], context: Any) -> pb.Photo:
        first, pieces = await uploaded(request_iterator, "photo")
        account = await set_photo(self._directory, first.account_id, pieces)
        etag = account.photo.etag if account.photo is not None else ""
        return pb.Photo(account_id=account.id, etag=etag, sizes=SIZES)

    async def GetPhoto(self, request: pb.GetPhotoRequest, context: Any) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        photo, rendition = await get_photo(self._directory, request.account_id, request.size)
        await announce(context, octets=rendition.octets, etag=f"{photo.etag}-{rendition.size}")
        async for body in bodies(JPEG, self._directory.photos.open(rendition, request.offset, length)):
            yield body

    async def DeletePhoto(self, request: pb.DeletePhotoRequest, context: Any) -> Empty:
        await delete_photo(self._directory, request.account_id)
        return Empty()
