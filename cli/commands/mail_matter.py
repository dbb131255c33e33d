"""`workspace mail matter`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.mail.v1 import auditing_pb2
from workspace.mail.v1 import matters_pb2 as pb

from cli.commands.holders import holder_id
from cli.connection import connected
from cli.exhibits import export_matter, source
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.paging import each_one

_COLUMNS = ("id", "about", "reason", "in_force", "opened_at", "until", "auditors")
_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_MOST = 100
_FOUND = ("id", "custodian", "mailbox", "kept_because", "received_at", "subject")


def _conditions(call: Callable[..., Any]) -> Callable[..., Any]:
    """Which messages of a matter."""
    for name, text in (
        ("custodian", "One custodian: an address, or an account id."),
        ("mailbox", "The mailbox that they are or were in."),
        ("before", "Received before this day."), ("since", "Received on this day or after it."),
        ("subject", "Words of the subject."), ("to", "Of whom it is to."), ("from", "Of whom it is from."),
        ("text", "Words of the message."),
    ):  # fmt: skip
        call = click.option(f"--{name}", default="", help=text)(call)
    return call


@click.group("matter")
def matter() -> None:
    """Matters of law: mail that is kept, whatever its owners delete, and the auditors who are named for it.

    UNIT is "Ministère/Direction", or an id. Whom a matter is about does not see it.
    """


@matter.command("open")
@click.argument("reason")
@click.option("--account", default="", help="The address that it is about.")
@click.option("--unit", default="", help="The unit that it is about, with all below it.")
@click.option("--auditor", "auditors", multiple=True, help="An address; may be given several times.")
@click.option("--until", type=_MOMENT, help="When it ends by itself (UTC).")
@as_json
@command
async def open_(
    reason: str, account: str, unit: str, auditors: tuple[str, ...], until: datetime | None, in_json: bool
) -> None:
    """Open a matter for REASON: from now on nothing of this mail is lost."""
    if bool(account) == bool(unit):
        raise WrongUsage("name an account or a unit")
    wanted = await holder_id(unit, of_unit=True) if unit else ""
    request = pb.OpenMatterRequest(reason=reason, address=account, unit_id=wanted, auditors=auditors)
    if until:
        request.until.CopyFrom(_stamp(until))
    async with connected("mail") as mail:
        show_one(plain(await mail.matters.OpenMatter(request)), in_json=in_json)


@matter.command("list")
@click.argument("unit", required=False, default="")
@as_json
@command
async def list_(unit: str, in_json: bool) -> None:
    """List the matters of UNIT and of what is below it; of the whole administration without UNIT."""
    request = pb.ListMattersRequest(unit_id=await holder_id(unit, of_unit=True) if unit else "")
    async with connected("mail") as mail:
        found = [plain(each) async for each in each_one(mail.matters.ListMatters, request, "matters", size=_MOST)]
    show(found, _COLUMNS, in_json=in_json)


@matter.command("change")
@click.argument("matter_id", metavar="MATTER")
@click.option("--auditor", "auditors", multiple=True, help="An address, instead of the auditors that it had.")
@click.option("--no-auditors", is_flag=True, help="Nobody is its auditor any more.")
@click.option("--until", type=_MOMENT, help="When it ends by itself (UTC).")
@click.option("--without-end", is_flag=True, help="It lasts until it is closed.")
@as_json
@command
async def change(
    matter_id: str,
    auditors: tuple[str, ...],
    no_auditors: bool,
    until: datetime | None,
    without_end: bool,
    in_json: bool,
) -> None:
    """Give MATTER other auditors, or another end."""
    if (auditors and no_auditors) or (until and without_end):
        raise WrongUsage("one of the two")
    request = pb.ChangeMatterRequest(id=matter_id, without_end=without_end)
    if auditors or no_auditors:
        request.auditors.CopyFrom(pb.Auditors(addresses=auditors))
    if until:
        request.until.CopyFrom(_stamp(until))
    async with connected("mail") as mail:
        show_one(plain(await mail.matters.ChangeMatter(request)), in_json=in_json)


@matter.command("close")
@click.argument("matter_id", metavar="MATTER")
@as_json
@command
async def close(matter_id: str, in_json: bool) -> None:
    """Close MATTER: what was kept for it alone is given up for good."""
    async with connected("mail") as mail:
        show_one(plain(await mail.matters.CloseMatter(pb.CloseMatterRequest(id=matter_id))), in_json=in_json)


@matter.command("audited")
@as_json
@command
async def audited(in_json: bool) -> None:
    """List the matters that you are named for as an auditor."""
    request = auditing_pb2.ListAuditedMattersRequest()
    async with connected("mail") as mail:
        listed = each_one(mail.audited.ListAuditedMatters, request, "matters", size=_MOST)
        found = [plain(each) async for each in listed]
    show(found, ("id", "about", "reason", "opened_at", "until"), in_json=in_json)


@matter.command("custodians")
@click.argument("matter_id", metavar="MATTER")
@as_json
@command
async def custodians(matter_id: str, in_json: bool) -> None:
    """List whose mail is kept for MATTER."""
    async with connected("mail") as mail:
        found = await _custodians(mail, matter_id)
    show(found, ("account_id", "address"), in_json=in_json)


@matter.command("search")
@click.argument("matter_id", metavar="MATTER")
@_conditions
@as_json
@command
async def search(matter_id: str, in_json: bool, **conditions: str) -> None:
    """Search the mail of the custodians of MATTER. The audit log keeps what was asked."""
    async with connected("mail") as mail:
        request = await _request(mail, matter_id, conditions)
        listed = each_one(mail.audited.SearchMatter, request, "messages", size=_MOST)
        found = [plain(each) async for each in listed]
        if not in_json:
            addresses = {each["account_id"]: each["address"] for each in await _custodians(mail, matter_id)}
            found = [{**each, "custodian": addresses.get(each["custodian"]) or each["custodian"]} for each in found]
    show(found, _FOUND, in_json=in_json)


@matter.command("read")
@click.argument("matter_id", metavar="MATTER")
@click.argument("message_id", metavar="MESSAGE")
@command
async def read(matter_id: str, message_id: str) -> None:
    """Print the source of MESSAGE. The audit log keeps that it was read."""
    async with connected("mail") as mail:
        click.echo(await source(mail, matter_id, message_id), nl=False)


@matter.command("export")
@click.argument("matter_id", metavar="MATTER")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@_conditions
@as_json
@command
async def export(matter_id: str, folder: Path, in_json: bool, **conditions: str) -> None:
    """Take what a search finds into FOLDER: messages.mbox, and manifest.json with the SHA-256 of each source.

    manifest.json is there when the export is whole; until then the same command goes on where it was.
    """
    async with connected("mail") as mail:
        taken = await export_matter(mail, await _request(mail, matter_id, conditions), folder)
    show_one({"messages": taken}, in_json=in_json)


async def _custodians(mail: Any, matter_id: str) -> list[dict[str, Any]]:
    request = auditing_pb2.ListCustodiansRequest(matter_id=matter_id)
    listed = each_one(mail.audited.ListCustodians, request, "custodians", size=_MOST)
    return [{"address": "", **plain(each)} async for each in listed]


async def _request(mail: Any, matter_id: str, conditions: dict[str, str]) -> auditing_pb2.SearchMatterRequest:
    """What is looked for, in which a custodian is an id."""
    given: dict[str, Any] = {name: value for name, value in conditions.items() if value}
    if "@" in given.get("custodian", ""):
        address = given["custodian"].lower()
        ids = [each["account_id"] for each in await _custodians(mail, matter_id) if each["address"] == address]
        if not ids:
            raise click.ClickException(f"{address} is no custodian of this matter")
        given["custodian"] = ids[0]
    return auditing_pb2.SearchMatterRequest(matter_id=matter_id, **given)


def _stamp(moment: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(moment.replace(tzinfo=UTC))
    return found
