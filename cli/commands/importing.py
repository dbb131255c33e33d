"""`workspace import`, `depart` and `jobs`: many accounts at once, as jobs on the server."""

from typing import Any, BinaryIO

import click
from workspace.directory.v1 import jobs_pb2 as pb

from chassis.errors import InvalidInput
from chassis.rpc import translated
from cli.connection import Connection, connected
from cli.failures import Refused, WrongUsage, command, explained
from cli.importing import UNDER_WAY, ended, report, upload
from cli.output import as_json, plain, show, show_one

REFUSED = "refused"
dry_run_ = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


@click.command("import")
@click.argument("roster", type=click.File("rb"))
@dry_run_
@as_json
@command
async def import_accounts(roster: BinaryIO, dry_run: bool, in_json: bool) -> None:
    """Open, update and move the accounts of ROSTER, a CSV file, and open the units that they stand in.

    Importing a file again changes nothing; a row that cannot be done is reported with its line, and the others are
    done. Units are paths such as "Ministère/Direction/Bureau". Columns, in French or English: adresse, nom,
    affectation, matricule, alias, prénom, nom de famille, fonction, grade, lieu, téléphone, portable, langue,
    empreinte; the first two are needed. Nobody's password is in it: accounts are activated by their owners. An
    empreinte is the hash of a password in an older system ({SSHA}, {CRYPT}, bcrypt), which is replaced by one of ours
    when its owner first logs in.
    """
    await _whole(roster, pb.JOB_KIND_IMPORT, dry_run=dry_run, in_json=in_json)


@click.command("depart")
@click.argument("leavers", type=click.File("rb"))
@dry_run_
@as_json
@command
async def depart(leavers: BinaryIO, dry_run: bool, in_json: bool) -> None:
    """Let the agents of LEAVERS go, a CSV file: by matricule or adresse, and successeur, who gets the mailbox.

    Their accounts are suspended now and deleted after the legal delay, within which they can be restored.
    """
    await _whole(leavers, pb.JOB_KIND_DEPARTURE, dry_run=dry_run, in_json=in_json)


async def _whole(file: BinaryIO, kind: pb.JobKind.ValueType, *, dry_run: bool, in_json: bool) -> None:
    async with connected() as directory:
        try:
            job = await upload(directory, file, kind, run=not dry_run)
        except InvalidInput as error:
            raise WrongUsage(f"{file.name}: {explained(error)}") from error
        job = await ended(directory, job, _progress)
        rows = await report(directory, job.id, "" if in_json else REFUSED)
    if in_json:
        show(rows, [], in_json=True)
    elif rows:
        show(rows, ["line", "address", "reason"], in_json=False)
    if not in_json:
        click.echo(_summary(job, dry_run=dry_run))
    _judge(job)


def _progress(job: pb.Job) -> None:
    if job.rows > 1000 and job.state in UNDER_WAY:
        click.echo(f"{job.rows_done} of {job.rows} rows", err=True)


def _summary(job: pb.Job, *, dry_run: bool) -> str:
    would = "would be " if dry_run else ""
    said = ", ".join(f"{number} {outcome}" for outcome, number in sorted(job.outcomes.items()))
    return f"accounts {would}{said or 'none'}; units {would}opened: {len(job.units_opened)}"


def _judge(job: pb.Job) -> None:
    if job.state in (pb.JOB_STATE_FAILED, pb.JOB_STATE_CANCELED):
        ending = "was canceled" if job.state == pb.JOB_STATE_CANCELED else f"failed: {job.error}"
        raise Refused(f"job {job.id} {ending}; {job.rows_done} of {job.rows} rows were done")
    if job.outcomes[REFUSED]:
        raise Refused(f"{job.outcomes[REFUSED]} of {job.rows} rows were refused")


@click.group("jobs")
def jobs() -> None:
    """Imports and departures under way, and what became of them."""


def _row(job: pb.Job) -> dict[str, Any]:
    row = {"id": job.id, "state": "", "kind": "", "rows": 0, "rows_done": 0, "outcomes": "", **plain(job)}
    row["state"] = pb.JobState.Name(job.state).removeprefix("JOB_STATE_").lower()
    row["kind"] = pb.JobKind.Name(job.kind).removeprefix("JOB_KIND_").lower()
    row["outcomes"] = ", ".join(f"{number} {outcome}" for outcome, number in sorted(job.outcomes.items()))
    return row


@jobs.command("list")
@as_json
@command
async def list_(in_json: bool) -> None:
    """List one's own jobs, newest first."""
    async with connected() as directory:
        answer = await directory.jobs.ListJobs(pb.ListJobsRequest())
    columns = ["id", "kind", "state", "rows", "rows_done", "outcomes", "filename", "created_at"]
    show([_row(job) for job in answer.jobs], columns, in_json=in_json)


@jobs.command("show")
@click.argument("job")
@as_json
@command
async def show_job(job: str, in_json: bool) -> None:
    """Show one JOB."""
    async with connected() as directory:
        found = await directory.jobs.GetJob(pb.GetJobRequest(id=job))
    show_one(_row(found), in_json=in_json)


@jobs.command("report")
@click.argument("job")
@click.option("--outcome", default="", help="Only rows with this outcome, such as refused.")
@as_json
@command
async def report_(job: str, outcome: str, in_json: bool) -> None:
    """Show what became of the rows of JOB."""
    async with connected() as directory:
        rows = await report(directory, job, outcome)
    show(rows, ["line", "address", "outcome", "reason"], in_json=in_json)


@jobs.command("run")
@click.argument("job")
@command
async def run(job: str) -> None:
    """Do what JOB has checked."""
    async with connected() as directory:
        await _continued(directory, await directory.jobs.RunJob(pb.RunJobRequest(id=job)))


async def _continued(directory: Connection, job: pb.Job) -> None:
    job = await ended(directory, job, _progress)
    click.echo(_summary(job, dry_run=False))
    _judge(job)


@jobs.command("cancel")
@click.argument("job")
@command
async def cancel(job: str) -> None:
    """Stop JOB; what it has done stays done."""
    async with connected() as directory:
        found = await directory.jobs.CancelJob(pb.CancelJobRequest(id=job))
    click.echo(f"{found.rows_done} of {found.rows} rows were done")


@click.command("export")
@click.argument("file", type=click.File("wb"))
@click.option("--unit", default="", help="Only the accounts of this unit (its id) and below it.")
@command
async def export_accounts(file: BinaryIO, unit: str) -> None:
    """Write the accounts to FILE ("-" for standard output) as CSV, in the columns that import takes."""
    async with connected() as directory:
        with translated():
            async for body in directory.jobs.ExportAccounts(pb.ExportAccountsRequest(unit_id=unit)):
                file.write(body.data)
