"""`workspace audit`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

import click
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.directory.v1 import audit_pb2 as pb

from chassis.rpc import translated
from cli.connection import connected
from cli.export import BadExport, examined
from cli.failures import Refused, WrongUsage, command
from cli.output import as_json, plain, show

COLUMNS = ["sequence", "time", "act", "outcome", "actor", "target", "remote_address", "details"]


class Moment(click.ParamType[datetime]):
    """A time as `2026-11-25` or `2026-11-25T10:00`, in UTC unless it says otherwise."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            time = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time such as 2026-11-25T10:00", param, ctx)
        return time if time.tzinfo else time.replace(tzinfo=UTC)


since_ = click.option("--since", type=Moment(), help="From this time on (UTC).")
until_ = click.option("--until", type=Moment(), help="Before this time (UTC).")


def _stamp(time: datetime | None) -> Timestamp | None:
    if time is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


@click.group("audit")
def audit() -> None:
    """Who did what, when, to whom."""


@audit.command("list")
@since_
@until_
@click.option("--actor", default="", help="Who did it, by address or id.")
@click.option("--target", default="", help="Whom or what it was done to, by address, name or id.")
@click.option("--act", default="", help="Such as suspend_account.")
@click.option("--unit", default="", help="In this unit (its id) or below it.")
@click.option("--limit", default=50, show_default=True, help="How many, at most.")
@as_json
@command
async def list_(
    since: datetime | None, until: datetime | None, actor: str, target: str, act: str, unit: str, limit: int,
    in_json: bool,
) -> None:  # fmt: skip
    """List records, newest first."""
    found: list[pb.AuditRecord] = []
    token = ""
    async with connected() as directory:
        while len(found) < limit:
            request = pb.ListRecordsRequest(
                since=_stamp(since), until=_stamp(until), actor=actor, target=target, act=act, unit_id=unit,
                page_size=min(500, limit - len(found)), page_token=token,
            )  # fmt: skip
            answer = await directory.audit.ListRecords(request)
            found.extend(answer.records)
            token = answer.next_page_token
            if not token:
                break
    show([_row(record, in_json=in_json) for record in found], COLUMNS, in_json=in_json)
    if token:
        click.echo("there are more; see --limit", err=True)


def _row(record: pb.AuditRecord, *, in_json: bool) -> dict[str, Any]:
    row = plain(record)
    if not in_json:
        row["details"] = ", ".join(f"{name}: {said}" for name, said in sorted(record.details.items()))
    return row


@audit.command("export")
@click.argument("file", type=click.File("wb"))
@since_
@until_
@command
async def export(file: BinaryIO, since: datetime | None, until: datetime | None) -> None:
    """Write the log to FILE ("-" for standard output) as JSON Lines that `workspace audit verify` checks anywhere."""
    async with connected() as directory:
        request = pb.ExportRecordsRequest(since=_stamp(since), until=_stamp(until))
        with translated():
            async for body in directory.audit.ExportRecords(request):
                file.write(body.data)


@audit.command("verify")
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--key", "keys", multiple=True, help="<id>:<public key>: believe only this one; may be repeated.")
@click.option("--expect", default="", help="<sequence>:<hash> of a record that was seen earlier.")
@as_json
@command
async def verify(file: BinaryIO | None, keys: tuple[str, ...], expect: str, in_json: bool) -> None:
    """Find whatever was altered, removed, inserted or reordered: on the server, or in the export FILE without it.

    Exit code 1 when something was. Keep the last line that it prints in a place that no database administrator
    reaches, and give it back with --expect: then even a log that was replaced as a whole is found.
    """
    if file is not None:
        try:
            result = examined(file, _pairs(keys, "--key"), _expected(expect))
        except BadExport as error:
            raise WrongUsage(f"{file.name}: {error}") from error
        findings, last, hash_, known = result.findings, result.last, result.hash, result.keys
    else:
        findings, last, hash_, known = await _on_server(_expected(expect), _pairs(keys, "--key"))
    if findings:
        show(findings, ["sequence", "kind", "detail"], in_json=in_json)
        raise Refused(f"{len(findings)} findings in {last} records")
    for key_id, key in sorted(known.items()):
        click.echo(f"key {key_id}:{key}", err=True)
    click.echo(f"{last}:{hash_}")


async def _on_server(
    expected: tuple[int, str] | None, keys: dict[str, str]
) -> tuple[list[dict[str, Any]], int, str, dict[str, str]]:
    """Stretch by stretch, ending one where a record is expected to be."""
    findings: list[dict[str, Any]] = []
    answer = pb.VerifyRecordsResponse()
    known: dict[str, str] = {}
    async with connected() as directory:
        while True:
            request = pb.VerifyRecordsRequest(after_sequence=answer.last_sequence, after_hash=answer.last_hash)
            if not answer.last_sequence:
                request = pb.VerifyRecordsRequest()
            answer = await directory.audit.VerifyRecords(request)
            findings += [plain(finding) for finding in answer.findings]
            known.update(answer.keys)
            if answer.complete:
                break
        if expected is not None:
            findings += [plain(finding) for finding in await _unmet(directory.audit, expected)]
    findings += [
        {"sequence": 0, "kind": "forged", "detail": f"the service vouches with another key {key_id}"}
        for key_id in known
        if keys and keys.get(key_id) != known[key_id]
    ]
    return findings, answer.last_sequence, answer.last_hash, known


async def _unmet(audit_service: Any, expected: tuple[int, str]) -> list[pb.AuditFinding]:
    """What follows a record that was seen earlier has to follow it still."""
    sequence, hash_ = expected
    answer = await audit_service.VerifyRecords(pb.VerifyRecordsRequest(after_sequence=sequence, after_hash=hash_))
    return list(answer.findings)


def _expected(given: str) -> tuple[int, str] | None:
    if not given:
        return None
    sequence, _, hash_ = given.partition(":")
    if not sequence.isdecimal() or len(hash_) != 64:
        raise WrongUsage("--expect is <sequence>:<hash>, as verify prints it")
    return int(sequence), hash_


def _pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    def each() -> Iterator[tuple[str, str]]:
        for pair in given:
            name, colon, value = pair.removeprefix("key ").partition(":")
            if not colon or not name or not value:
                raise WrongUsage(f"{option} is <id>:<public key>")
            yield name, value

    return dict(each())
