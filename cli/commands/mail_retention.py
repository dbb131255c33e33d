"""`workspace mail retention`."""

from typing import Any

import click
from workspace.mail.v1 import retention_pb2 as pb

from cli.commands.holders import held, holder, holder_id, wished
from cli.connection import Connection, connected
from cli.failures import command
from cli.output import as_json, plain, show_one

_FIELDS = ("deleted_days", "minimum_days", "trash_days", "junk_days", "all_days")


@click.group("retention")
def retention() -> None:
    """How long mail is kept, in days.

    WHO is an account, or with --unit a unit. What a unit is given holds for each account in it and below it; the
    nearest to the account counts, but of --minimum-days the longest.
    """


async def _found(mail: Connection, wanted: str, of_unit: bool) -> pb.UnitRetention | pb.AccountRetention:
    found: pb.UnitRetention | pb.AccountRetention
    if of_unit:
        found = await mail.retention.GetUnitRetention(pb.GetUnitRetentionRequest(unit_id=wanted))
    else:
        found = await mail.retention.GetAccountRetention(pb.GetAccountRetentionRequest(account_id=wanted))
    return found


def _row(found: pb.UnitRetention | pb.AccountRetention) -> dict[str, Any]:
    """What holds, each with whose it is."""
    return held(found.name if isinstance(found, pb.UnitRetention) else found.address, found, _FIELDS)


@retention.command("show")
@holder
@as_json
@command
async def show_(who: str, of_unit: bool, in_json: bool) -> None:
    """Show what holds for WHO, and whose it is."""
    wanted = await holder_id(who, of_unit)
    async with connected("mail") as mail:
        found = await _found(mail, wanted, of_unit)
    show_one(plain(found) if in_json else _row(found), in_json=in_json)


@retention.command("set")
@holder
@click.option("--deleted-days", type=int, help="So long what is deleted can be had back.")
@click.option("--minimum-days", type=int, help="So long after it came nothing is lost, whoever deletes it; 0: no rule.")
@click.option("--trash-days", type=int, help="So long a message stays in the trash; 0: for good.")
@click.option("--junk-days", type=int, help="So long a message stays in junk; 0: for good.")
@click.option("--all-days", type=int, help="So long a message stays in any mailbox but drafts; 0: for good.")
@click.option("--clear", is_flag=True, help="First take away all that WHO itself was given.")
@as_json
@command
async def set_(who: str, of_unit: bool, clear: bool, in_json: bool, **given: int | None) -> None:
    """Give WHO what is named; what is not named stays as it is. What it removes it removes from the next day on."""
    named = wished(given, clear=clear)
    wanted = await holder_id(who, of_unit)
    async with connected("mail") as mail:
        has = pb.Retention() if clear else (await _found(mail, wanted, of_unit)).given
        has.MergeFrom(pb.Retention(**named))
        found: pb.UnitRetention | pb.AccountRetention
        if of_unit:
            found = await mail.retention.SetUnitRetention(pb.SetUnitRetentionRequest(unit_id=wanted, given=has))
        else:
            request = pb.SetAccountRetentionRequest(account_id=wanted, given=has)
            found = await mail.retention.SetAccountRetention(request)
    show_one(plain(found) if in_json else _row(found), in_json=in_json)
