"""`workspace account`."""

from typing import Any

import click
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import addressbook_pb2, life_pb2, organisation_pb2
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Forbidden, NotFound
from cli.commands.sessions import from_stdin, read_password
from cli.connection import Connection, connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.tree import Tree

NATIONAL = "national"
ROLES = {
    "administrator": pb.ROLE_ADMINISTRATOR,
    "help-desk": pb.ROLE_HELP_DESK,
    "auditor": pb.ROLE_AUDITOR,
}
role_ = click.argument("role", type=click.Choice(list(ROLES)))
over_ = click.option("--unit", required=True, help=f'Over which unit and all below it, or "{NATIONAL}".')


def _row(account: pb.Account) -> dict[str, Any]:
    return {**plain(account), "suspended": account.suspended}


async def id_of(directory: Connection, given: str) -> str:
    """The id of an account given by address or by id; the help desk finds who is in the address book.

    Raises `NotFound`.
    """
    if "@" not in given:
        return given
    try:
        listed = await directory.accounts.ListAccounts(pb.ListAccountsRequest(address=given))
        ids = [each.id for each in listed.accounts]
    except Forbidden:
        book = await directory.people.SearchPeople(addressbook_pb2.SearchPeopleRequest(query=given))
        ids = [each.id for each in book.people if given.lower() in {each.address, *each.aliases}]
    if not ids:
        raise NotFound(f"There is no account {given}")
    return str(ids[0])


@click.group("account")
def accounts() -> None:
    """Agents' accounts."""


@accounts.command("add")
@click.argument("address")
@click.option("--name", required=True, help="The name that people see.")
@click.option("--unit", "unit", default="", help='Where it stands: "Ministère/Direction", or an id.')
@click.option("--staff-number", default="", help="The administration's own number of the person.")
@click.option("--alias", "aliases", multiple=True, help="A further address; may be repeated.")
@click.option("--administers", multiple=True, help=f'A unit that it administers, or "{NATIONAL}"; may be repeated.')
@click.option("--without-password", is_flag=True, help="Nobody can log in until a password is set.")
@from_stdin
@as_json
@command
async def add(
    address: str,
    name: str,
    unit: str,
    staff_number: str,
    aliases: tuple[str, ...],
    administers: tuple[str, ...],
    without_password: bool,
    password_stdin: bool,
    in_json: bool,
) -> None:
    """Open the account ADDRESS."""
    password = "" if without_password else read_password(password_stdin, new=True)
    async with connected() as directory:
        tree = Tree(directory)
        over = ["" if each == NATIONAL else await tree.unit_id(each) for each in administers]
        account = pb.Account(
            address=address,
            display_name=name,
            unit_id=await tree.unit_id(unit) if unit else "",
            staff_number=staff_number,
            aliases=aliases,
            roles=[pb.RoleGrant(role=pb.ROLE_ADMINISTRATOR, unit_id=each) for each in over],
        )
        made = await directory.accounts.CreateAccount(pb.CreateAccountRequest(account=account, password=password))
    show_one(_row(made), in_json=in_json)


@accounts.command("list")
@click.option("--unit", default="", help="Only below this unit: a path of names, or an id.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@as_json
@command
async def list_(unit: str, limit: int, in_json: bool) -> None:
    """List accounts by address."""
    found: list[pb.Account] = []
    token = ""
    async with connected() as directory:
        unit_id = await Tree(directory).unit_id(unit) if unit else ""
        while len(found) < limit:
            request = pb.ListAccountsRequest(unit_id=unit_id, page_size=min(500, limit - len(found)), page_token=token)
            answer = await directory.accounts.ListAccounts(request)
            found.extend(answer.accounts)
            token = answer.next_page_token
            if not token:
                break
    rows = [_row(account) for account in found]
    show(rows, ["address", "display_name", "staff_number", "suspended", "id"], in_json=in_json)
    if token:
        click.echo("there are more; see --limit", err=True)


@accounts.command("show")
@click.argument("account")
@as_json
@command
async def show_account(account: str, in_json: bool) -> None:
    """Show ACCOUNT, given by address or id."""
    async with connected() as directory:
        request = pb.GetAccountRequest(id=await id_of(directory, account))
        found = await directory.accounts.GetAccount(request)
    show_one(_row(found), in_json=in_json)


@accounts.command("change")
@click.argument("account")
@click.option("--name", "display_name", help="The name that people see.")
@click.option("--unit", help="Where it stands from now on: a path of names, or an id.")
@click.option("--alias", "aliases", multiple=True, help="A further address; those that are not said end.")
@click.option("--no-aliases", is_flag=True, help="It has no further address.")
@click.option("--post", "title", help='"Directeur du budget".')
@click.option("--grade")
@click.option("--place", help="Where the person works.")
@click.option("--phone")
@click.option("--mobile")
@click.option("--language", type=click.Choice(["fr", "en"]))
@as_json
@command
async def change(
    account: str, unit: str | None, aliases: tuple[str, ...], no_aliases: bool, in_json: bool, **said: str | None
) -> None:
    """Change what is said of ACCOUNT; an empty value takes it away."""
    if aliases and no_aliases:
        raise WrongUsage("say --alias or --no-aliases")
    known = {name: value for name, value in said.items() if value is not None}
    paths = [name if name == "display_name" else f"profile.{name}" for name in known]
    changed = pb.Account(display_name=known.pop("display_name", ""), profile=pb.Profile(**known), aliases=aliases)
    paths += ["aliases"] * bool(aliases or no_aliases) + ["unit_id"] * (unit is not None)
    if not paths:
        raise WrongUsage("say what to change; see --help")
    async with connected() as directory:
        changed.id = await id_of(directory, account)
        changed.unit_id = await Tree(directory).unit_id(unit) if unit else ""
        request = pb.UpdateAccountRequest(account=changed, update_mask=FieldMask(paths=paths))
        found = await directory.accounts.UpdateAccount(request)
    show_one(_row(found), in_json=in_json)


@accounts.command("readdress")
@click.argument("account")
@click.argument("address")
@click.option("--forward-days", default=0, help="How long the old address forwards; 365 when absent.")
@as_json
@command
async def readdress(account: str, address: str, forward_days: int, in_json: bool) -> None:
    """Make ADDRESS the one of ACCOUNT; letters to the old one arrive for a time."""
    async with connected() as directory:
        request = organisation_pb2.ChangeAddressRequest(
            id=await id_of(directory, account), address=address, forward_days=forward_days
        )
        found: pb.Account = await directory.organisation.ChangeAddress(request)
    show_one(_row(found), in_json=in_json)


@accounts.command("suspend")
@click.argument("account")
@as_json
@command
async def suspend(account: str, in_json: bool) -> None:
    """Keep ACCOUNT from logging in; its mail is still received."""
    async with connected() as directory:
        request = pb.SuspendAccountRequest(id=await id_of(directory, account))
        found = await directory.accounts.SuspendAccount(request)
    show_one(_row(found), in_json=in_json)


@accounts.command("restore")
@click.argument("account")
@as_json
@command
async def restore(account: str, in_json: bool) -> None:
    """Let a suspended ACCOUNT log in again."""
    async with connected() as directory:
        request = pb.RestoreAccountRequest(id=await id_of(directory, account))
        found = await directory.accounts.RestoreAccount(request)
    show_one(_row(found), in_json=in_json)


@accounts.command("depart")
@click.argument("account")
@click.option("--successor", default="", help="Who gets the mailbox; nobody without.")
@as_json
@command
async def depart(account: str, successor: str, in_json: bool) -> None:
    """Let ACCOUNT go: suspended now, deleted after the legal delay, and until then to be restored."""
    async with connected() as directory:
        request = life_pb2.DepartAccountRequest(
            id=await id_of(directory, account), successor_id=await id_of(directory, successor) if successor else ""
        )
        departure = await directory.departures.DepartAccount(request)
    show_one(plain(departure), in_json=in_json)


@accounts.command("set-password")
@click.argument("account")
@from_stdin
@command
async def set_password(account: str, password_stdin: bool) -> None:
    """Set a new password of ACCOUNT; all its sessions end.

    For the own account the current password is asked for first; it is the first line of --password-stdin then.
    """
    async with connected() as directory:
        account_id = await id_of(directory, account)
        own = await directory.accounts.GetOwnAccount(pb.GetOwnAccountRequest())
        current = ""
        if account_id == own.id:
            current = read_password(password_stdin, new=False, called="Current password")
        new = read_password(password_stdin, new=True, called="New password")
        request = pb.SetPasswordRequest(id=account_id, current_password=current, new_password=new)
        await directory.accounts.SetPassword(request)
    click.echo(f"{account} has a new password; its sessions have ended")


@accounts.command("grant")
@click.argument("account")
@role_
@over_
@as_json
@command
async def grant(account: str, role: str, unit: str, in_json: bool) -> None:
    """Give ACCOUNT a role: administrator, help-desk (resets credentials) or auditor (reads the audit log)."""
    await _change_roles(account, role, unit, in_json=in_json, given=True)


@accounts.command("revoke")
@click.argument("account")
@role_
@over_
@as_json
@command
async def revoke(account: str, role: str, unit: str, in_json: bool) -> None:
    """Take a role from ACCOUNT."""
    await _change_roles(account, role, unit, in_json=in_json, given=False)


async def _change_roles(account: str, role: str, unit: str, *, in_json: bool, given: bool) -> None:
    async with connected() as directory:
        over = "" if unit == NATIONAL else await Tree(directory).unit_id(unit)
        wanted = pb.RoleGrant(role=ROLES[role], unit_id=over)
        found = await directory.accounts.GetAccount(pb.GetAccountRequest(id=await id_of(directory, account)))
        others = [each for each in found.roles if each != wanted]
        if not given and len(others) == len(found.roles):
            raise NotFound(f"{found.address} does not hold this role there")
        changed = pb.Account(id=found.id, roles=[*others, wanted] if given else others)
        request = pb.UpdateAccountRequest(account=changed, update_mask=FieldMask(paths=["roles"]))
        found = await directory.accounts.UpdateAccount(request)
    show_one(_row(found), in_json=in_json)
