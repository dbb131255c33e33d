"""`workspace group`."""

from typing import Any, TypeAlias, cast

import click
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import groups_pb2 as pb

from chassis.errors import NotFound
from cli.commands.accounts import id_of
from cli.connection import Connection, connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.paging import every
from cli.tree import Tree, folded

_COLUMNS = ["name", "unit_id", "listed_accounts", "listed_groups", "rule", "id"]
_ID_LENGTH = 26
_PLAIN = ("name", "description", "address", "writers")
Words: TypeAlias = tuple[str, ...]


def _row(group: pb.Group) -> dict[str, Any]:
    counts = {"listed_accounts": group.listed_accounts, "listed_groups": group.listed_groups}
    return {**plain(group), **counts}


def _member(member: pb.GroupMember) -> dict[str, Any]:
    if member.HasField("group"):
        return {"kind": "group", "name": member.group.name, "address": "", "id": member.group.id}
    account = member.account
    return {"kind": "account", "name": account.display_name, "address": account.address, "id": account.id}


async def group_id(directory: Connection, given: str) -> str:
    """The id of a group given by name or by id. Raises `NotFound`, `WrongUsage` where several have the name."""
    if len(given) == _ID_LENGTH and given.isascii() and given.isupper():
        return given
    listed = await every(directory.groups.ListGroups, pb.ListGroupsRequest(), "groups")
    found = [str(group.id) for group in listed if folded(group.name) == folded(given)]
    if not found:
        raise NotFound(f"There is no group {given!r}")
    if len(found) > 1:
        raise WrongUsage(f"several groups are called {given!r}: give the id of one ({', '.join(found)})")
    return found[0]


@click.group("group")
def groups() -> None:
    """Groups of accounts: listed, nested, or by rule."""


@groups.command("add")
@click.argument("name")
@click.option("--unit", default="", help="Whose it is: a path of names, or an id; else the whole administration's.")
@click.option("--description", default="", help="What it is for.")
@click.option("--member", "members", multiple=True, help="An account that it lists; may be repeated.")
@click.option("--group", "nested", multiple=True, help="A group whose members are its own; may be repeated.")
@click.option("--of-unit", default="", help="By rule: persons in or below this unit.")
@click.option("--of-grade", default="", help="By rule: persons of this grade.")
@click.option("--of-place", default="", help="By rule: persons at this place.")
@click.option("--everybody", is_flag=True, help="By rule: all staff.")
@as_json
@command
async def add(
    name: str,
    unit: str,
    description: str,
    members: tuple[str, ...],
    nested: tuple[str, ...],
    of_unit: str,
    of_grade: str,
    of_place: str,
    everybody: bool,
    in_json: bool,
) -> None:
    """Make the group NAME."""
    async with connected() as directory:
        tree = Tree(directory)
        wanted = pb.Group(name=name, description=description, unit_id=await tree.unit_id(unit) if unit else "")
        if of_unit or of_grade or of_place or everybody:
            of = await tree.unit_id(of_unit) if of_unit else ""
            wanted.rule.CopyFrom(pb.GroupRule(unit_id=of, grade=of_grade, place=of_place, everybody=everybody))
        request = pb.CreateGroupRequest(
            group=wanted,
            account_ids=[await id_of(directory, each) for each in members],
            group_ids=[await group_id(directory, each) for each in nested],
        )
        made: pb.Group = await directory.groups.CreateGroup(request)
    show_one(_row(made), in_json=in_json)


@groups.command("list")
@click.option("--unit", default="", help="Only of this unit and those below it: a path of names, or an id.")
@click.option("--of", default="", help="Only those that this account is a member of, by whatever way.")
@as_json
@command
async def list_(unit: str, of: str, in_json: bool) -> None:
    """List groups by name."""
    async with connected() as directory:
        request = pb.ListGroupsRequest(
            unit_id=await Tree(directory).unit_id(unit) if unit else "",
            account_id=await id_of(directory, of) if of else "",
        )
        found = await every(directory.groups.ListGroups, request, "groups")
    show([_row(group) for group in found], _COLUMNS, in_json=in_json)


@groups.command("show")
@click.argument("group")
@as_json
@command
async def show_group(group: str, in_json: bool) -> None:
    """Show GROUP, given by name or id."""
    async with connected() as directory:
        found = await directory.groups.GetGroup(pb.GetGroupRequest(id=await group_id(directory, group)))
    show_one(_row(found), in_json=in_json)


@groups.command("members")
@click.argument("group")
@click.option("--all", "everybody", is_flag=True, help="All accounts, those of nested groups among them.")
@as_json
@command
async def members(group: str, everybody: bool, in_json: bool) -> None:
    """List the members of GROUP that you may see."""
    async with connected() as directory:
        request = pb.ListMembersRequest(id=await group_id(directory, group), everybody=everybody)
        found = await every(directory.groups.ListMembers, request, "members")
    show([_member(member) for member in found], ["kind", "name", "address", "id"], in_json=in_json)


@groups.command("change")
@click.argument("group")
@click.option("--add", "added", multiple=True, help="An account to put into it; may be repeated.")
@click.option("--remove", "removed", multiple=True, help="An account to take out of it; may be repeated.")
@click.option("--add-group", "nested", multiple=True, help="A group to put into it; may be repeated.")
@click.option("--remove-group", "freed", multiple=True, help="A group to take out of it; may be repeated.")
@click.option("--name", help="What it is called.")
@click.option("--description", help="What it is for.")
@click.option("--of-unit", help="By rule: persons in or below this unit. A rule is said whole.")
@click.option("--of-grade", help="By rule: persons of this grade.")
@click.option("--of-place", help="By rule: persons at this place.")
@click.option("--address", help="What is written there its members get; empty: it has none.")
@click.option("--writers", type=click.Choice(["members", "unit", "platform", "named"]), help="Who may write to it.")
@click.option("--writer", "named", multiple=True, help="An account that may, where the writers are named; said whole.")
@as_json
@command
async def change(
    group: str,
    added: tuple[str, ...],
    removed: tuple[str, ...],
    nested: tuple[str, ...],
    freed: tuple[str, ...],
    named: tuple[str, ...],
    in_json: bool,
    **said: str | None,
) -> None:
    """Put accounts and groups into GROUP, take others out, or change what it is called, its rule and its address."""
    members_said = bool(added or removed or nested or freed)
    described = {name: value for name, value in said.items() if value is not None}
    if not (members_said or described or named):
        raise WrongUsage("say what to change; see --help")
    async with connected() as directory:
        if described or named:
            changed = await _describe(directory, group, described, named)
            group = changed.id
        if members_said:
            changed = await _change_members(directory, group, added, removed, nested, freed)
    show_one(_row(changed), in_json=in_json)


async def _describe(directory: Connection, group: str, said: dict[str, str], named: Words) -> pb.Group:
    paths: list[str] = [name for name in _PLAIN if name in said]
    wanted = pb.Group(
        id=await group_id(directory, group),
        name=said.get("name", ""),
        description=said.get("description", ""),
        address=said.get("address", ""),
        writers=said.get("writers", ""),
    )
    if named:
        wanted.writer_ids.extend([await id_of(directory, each) for each in named])
        paths.append("writer_ids")
    if rule := {name: said[f"of_{name}"] for name in ("unit", "grade", "place") if f"of_{name}" in said}:
        unit = await Tree(directory).unit_id(rule["unit"]) if rule.get("unit") else ""
        wanted.rule.CopyFrom(pb.GroupRule(unit_id=unit, grade=rule.get("grade", ""), place=rule.get("place", "")))
        paths.append("rule")
    request = pb.UpdateGroupRequest(group=wanted, update_mask=FieldMask(paths=paths))
    return cast("pb.Group", await directory.groups.UpdateGroup(request))


async def _change_members(
    directory: Connection, group: str, added: Words, removed: Words, nested: Words, freed: Words
) -> pb.Group:
    request = pb.ChangeMembersRequest(
        id=await group_id(directory, group),
        add_account_ids=[await id_of(directory, each) for each in added],
        remove_account_ids=[await id_of(directory, each) for each in removed],
        add_group_ids=[await group_id(directory, each) for each in nested],
        remove_group_ids=[await group_id(directory, each) for each in freed],
    )
    return cast("pb.Group", await directory.groups.ChangeMembers(request))


@groups.command("remove")
@click.argument("group")
@command
async def remove(group: str) -> None:
    """End GROUP; those that hold it hold it no more."""
    async with connected() as directory:
        await directory.groups.DeleteGroup(pb.DeleteGroupRequest(id=await group_id(directory, group)))
