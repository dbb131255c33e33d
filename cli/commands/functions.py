"""`workspace function`."""

from typing import Any

import click
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import functions_pb2 as pb

from chassis.errors import NotFound
from cli.commands.accounts import id_of
from cli.connection import Connection, connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.paging import every
from cli.tree import Tree

_COLUMNS = ["address", "title", "vacant", "holders", "unit_id", "id"]


def _row(function: pb.Function) -> dict[str, Any]:
    return {
        **plain(function),
        "vacant": function.vacant,
        "own_mailbox": function.own_mailbox,
        "holders": [holder.address for holder in function.holders],
    }


async def _found(directory: Connection, given: str) -> pb.Function:
    """A function given by address or by id. Raises `NotFound`."""
    if "@" not in given:
        function: pb.Function = await directory.functions.GetFunction(pb.GetFunctionRequest(id=given))
        return function
    wanted = given.strip().lower()
    for each in await every(directory.functions.ListFunctions, pb.ListFunctionsRequest(), "functions"):
        if each.address == wanted:
            found: pb.Function = each
            return found
    raise NotFound(f"There is no function {given}")


@click.group("function")
def functions() -> None:
    """Functions of units: an address that passes from holder to holder."""


@functions.command("add")
@click.argument("address")
@click.option("--title", required=True, help='What it is called: "Directeur du budget".')
@click.option("--unit", required=True, help="Whose it is: a path of names, or an id.")
@click.option("--holder", "holders", multiple=True, help="Who holds it, the answerable one first; may be repeated.")
@click.option("--fallback", default="", help="Who stands in while nobody holds it.")
@click.option("--own-mailbox", is_flag=True, help="Letters stay with it, in a mailbox that its holders work in.")
@as_json
@command
async def add(
    address: str, title: str, unit: str, holders: tuple[str, ...], fallback: str, own_mailbox: bool, in_json: bool
) -> None:
    """Found the function ADDRESS of a unit."""
    async with connected() as directory:
        wanted = pb.Function(
            address=address,
            title=title,
            unit_id=await Tree(directory).unit_id(unit),
            holder_ids=[await id_of(directory, each) for each in holders],
            fallback_id=await id_of(directory, fallback) if fallback else "",
            own_mailbox=own_mailbox,
        )
        made: pb.Function = await directory.functions.CreateFunction(pb.CreateFunctionRequest(function=wanted))
    show_one(_row(made), in_json=in_json)


@functions.command("list")
@click.option("--unit", default="", help="Only of this unit and those below it: a path of names, or an id.")
@as_json
@command
async def list_(unit: str, in_json: bool) -> None:
    """List functions by address."""
    async with connected() as directory:
        request = pb.ListFunctionsRequest(unit_id=await Tree(directory).unit_id(unit) if unit else "")
        found = await every(directory.functions.ListFunctions, request, "functions")
    show([_row(function) for function in found], _COLUMNS, in_json=in_json)


@functions.command("show")
@click.argument("function")
@as_json
@command
async def show_function(function: str, in_json: bool) -> None:
    """Show FUNCTION, given by address or id."""
    async with connected() as directory:
        found = await _found(directory, function)
    show_one(_row(found), in_json=in_json)


@functions.command("assign")
@click.argument("function")
@click.argument("holders", nargs=-1)
@click.option("--vacant", is_flag=True, help="Nobody holds it.")
@as_json
@command
async def assign(function: str, holders: tuple[str, ...], vacant: bool, in_json: bool) -> None:
    """Appoint HOLDERS to FUNCTION, all of them, the answerable one first."""
    if bool(holders) == vacant:
        raise WrongUsage("name who holds it, or say --vacant")
    async with connected() as directory:
        known = await _found(directory, function)
        ids = [await id_of(directory, each) for each in holders]
        request = pb.AssignFunctionRequest(id=known.id, holder_ids=ids)
        assigned: pb.Function = await directory.functions.AssignFunction(request)
    show_one(_row(assigned), in_json=in_json)


@functions.command("update")
@click.argument("function")
@click.option("--title", help="What it is called from now on.")
@click.option("--fallback", help="Who stands in while nobody holds it.")
@click.option("--no-fallback", is_flag=True, help="Nobody stands in.")
@click.option(
    "--own-mailbox/--no-own-mailbox", default=None, help="Whether letters stay with it, or each holder gets a copy."
)
@as_json
@command
async def update(
    function: str,
    title: str | None,
    fallback: str | None,
    no_fallback: bool,
    own_mailbox: bool | None,
    in_json: bool,
) -> None:
    """Change FUNCTION's title, who stands in, or where its letters are."""
    fields = ["title"] * (title is not None) + ["fallback_id"] * (fallback is not None or no_fallback)
    fields += ["own_mailbox"] * (own_mailbox is not None)
    if not fields or (fallback is not None and no_fallback):
        raise WrongUsage("say --title, --fallback, --no-fallback or --own-mailbox")
    async with connected() as directory:
        known = await _found(directory, function)
        wanted = pb.Function(
            id=known.id,
            title=title or "",
            fallback_id=await id_of(directory, fallback) if fallback else "",
            own_mailbox=bool(own_mailbox),
        )
        request = pb.UpdateFunctionRequest(function=wanted, update_mask=FieldMask(paths=fields))
        changed: pb.Function = await directory.functions.UpdateFunction(request)
    show_one(_row(changed), in_json=in_json)


@functions.command("remove")
@click.argument("function")
@command
async def remove(function: str) -> None:
    """End FUNCTION; its address is free again."""
    async with connected() as directory:
        known = await _found(directory, function)
        await directory.functions.DeleteFunction(pb.DeleteFunctionRequest(id=known.id))
