"""`workspace unit move`, `merge`, `dissolve` and `moves`: reorganisations by decree."""

from typing import Any

import click
from workspace.directory.v1 import organisation_pb2 as pb

from cli.commands.units import KINDS, units
from cli.connection import connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.tree import Tree

# The group with these commands in it.
__all__ = ["units"]

_COLUMNS = ["id", "kind", "unit_id", "target_id", "done", "accounts", "addresses_changed", "addresses_kept"]
new_domain_ = click.option("--new-domain", default="", help="The mail domain that primary addresses change to.")
forward_days_ = click.option("--forward-days", default=0, help="How long old addresses forward; 365 when absent.")
hand_roles_ = click.option("--hand-roles", is_flag=True, help="Roles over it are roles over the other one then.")


def _row(reorganisation: pb.Reorganisation) -> dict[str, Any]:
    return {**plain(reorganisation), "done": reorganisation.done, "accounts": reorganisation.accounts}


@units.command("move")
@click.argument("unit")
@click.option("--below", default="", help="The unit that it is to stand below: a path of names, or an id.")
@click.option("--to-root", is_flag=True, help="It becomes a ministry.")
@click.option("--kind", type=click.Choice(list(KINDS)), help="What it is there; as it was when absent.")
@new_domain_
@forward_days_
@as_json
@command
async def move(
    unit: str, below: str, to_root: bool, kind: str | None, new_domain: str, forward_days: int, in_json: bool
) -> None:
    """Move UNIT with all that is below it."""
    if bool(below) == to_root:
        raise WrongUsage("say --below or --to-root")
    async with connected() as directory:
        tree = Tree(directory)
        request = pb.MoveUnitRequest(
            id=await tree.unit_id(unit),
            parent_id=await tree.unit_id(below) if below else "",
            new_domain=new_domain,
            forward_days=forward_days,
        )
        if kind:
            request.kind = KINDS[kind]
        begun: pb.Reorganisation = await directory.organisation.MoveUnit(request)
    show_one(_row(begun), in_json=in_json)


@units.command("merge")
@click.argument("unit")
@click.option("--into", required=True, help="The unit that takes over: a path of names, or an id.")
@hand_roles_
@new_domain_
@forward_days_
@as_json
@command
async def merge(unit: str, into: str, hand_roles: bool, new_domain: str, forward_days: int, in_json: bool) -> None:
    """Merge UNIT into another, which has its accounts, units, groups, functions, mail domains and applications then.

    A unit below it that has the name of one there has UNIT's name added. Groups by rule over UNIT, which hold whoever
    is in the other one from now on, are named.
    """
    async with connected() as directory:
        tree = Tree(directory)
        request = pb.MergeUnitsRequest(
            id=await tree.unit_id(unit),
            into_id=await tree.unit_id(into),
            hand_roles=hand_roles,
            new_domain=new_domain,
            forward_days=forward_days,
        )
        begun: pb.Reorganisation = await directory.organisation.MergeUnits(request)
    show_one(_row(begun), in_json=in_json)


@units.command("dissolve")
@click.argument("unit")
@click.option("--successor", default="", help="The unit that takes over what it holds: a path of names, or an id.")
@hand_roles_
@new_domain_
@forward_days_
@as_json
@command
async def dissolve(
    unit: str, successor: str, hand_roles: bool, new_domain: str, forward_days: int, in_json: bool
) -> None:
    """Dissolve UNIT; without a successor it has to hold nothing."""
    async with connected() as directory:
        tree = Tree(directory)
        request = pb.DissolveUnitRequest(
            id=await tree.unit_id(unit),
            successor_id=await tree.unit_id(successor) if successor else "",
            hand_roles=hand_roles,
            new_domain=new_domain,
            forward_days=forward_days,
        )
        begun: pb.Reorganisation = await directory.organisation.DissolveUnit(request)
    show_one(_row(begun), in_json=in_json)


@units.command("moves")
@as_json
@command
async def moves(in_json: bool) -> None:
    """List the latest reorganisations and how far accounts have followed, newest first."""
    async with connected() as directory:
        answer = await directory.organisation.ListReorganisations(pb.ListReorganisationsRequest())
    show([_row(each) for each in answer.reorganisations], _COLUMNS, in_json=in_json)
