"""One's own jobs: seen, run after their check, stopped, and what became of their rows."""

from collections.abc import AsyncIterator

from chassis.errors import NotFound, PreconditionFailed
from services.directory.domain.jobs import CANCELED, CHECKED, OPEN, RUNNING, Job, Outcome
from services.directory.domain.table import written
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.create_job import administrator

HEADER = ("line", "address", "outcome", "reason")


async def get_job(directory: Directory, job_id: str) -> Job:
    """Raises `NotFound`, also for somebody else's."""
    asking = await caller(directory)
    job = await directory.jobs.find(job_id)
    if job is None or (job.started_by != asking.id and not asking.is_national()):
        raise NotFound("There is no such job")
    return job


async def list_jobs(directory: Directory) -> list[Job]:
    return await directory.jobs.of((await caller(directory)).id)


async def run_job(directory: Directory, job_id: str) -> Job:
    """Do what was checked; once it runs, asking again changes nothing. Raises `NotFound`, `PreconditionFailed`."""
    job = await get_job(directory, job_id)
    administrator(await caller(directory))
    if job.state == RUNNING:
        return job
    if not await directory.jobs.turn(job.id, frozenset({CHECKED}), RUNNING, directory.clock()):
        raise PreconditionFailed("Only a job whose check is over can be run")
    await directory.acts.tell([facts.recorded("run_job", job.id, job.filename, ())])
    return await get_job(directory, job_id)


async def cancel_job(directory: Directory, job_id: str) -> Job:
    """Stop a job; one that has ended stays as it is. Raises `NotFound`."""
    job = await get_job(directory, job_id)
    if await directory.jobs.turn(job.id, OPEN, CANCELED, directory.clock()):
        await directory.jobs.forget_file(job.id)
        await directory.acts.tell([facts.recorded("cancel_job", job.id, job.filename, ())])
    return await get_job(directory, job_id)


async def job_report(directory: Directory, job_id: str, outcome: str) -> AsyncIterator[bytes]:
    """The report as CSV, in pieces. Raises `NotFound`."""
    job = await get_job(directory, job_id)
    yield written([HEADER])
    async for chunk in directory.jobs.report(job):
        told = [each for each in chunk if outcome in {"", each.outcome}]
        yield written([_cells(each) for each in told])


def _cells(outcome: Outcome) -> tuple[str, ...]:
    return str(outcome.line), outcome.subject, outcome.outcome, outcome.reason
