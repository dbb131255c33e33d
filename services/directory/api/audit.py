"""AuditService."""

from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from workspace.directory.v1 import audit_pb2 as pb
from workspace.directory.v1 import audit_pb2_grpc as rpc

from chassis.rpc.moments import moment_or_none
from services.directory.api.messages import timestamp
from services.directory.store.audit import Entry
from services.directory.usecases.context import Directory
from services.directory.usecases.export_records import export_records
from services.directory.usecases.list_records import Search, list_records
from services.directory.usecases.verify_records import verify_records

JSON_LINES = "application/jsonl"


class AuditServicer(rpc.AuditServiceServicer):
    """The audit log."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def ListRecords(self, request: pb.ListRecordsRequest, context: Any) -> pb.ListRecordsResponse:
        search = Search(
            since=moment_or_none(request, "since"),
            until=moment_or_none(request, "until"),
            actor=request.actor.strip(),
            target=request.target.strip(),
            act=request.act,
            unit_id=request.unit_id,
        )
        page, following = await list_records(self._directory, search, request.page_size, request.page_token)
        return pb.ListRecordsResponse(records=map(record_message, page), next_page_token=following)

    async def ExportRecords(self, request: pb.ExportRecordsRequest, context: Any) -> AsyncIterator[HttpBody]:
        pieces = export_records(self._directory, moment_or_none(request, "since"), moment_or_none(request, "until"))
        named = False
        async for piece in pieces:
            if not named:
                await context.send_initial_metadata((("workspace-filename", "audit.jsonl"),))
                named = True
            for start in range(0, len(piece), 64 * 1024):
                yield HttpBody(content_type=JSON_LINES, data=piece[start : start + 64 * 1024])

    async def VerifyRecords(self, request: pb.VerifyRecordsRequest, context: Any) -> pb.VerifyRecordsResponse:
        verdict = await verify_records(self._directory, request.after_sequence, request.after_hash)
        return pb.VerifyRecordsResponse(
            findings=[
                pb.AuditFinding(sequence=found.sequence, kind=found.kind, detail=found.detail)
                for found in verdict.findings
            ],
            last_sequence=verdict.last_sequence,
            last_hash=verdict.last_hash,
            complete=verdict.complete,
            keys=self._directory.witness.public(),
        )


def record_message(entry: Entry) -> pb.AuditRecord:
    record = entry.record
    return pb.AuditRecord(
        sequence=entry.link.sequence,
        time=timestamp(record.time),
        act=record.act,
        outcome=record.outcome,
        actor_id=record.actor_id,
        actor=record.actor,
        target_id=record.target_id,
        target=record.target,
        unit_path=record.unit_path,
        remote_address=record.remote,
        details=record.details,
        hash=entry.link.hash,
        source=record.source,
    )
