"""Take a file in, read it once as a whole, and leave it to the worker."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from typing import BinaryIO

from chassis.blocking import run_blocking
from chassis.errors import Forbidden, InvalidInput, TooLarge, TooManyRequests
from chassis.ids import new_id
from services.directory.domain.accounts import ADMINISTRATOR, Account
from services.directory.domain.jobs import ACTIVE, CHECKING, DEPARTURE, IMPORT, KEPT, RUNNING, Job, Survey
from services.directory.domain.roster import Leaver, Row, inner_units, read_leavers, read_roster
from services.directory.domain.table import BadRow
from services.directory.domain.text import optional
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory

MOST_OCTETS = 32 * 1024 * 1024
MOST_ROWS = 200_000
# Of one account: more of them only wait for each other.
MOST_AT_ONCE = 5
PIECE = 192 * 1024
PURPOSE = "job-file"
READERS: dict[str, Callable[[BinaryIO], Iterator[Row | Leaver | BadRow]]] = {
    IMPORT: read_roster,
    DEPARTURE: read_leavers,
}


async def create_job(directory: Directory, kind: str, filename: str, pieces: AsyncIterator[bytes], *, run: bool) -> Job:
    """A job over the rows of a file, about to check them, or to do them at once.

    Raises `InvalidInput` (no file that can be read), `TooLarge`, `TooManyRequests`, `Forbidden`.
    """
    asking = administrator(await caller(directory))
    if kind not in READERS:
        raise InvalidInput("A job imports agents or lets them leave", fields={"kind": "unknown"})
    name = optional(filename, "filename")
    if sum(job.state in ACTIVE for job in await directory.jobs.of(asking.id)) >= MOST_AT_ONCE:
        raise TooManyRequests("Other jobs of yours are under way; wait for one to end", retry_after=30)
    # Outside of memory, as large as it may be.
    with tempfile.TemporaryFile() as file:
        await _spooled(file, pieces)
        survey = await run_blocking(_surveyed, file, READERS[kind])
        job = Job(
            id=new_id(),
            kind=kind,
            state=RUNNING if run else CHECKING,
            started_by=asking.id,
            starter=asking.address,
            created_at=directory.clock(),
            rows=survey.rows,
            filename=name,
        )
        await _kept(directory, job, file, survey)
    await directory.jobs.insert(job)
    await directory.acts.tell([_told(job, asking)])
    return job


def administrator(asking: Account) -> Account:
    """Whoever asks, if it administers anything in the session at hand. Raises `Forbidden`."""
    if not any(grant.role == ADMINISTRATOR for grant in asking.roles):
        raise Forbidden("For administrators only")
    return asking


def _told(job: Job, asking: Account) -> facts.Fact:
    details = {"kind": job.kind, "rows": str(job.rows), "file": job.filename, "pass": job.state}
    return facts.recorded("create_job", job.id, job.filename, asking.unit_path, details=details)


async def _spooled(file: BinaryIO, pieces: AsyncIterator[bytes]) -> None:
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > MOST_OCTETS:
            raise TooLarge(f"A file has at most {MOST_OCTETS // 1024 // 1024} MiB")
        file.write(piece)
    if not size:
        raise InvalidInput("There is no file", fields={"file": "is empty"})


def _surveyed(file: BinaryIO, read: Callable[[BinaryIO], Iterator[Row | Leaver | BadRow]]) -> Survey:
    """Reads all of a file, so that what is wrong with it as a whole is said at once."""
    file.seek(0)
    seen: dict[int, int] = {}
    repeats: dict[int, int] = {}
    inner: set[tuple[str, ...]] = set()
    count = 0
    for row in read(file):
        count += 1
        if count > MOST_ROWS:
            raise TooLarge(f"A file has at most {MOST_ROWS} rows")
        if isinstance(row, BadRow):
            continue
        # A number instead of the text: what is seen of 70,000 rows stays small.
        keys = [hash(key) for key in row.keys()]  # noqa: SIM118 - a row is no mapping
        first = next((seen[key] for key in keys if key in seen), None)
        if first is not None:
            repeats[row.line] = first
            continue
        seen.update((key, row.line) for key in keys)
        if isinstance(row, Row):
            inner.update(inner_units(row))
    return Survey(count, repeats, frozenset(inner))


async def _kept(directory: Directory, job: Job, file: BinaryIO, survey: Survey) -> None:
    """Sealed: a file tells of many people what nobody needs who reads the database."""
    until = job.created_at + KEPT
    file.seek(0)
    for number, piece in enumerate(iter(lambda: file.read(PIECE), b"")):
        text = piece.decode("latin-1")  # octet for octet
        await directory.jobs.keep(job.id, number, directory.sealer.seal(text, PURPOSE, f"{job.id}.{number}"), until)
    await directory.jobs.keep_survey(job.id, survey, until)
