"""Do what jobs have to do, chunk by chunk: whoever dies in the middle is followed by somebody who goes on."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import structlog
from pymongo.errors import PyMongoError

from chassis.errors import Forbidden, Unavailable, WorkspaceError
from chassis.identity import Identity, acting_as
from services.directory.domain.accounts import ADMINISTRATOR, Account
from services.directory.domain.jobs import (
    CHECKED,
    DONE,
    FAILED,
    IMPORT,
    MOST_STUMBLES,
    Job,
    Outcome,
    Survey,
)
from services.directory.domain.roster import Leaver, Row
from services.directory.domain.table import BadRow
from services.directory.usecases.context import Directory
from services.directory.usecases.create_job import PURPOSE, READERS
from services.directory.usecases.depart_rows import depart_rows
from services.directory.usecases.import_rows import import_rows

log = structlog.get_logger(__name__)
CHUNK = 250
# Jobs that take turns; the others wait.
AT_ONCE = 8
STUCK = "It failed again and again at the same rows; tell whoever runs the platform"


@dataclass
class _Reading:
    """A job's file, open where its next rows are."""

    job_id: str
    state: str
    file: BinaryIO
    rows: Iterator[Row | Leaver | BadRow]
    survey: Survey
    done: int


class JobRunner:
    """The jobs of one worker at a time."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._readings: dict[str, _Reading] = {}

    async def run(self) -> None:
        """Until no job has anything left to do. A chunk that fails is tried again by the next call."""
        try:
            while jobs := await self._directory.jobs.active(AT_ONCE):
                for job in jobs:
                    await self._chunk(job)
        finally:
            for job_id in list(self._readings):
                self._close(job_id)

    async def _chunk(self, job: Job) -> None:
        """One chunk of a job, in the name of whoever started it."""
        try:
            asking = await _starter(self._directory, job)
            now = self._directory.clock()
            with acting_as(Identity(asking.id, asking.address, "", issued_at=now, expires_at=now)):
                await self._advance(job, asking)
        except (PyMongoError, Unavailable):
            self._close(job.id)
            raise
        except WorkspaceError as error:
            await self._end(job, FAILED, error.detail)
        except Exception:
            # A mistake of ours: other jobs go on, and this one ends when it fails again and again.
            log.exception("job_stumbled", job=job.id, done=job.done)
            self._close(job.id)
            await self._directory.jobs.stumbled(job.id)
            if job.stumbles + 1 >= MOST_STUMBLES:
                await self._end(job, FAILED, STUCK)

    async def _advance(self, job: Job, asking: Account) -> None:
        reading = await self._reading(job)
        rows = list(islice(reading.rows, CHUNK))
        if not rows:
            await self._end(job, CHECKED if job.checks else DONE)
            return
        outcomes, units = await _outcomes(self._directory, asking, job, reading.survey, rows)
        if await self._directory.jobs.progress(job, outcomes, units):
            reading.done += len(rows)
        else:
            self._close(job.id)

    async def _end(self, job: Job, state: str, error: str = "") -> None:
        self._close(job.id)
        await self._directory.jobs.turn(job.id, frozenset({job.state}), state, self._directory.clock(), error)
        if state != CHECKED:
            await self._directory.jobs.forget_file(job.id)

    async def _reading(self, job: Job) -> _Reading:
        """The file where the job stands; opened anew by a worker that did not do its last chunk."""
        reading = self._readings.get(job.id)
        if reading is not None and (reading.done, reading.state) == (job.done, job.state):
            return reading
        self._close(job.id)
        file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the reading
        async for number, sealed in self._directory.jobs.pieces(job.id):
            text = self._directory.sealer.open(sealed, PURPOSE, f"{job.id}.{number}")
            file.write(text.encode("latin-1"))
        file.seek(0)
        survey = await self._directory.jobs.survey(job)
        rows = islice(READERS[job.kind](file), job.done, None)
        self._readings[job.id] = _Reading(job.id, job.state, file, rows, survey, job.done)
        return self._readings[job.id]

    def _close(self, job_id: str) -> None:
        reading = self._readings.pop(job_id, None)
        if reading is not None:
            reading.file.close()


async def _starter(directory: Directory, job: Job) -> Account:
    """Whoever started a job, read anew for each chunk. Raises `Forbidden` when it may not go on."""
    await directory.tree.refresh()
    account = await directory.accounts.find(job.started_by)
    if account is None or account.suspended or not any(grant.role == ADMINISTRATOR for grant in account.roles):
        raise Forbidden("Whoever started it does not administer any more")
    return account


async def _outcomes(
    directory: Directory, asking: Account, job: Job, survey: Survey, rows: list[Row | Leaver | BadRow]
) -> tuple[list[Outcome], list[str]]:
    if job.kind == IMPORT:
        return await import_rows(directory, asking, job, survey, [row for row in rows if not isinstance(row, Leaver)])
    leavers = [row for row in rows if not isinstance(row, Row)]
    return await depart_rows(directory, asking, job, survey, leavers), []
