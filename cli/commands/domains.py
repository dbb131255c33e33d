"""`workspace domain`."""

from typing import Any

import click
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import domains_pb2 as pb

from cli.commands.accounts import id_of
from cli.connection import connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.paging import every
from cli.tree import Tree

STATES = {"active": pb.DOMAIN_STATE_ACTIVE, "closing": pb.DOMAIN_STATE_CLOSING}


def _row(domain: pb.MailDomain) -> dict[str, Any]:
    state = pb.DomainState.Name(domain.state).removeprefix("DOMAIN_STATE_").lower()
    return {**plain(domain), "state": state, "administrators": [each.address for each in domain.administrators]}


@click.group("domain")
def domains() -> None:
    """Mail domains of units."""


@domains.command("add")
@click.argument("name")
@click.option("--unit", required=True, help="Whose it is: a path of names, or an id.")
@click.option("--administrator", "administrators", multiple=True, help="An account of the unit; may be repeated.")
@as_json
@command
async def add(name: str, unit: str, administrators: tuple[str, ...], in_json: bool) -> None:
    """Give a unit the mail domain NAME: nobody else gives addresses in it from now on."""
    async with connected() as directory:
        wanted = pb.MailDomain(
            name=name,
            unit_id=await Tree(directory).unit_id(unit),
            administrator_ids=[await id_of(directory, each) for each in administrators],
        )
        made: pb.MailDomain = await directory.domains.CreateDomain(pb.CreateDomainRequest(domain=wanted))
    show_one(_row(made), in_json=in_json)


@domains.command("list")
@click.option("--unit", default="", help="Only of this unit and those below it: a path of names, or an id.")
@as_json
@command
async def list_(unit: str, in_json: bool) -> None:
    """List mail domains by name."""
    async with connected() as directory:
        request = pb.ListDomainsRequest(unit_id=await Tree(directory).unit_id(unit) if unit else "")
        found = await every(directory.domains.ListDomains, request, "domains")
    show([_row(domain) for domain in found], ["name", "state", "unit_id", "administrators"], in_json=in_json)


@domains.command("show")
@click.argument("name")
@as_json
@command
async def show_domain(name: str, in_json: bool) -> None:
    """Show the mail domain NAME."""
    async with connected() as directory:
        domain: pb.MailDomain = await directory.domains.GetDomain(pb.GetDomainRequest(name=name))
    show_one(_row(domain), in_json=in_json)


@domains.command("update")
@click.argument("name")
@click.option("--unit", help="Whose it is from now on: a path of names, or an id.")
@click.option("--state", type=click.Choice(list(STATES)), help='"closing" takes no new address, and still receives.')
@click.option("--administrator", "administrators", multiple=True, help="All its administrators; may be repeated.")
@click.option("--no-administrators", is_flag=True, help="It is administered with its unit alone.")
@as_json
@command
async def update(
    name: str,
    unit: str | None,
    state: str | None,
    administrators: tuple[str, ...],
    no_administrators: bool,
    in_json: bool,
) -> None:
    """Change the mail domain NAME."""
    named = bool(administrators) or no_administrators
    given = {"unit_id": unit is not None, "state": state is not None, "administrator_ids": named}
    fields = [field for field, wanted in given.items() if wanted]
    if not fields or (administrators and no_administrators):
        raise WrongUsage("say --unit, --state, --administrator or --no-administrators")
    async with connected() as directory:
        wanted = pb.MailDomain(
            name=name,
            unit_id=await Tree(directory).unit_id(unit) if unit else "",
            state=STATES[state] if state else pb.DOMAIN_STATE_UNSPECIFIED,
            administrator_ids=[await id_of(directory, each) for each in administrators],
        )
        request = pb.UpdateDomainRequest(domain=wanted, update_mask=FieldMask(paths=fields))
        changed: pb.MailDomain = await directory.domains.UpdateDomain(request)
    show_one(_row(changed), in_json=in_json)


@domains.command("remove")
@click.argument("name")
@command
async def remove(name: str) -> None:
    """End the mail domain NAME; nobody may have an address in it any more."""
    async with connected() as directory:
        await directory.domains.DeleteDomain(pb.DeleteDomainRequest(name=name))


@domains.command("open")
@click.argument("address")
@click.option("--for", "account", required=True, help="Whose it is to be: an account by address or id.")
@as_json
@command
async def open_(address: str, account: str, in_json: bool) -> None:
    """Give an account the further ADDRESS."""
    async with connected() as directory:
        request = pb.OpenAddressRequest(
            name=_domain_of(address), account_id=await id_of(directory, account), address=address
        )
        addresses: pb.DomainAddresses = await directory.domains.OpenAddress(request)
    show_one(plain(addresses), in_json=in_json)


@domains.command("close")
@click.argument("address")
@click.option("--of", "account", required=True, help="Whose it is: an account by its own address or id.")
@click.option("--forward-days", default=0, help="How long it forwards; 365 when absent.")
@as_json
@command
async def close(address: str, account: str, forward_days: int, in_json: bool) -> None:
    """Take the further ADDRESS from an account; it forwards for some days more."""
    async with connected() as directory:
        request = pb.CloseAddressRequest(
            name=_domain_of(address),
            account_id=await id_of(directory, account),
            address=address,
            forward_days=forward_days,
        )
        addresses: pb.DomainAddresses = await directory.domains.CloseAddress(request)
    show_one(plain(addresses), in_json=in_json)


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2]
