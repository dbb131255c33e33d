"""JobService."""

from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from workspace.directory.v1 import jobs_pb2 as pb
from workspace.directory.v1 import jobs_pb2_grpc as rpc

from chassis.errors import InvalidInput
from services.directory.api.messages import timestamp
from services.directory.domain.jobs import (
    CANCELED,
    CHECKED,
    CHECKING,
    DEPARTURE,
    DONE,
    FAILED,
    IMPORT,
    RUNNING,
    Job,
)
from services.directory.usecases.context import Directory
from services.directory.usecases.create_job import create_job
from services.directory.usecases.export_accounts import export_accounts
from services.directory.usecases.jobs import cancel_job, get_job, job_report, list_jobs, run_job

CSV = "text/csv; charset=utf-8"
PIECE = 64 * 1024
_KINDS = {pb.JOB_KIND_IMPORT: IMPORT, pb.JOB_KIND_DEPARTURE: DEPARTURE}
_KIND_NUMBERS = {name: number for number, name in _KINDS.items()}
_STATES = {
    CHECKING: pb.JOB_STATE_CHECKING,
    CHECKED: pb.JOB_STATE_CHECKED,
    RUNNING: pb.JOB_STATE_RUNNING,
    DONE: pb.JOB_STATE_DONE,
    CANCELED: pb.JOB_STATE_CANCELED,
    FAILED: pb.JOB_STATE_FAILED,
}


class JobServicer(rpc.JobServiceServicer):
    """Jobs over many accounts."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateJob(self, requests: AsyncIterator[pb.CreateJobRequest], context: Any) -> pb.Job:
        first = await anext(aiter(requests), None)
        if first is None:
            raise InvalidInput("There is no file", fields={"file": "is empty"})
        kind = _KINDS.get(first.kind, "")
        made = await create_job(self._directory, kind, first.filename, _pieces(first, requests), run=first.run)
        return job_message(made)

    async def RunJob(self, request: pb.RunJobRequest, context: Any) -> pb.Job:
        return job_message(await run_job(self._directory, request.id))

    async def GetJob(self, request: pb.GetJobRequest, context: Any) -> pb.Job:
        return job_message(await get_job(self._directory, request.id))

    async def ListJobs(self, request: pb.ListJobsRequest, context: Any) -> pb.ListJobsResponse:
        return pb.ListJobsResponse(jobs=map(job_message, await list_jobs(self._directory)))

    async def CancelJob(self, request: pb.CancelJobRequest, context: Any) -> pb.Job:
        return job_message(await cancel_job(self._directory, request.id))

    async def GetJobReport(self, request: pb.GetJobReportRequest, context: Any) -> AsyncIterator[HttpBody]:
        async for body in _bodies(context, job_report(self._directory, request.id, request.outcome), "report.csv"):
            yield body

    async def ExportAccounts(self, request: pb.ExportAccountsRequest, context: Any) -> AsyncIterator[HttpBody]:
        async for body in _bodies(context, export_accounts(self._directory, request.unit_id), "accounts.csv"):
            yield body


async def _pieces(first: pb.CreateJobRequest, requests: AsyncIterator[pb.CreateJobRequest]) -> AsyncIterator[bytes]:
    """The octets of all requests. Raises `InvalidInput` when they end before the last one: the caller went away."""
    whole = first.last
    if first.file.data:
        yield first.file.data
    async for request in requests:
        whole = request.last
        if request.file.data:
            yield request.file.data
    if not whole:
        raise InvalidInput("The file was cut off")


async def _bodies(context: Any, pieces: AsyncIterator[bytes], filename: str) -> AsyncIterator[HttpBody]:
    """Nothing is said before the first piece is there: until then it may be refused."""
    named = False
    async for piece in pieces:
        if not named:
            await context.send_initial_metadata((("workspace-filename", filename),))
            named = True
        for start in range(0, len(piece), PIECE):
            yield HttpBody(content_type=CSV, data=piece[start : start + PIECE])


def job_message(job: Job) -> pb.Job:
    return pb.Job(
        id=job.id,
        kind=_KIND_NUMBERS[job.kind],
        state=_STATES[job.state],
        rows=job.rows,
        rows_done=job.done,
        outcomes=job.outcomes,
        units_opened=job.units,
        started_by=job.starter,
        created_at=timestamp(job.created_at),
        ended_at=timestamp(job.ended_at) if job.ended_at is not None else None,
        error=job.error,
        filename=job.filename,
    )
