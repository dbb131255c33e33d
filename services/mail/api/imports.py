"""ImportService."""

from collections.abc import AsyncIterator
from typing import Any

from workspace.mail.v1 import imports_pb2, imports_pb2_grpc

from chassis.identity import current_identity
from chassis.rpc.moments import moment_or_none
from services.mail.api.convert import timestamp
from services.mail.api.ids import meant, shown
from services.mail.api.uploads import Upload, with_line_ends
from services.mail.domain.importing import Import, imported_id
from services.mail.usecases import Mail, store_source
from services.mail.usecases.import_mail import begin_import, import_message, list_imports, missing, open_import


class ImportApi(imports_pb2_grpc.ImportServiceServicer):
    """Mail that comes over from elsewhere."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def BeginImport(self, request: imports_pb2.BeginImportRequest, context: Any) -> imports_pb2.MailImport:
        return _import(await begin_import(self._mail, current_identity(), request.address, request.source))

    async def ListImports(
        self, request: imports_pb2.ListImportsRequest, context: Any
    ) -> imports_pb2.ListImportsResponse:
        found = await list_imports(self._mail, current_identity(), request.address)
        return imports_pb2.ListImportsResponse(imports=map(_import, found))

    async def ListMissing(
        self, request: imports_pb2.ListMissingRequest, context: Any
    ) -> imports_pb2.ListMissingResponse:
        brought = await self._opened(request.import_id)
        return imports_pb2.ListMissingResponse(keys=await missing(self._mail, brought, list(request.keys)))

    async def ImportMessage(
        self, request_iterator: AsyncIterator[imports_pb2.ImportMessageRequest], context: Any
    ) -> imports_pb2.ImportedMessage:
        upload = Upload(request_iterator)
        first = await upload.open()
        brought = await self._opened(first.import_id)
        received_at = moment_or_none(first, "received_at")
        imported_id(brought.owner, first.key)  # refuses a bad key before octets are kept
        content = await store_source(self._mail, with_line_ends(upload.pieces()))
        message_id, repeated = await import_message(
            self._mail, brought, first.mailbox, content, key=first.key, flags=first.flags, received_at=received_at
        )
        return imports_pb2.ImportedMessage(id=shown(brought.owner, message_id), repeated=repeated)

    async def _opened(self, import_id: str) -> Import:
        return await open_import(self._mail, current_identity(), *meant(import_id))


def _import(found: Import) -> imports_pb2.MailImport:
    return imports_pb2.MailImport(
        id=shown(found.owner, found.id),
        address=found.address,
        source=found.source,
        messages=found.messages,
        octets=found.octets,
        begun_at=timestamp(found.begun_at),
        last_at=timestamp(found.last_at),
    )
