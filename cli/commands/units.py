"""`workspace unit`."""

from typing import Any

import click
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import directory_pb2 as pb

from cli.connection import connected
from cli.failures import command
from cli.output import as_json, plain, show, show_one
from cli.tree import SEPARATOR, Tree, names_of

KINDS = {
    "ministry": pb.UNIT_KIND_MINISTRY,
    "directorate": pb.UNIT_KIND_DIRECTORATE,
    "office": pb.UNIT_KIND_OFFICE,
}


def _row(unit: pb.Unit, above: str = "") -> dict[str, Any]:
    kind = pb.UnitKind.Name(unit.kind).removeprefix("UNIT_KIND_").lower()
    return {**plain(unit), "kind": kind, "path": f"{above}{SEPARATOR}{unit.name}" if above else unit.name}


@click.group("unit")
def units() -> None:
    """Ministries, directorates and offices."""


@units.command("add")
@click.argument("path")
@click.option("--kind", type=click.Choice(list(KINDS)), help="What it is; a ministry at the root, else an office.")
@as_json
@command
async def add(path: str, kind: str | None, in_json: bool) -> None:
    """Open the unit PATH ("Ministère/Direction/Bureau"); what is above it has to exist."""
    *above, name = names_of(path)
    wanted = KINDS[kind] if kind else pb.UNIT_KIND_OFFICE if above else pb.UNIT_KIND_MINISTRY
    async with connected() as directory:
        tree = Tree(directory)
        parent = await tree.unit_id(SEPARATOR.join(above)) if above else ""
        unit = await tree.make(name, wanted, parent)
    show_one(_row(unit, SEPARATOR.join(above)), in_json=in_json)


@units.command("list")
@click.argument("below", default="")
@click.option("--all", "whole", is_flag=True, help="All levels below, not only the next one.")
@as_json
@command
async def list_(below: str, whole: bool, in_json: bool) -> None:
    """List the units directly below BELOW, or the ministries."""
    rows: list[dict[str, Any]] = []
    async with connected() as directory:
        tree = Tree(directory)
        waiting = [(await tree.unit_id(below) if below else "", below)]
        while waiting:
            parent, path = waiting.pop(0)
            for unit in (await tree.below(parent)).values():
                row = _row(unit, path)
                rows.append(row)
                if whole:
                    waiting.append((unit.id, row["path"]))
    show(rows, ["path", "kind", "domains", "id"], in_json=in_json)


@units.command("rename")
@click.argument("unit")
@click.argument("name")
@as_json
@command
async def rename(unit: str, name: str, in_json: bool) -> None:
    """Give UNIT another NAME."""
    async with connected() as directory:
        wanted = pb.Unit(id=await Tree(directory).unit_id(unit), name=name)
        request = pb.UpdateUnitRequest(unit=wanted, update_mask=FieldMask(paths=["name"]))
        changed: pb.Unit = await directory.units.UpdateUnit(request)
    show_one(_row(changed, SEPARATOR.join(names_of(unit)[:-1])), in_json=in_json)
