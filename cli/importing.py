"""Jobs over files of many agents: upload one, watch it, read what became of its rows."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from typing import Any, BinaryIO

from google.api.httpbody_pb2 import HttpBody
from workspace.directory.v1 import jobs_pb2 as pb

from chassis.errors import Unavailable
from chassis.rpc import translated
from cli.connection import Connection

PIECE = 64 * 1024
# The first look comes soon, as most files are small; then more and more seldom.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
# Looks in a row that nobody answers.
PATIENCE = 30
UNDER_WAY = (pb.JOB_STATE_CHECKING, pb.JOB_STATE_RUNNING)

Watch = Callable[[pb.Job], None]


async def upload(directory: Connection, file: BinaryIO, kind: pb.JobKind.ValueType, *, run: bool) -> pb.Job:
    """The job of a file. Raises `InvalidInput` for a file that is of no use."""

    async def requests() -> AsyncIterator[pb.CreateJobRequest]:
        yield pb.CreateJobRequest(kind=kind, run=run, filename=file.name.rpartition("/")[2])
        while piece := file.read(PIECE):
            yield pb.CreateJobRequest(file=HttpBody(content_type="text/csv", data=piece))
        yield pb.CreateJobRequest(last=True)

    with translated():
        made: pb.Job = await directory.jobs.CreateJob(requests())
    return made


async def ended(directory: Connection, job: pb.Job, watch: Watch) -> pb.Job:
    """The job when it has nothing more to do by itself; `watch` sees it on the way, whenever it has got further."""
    pause, missed = FIRST_PAUSE, 0
    while job.state in UNDER_WAY:
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.5)
        try:
            now = await directory.jobs.GetJob(pb.GetJobRequest(id=job.id))
        except Unavailable as error:
            # The job goes on by itself: who only watches it can wait for the service to answer again.
            missed += 1
            if missed > PATIENCE:
                raise Unavailable(f"job {job.id} goes on without being watched: {error.detail}") from error
            continue
        missed = 0
        if (now.state, now.rows_done) != (job.state, job.rows_done):
            watch(now)
        job = now
    return job


async def report(directory: Connection, job_id: str, outcome: str = "") -> list[dict[str, str]]:
    """What became of the rows, by column."""
    octets = bytearray()
    request = pb.GetJobReportRequest(id=job_id, outcome=outcome)
    with translated():
        async for body in directory.jobs.GetJobReport(request):
            octets += body.data
    rows: Any = csv.DictReader(io.StringIO(octets.decode("utf-8"), newline=""), delimiter=";")
    return list(rows)
