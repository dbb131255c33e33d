"""`workspace personal-data`: what the law lets a person ask for."""

import os
from pathlib import Path

import click
from workspace.directory.v1 import life_pb2 as pb

from chassis.rpc import translated
from cli.commands.accounts import id_of
from cli.connection import connected
from cli.failures import command
from cli.output import as_json, plain, show_one

reason_ = click.option("--reason", required=True, help="What the law rests it on: a reference, for the audit log.")


@click.group("personal-data")
def personal_data() -> None:
    """Have a person's data gathered or erased by every service, on lawful request."""


@personal_data.command("export")
@click.argument("account")
@reason_
@as_json
@command
async def export(account: str, reason: str, in_json: bool) -> None:
    """Have everything gathered that is kept of ACCOUNT."""
    await _ask(account, pb.PERSONAL_DATA_KIND_EXPORT, reason, in_json=in_json)


@personal_data.command("erase")
@click.argument("account")
@reason_
@click.confirmation_option(prompt="Nothing of it can be restored. Go on?")
@as_json
@command
async def erase(account: str, reason: str, in_json: bool) -> None:
    """Have everything erased that is kept of ACCOUNT, which has departed."""
    await _ask(account, pb.PERSONAL_DATA_KIND_ERASURE, reason, in_json=in_json)


async def _ask(account: str, kind: pb.PersonalDataKind.ValueType, reason: str, *, in_json: bool) -> None:
    async with connected() as directory:
        request = pb.CreatePersonalDataRequestRequest(
            account_id=await id_of(directory, account), kind=kind, reason=reason
        )
        made = await directory.personal.CreatePersonalDataRequest(request)
    show_one(plain(made), in_json=in_json)


@personal_data.command("show")
@click.argument("request")
@as_json
@command
async def show(request: str, in_json: bool) -> None:
    """Show how far REQUEST is: who has answered, and whom it waits for."""
    async with connected() as directory:
        found = await directory.personal.GetPersonalDataRequest(pb.GetPersonalDataRequestRequest(id=request))
    show_one(plain(found), in_json=in_json)


@personal_data.command("archive")
@click.argument("request")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The ZIP file.")
@command
async def archive(request: str, output: Path) -> None:
    """Take the archive of REQUEST, once; then it is gone from the platform."""
    octets = 0
    async with connected() as directory:
        with translated():
            pieces = directory.personal.GetPersonalDataArchive(pb.GetPersonalDataArchiveRequest(id=request))
            # Nobody else reads it, and no earlier file is written over.
            with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                async for body in pieces:
                    octets += file.write(body.data)
    click.echo(f"{octets} octets in {output}")
