"""PersonalDataService."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from workspace.directory.v1 import life_pb2 as pb
from workspace.directory.v1 import life_pb2_grpc as rpc

from services.directory.api.messages import timestamp
from services.directory.domain.personal import ERASURE, EXPORT, PersonalRequest
from services.directory.usecases.context import Directory
from services.directory.usecases.request_personal_data import get_personal_request, request_personal_data
from services.directory.usecases.take_archive import take_archive

_KINDS = {pb.PERSONAL_DATA_KIND_EXPORT: EXPORT, pb.PERSONAL_DATA_KIND_ERASURE: ERASURE}
_NUMBERS = {name: number for number, name in _KINDS.items()}


class PersonalDataServicer(rpc.PersonalDataServiceServicer):
    """A person's data, on lawful request."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreatePersonalDataRequest(
        self, request: pb.CreatePersonalDataRequestRequest, context: Any
    ) -> pb.PersonalDataRequest:
        kind = _KINDS.get(request.kind, "")
        return _message(await request_personal_data(self._directory, request.account_id, kind, request.reason))

    async def GetPersonalDataRequest(
        self, request: pb.GetPersonalDataRequestRequest, context: Any
    ) -> pb.PersonalDataRequest:
        return _message(await get_personal_request(self._directory, request.id))

    async def GetPersonalDataArchive(
        self, request: pb.GetPersonalDataArchiveRequest, context: Any
    ) -> AsyncIterator[HttpBody]:
        named = False
        # Closed at once when the caller leaves: it is there for another try then.
        async with aclosing(take_archive(self._directory, request.id)) as pieces:
            async for piece in pieces:
                if not named:
                    await context.send_initial_metadata((("workspace-filename", "personal-data.zip"),))
                    named = True
                yield HttpBody(content_type="application/zip", data=piece)


def _message(request: PersonalRequest) -> pb.PersonalDataRequest:
    return pb.PersonalDataRequest(
        id=request.id,
        kind=_NUMBERS[request.kind],
        account_id=request.account_id,
        address=request.address,
        created_at=timestamp(request.created_at),
        expires_at=timestamp(request.expires_at),
        answers=request.answers,
        waiting_for=request.waiting_for,
        taken=request.taken,
    )
