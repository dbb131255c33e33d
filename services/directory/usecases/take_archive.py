"""The archive of a person's data: a ZIP of JSON files, taken once."""

import tempfile
import zipfile
from collections.abc import AsyncGenerator

from chassis.errors import NotFound, PreconditionFailed
from services.directory.domain.personal import EXPORT, SERVICES
from services.directory.usecases import facts
from services.directory.usecases.answer_personal_data import PURPOSE
from services.directory.usecases.context import Directory
from services.directory.usecases.request_personal_data import get_personal_request

PIECE = 64 * 1024
# More of it lies on disk.
_IN_MEMORY = 1024 * 1024


async def take_archive(directory: Directory, request_id: str) -> AsyncGenerator[bytes, None]:
    """Its octets, to whoever made the request. Raises `NotFound`, `PreconditionFailed` (not complete, or taken)."""
    request = await get_personal_request(directory, request_id)
    if request.kind != EXPORT or request.expires_at <= directory.clock():
        raise NotFound("There is no such archive")
    if request.waiting_for:
        raise PreconditionFailed(f"Still waiting for {', '.join(request.waiting_for)}")
    if not await directory.personal.take(request.id):
        raise PreconditionFailed("The archive has been taken; make another request")
    whole = False
    try:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for service in SERVICES:
                    sealed = await directory.personal.part(request.id, service)
                    text = directory.sealer.open(sealed, PURPOSE, f"{request.id}.{service}") if sealed else "{}"
                    archive.writestr(f"{service}.json", text)
            file.seek(0)
            while piece := file.read(PIECE):
                yield piece
        whole = True
    finally:
        if not whole:
            await directory.personal.give_back(request.id)
    await directory.personal.forget_parts(request.id)
    await directory.acts.tell([facts.recorded("take_personal_data", request.account_id, request.address, ())])
