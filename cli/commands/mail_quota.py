"""`workspace mail quota`."""

import re
from typing import Any

import click
from workspace.mail.v1 import pools_pb2 as pools_pb
from workspace.mail.v1 import quotas_pb2 as pb

from cli.commands.holders import held, holder, holder_id, wished
from cli.connection import Connection, connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show_one

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_FIELDS = ("octets", "messages", "foreign_recipients_hour", "foreign_recipients_day", "recipients_hour")


@click.group("quota")
def quota() -> None:
    """How much accounts may keep, and how many people they may write to.

    WHO is an account, or with --unit a unit. What a unit is given holds for each account in it and below it; the
    nearest to the account counts.
    """


def _octets(_: click.Context, __: click.Parameter, given: str) -> int | None:
    if not given:
        return None
    found = re.fullmatch(r"(\d{1,15})([KMGT]?)", given.upper())
    if found is None:
        raise click.BadParameter("a number, and K, M, G or T: 500M, 20G")
    return int(found[1]) * _UNITS[found[2]]


async def _found(mail: Connection, wanted: str, of_unit: bool) -> pb.UnitAllotment | pb.AccountAllotment:
    found: pb.UnitAllotment | pb.AccountAllotment
    if of_unit:
        found = await mail.quotas.GetUnitAllotment(pb.GetUnitAllotmentRequest(unit_id=wanted))
    else:
        found = await mail.quotas.GetAccountAllotment(pb.GetAccountAllotmentRequest(account_id=wanted))
    return found


def _row(found: pb.UnitAllotment | pb.AccountAllotment) -> dict[str, Any]:
    """What holds, each with whose it is, and beside it what an account keeps."""
    if isinstance(found, pb.UnitAllotment):
        return held(found.name, found, _FIELDS)
    usage = found.usage
    row = held(found.address, found, _FIELDS)
    for each in usage.shared:
        row[f"shared_by_{each.unit_name or each.unit_id}"] = f"{each.octets_taken} of {each.octets_allowed} octets"
    return row | {
        "octets_kept": usage.octets,
        "messages_kept": usage.messages,
        "full_since": plain(usage).get("full_since"),
        "written_this_hour": found.recipients_this_hour,
        "written_to_others_today": found.foreign_recipients_today,
    }


@quota.command("show")
@holder
@as_json
@command
async def show_(who: str, of_unit: bool, in_json: bool) -> None:
    """Show what holds for WHO, whose it is, and how much of it is used."""
    wanted = await holder_id(who, of_unit)
    async with connected("mail") as mail:
        found = await _found(mail, wanted, of_unit)
    show_one(plain(found) if in_json else _row(found), in_json=in_json)


@quota.command("set")
@holder
@click.option("--octets", default="", callback=_octets, help="What may be kept: 500M, 20G.")
@click.option("--messages", type=int, help="How many messages may be kept.")
@click.option("--foreign-recipients-hour", type=int, help="Recipients in other domains, an hour.")
@click.option("--foreign-recipients-day", type=int, help="Recipients in other domains, a day.")
@click.option("--recipients-hour", type=int, help="Recipients anywhere, an hour.")
@click.option("--clear", is_flag=True, help="First take away all that WHO itself was given.")
@as_json
@command
async def set_(who: str, of_unit: bool, clear: bool, in_json: bool, **given: int | None) -> None:
    """Give WHO what is named; what is not named stays as it is."""
    named = wished(given, clear=clear)
    wanted = await holder_id(who, of_unit)
    async with connected("mail") as mail:
        has = pb.Allotment() if clear else (await _found(mail, wanted, of_unit)).given
        has.MergeFrom(pb.Allotment(**named))
        found: pb.UnitAllotment | pb.AccountAllotment
        if of_unit:
            found = await mail.quotas.SetUnitAllotment(pb.SetUnitAllotmentRequest(unit_id=wanted, given=has))
        else:
            request = pb.SetAccountAllotmentRequest(account_id=wanted, given=has)
            found = await mail.quotas.SetAccountAllotment(request)
    show_one(plain(found) if in_json else _row(found), in_json=in_json)


@quota.command("pool")
@click.argument("unit")
@click.option("--octets", default="", callback=_octets, help="What its accounts share: 500G, 20T.")
@click.option("--clear", is_flag=True, help="They share nothing any more; each has what it may keep.")
@as_json
@command
async def pool(unit: str, octets: int | None, clear: bool, in_json: bool) -> None:
    """Show what all accounts in UNIT and below it share, or with --octets give them so much together.

    Whoever administers the unit above gives it.
    """
    if clear and octets is not None:
        raise WrongUsage("either --octets or --clear")
    wanted = await holder_id(unit, True)
    async with connected("mail") as mail:
        if clear or octets is not None:
            given = pools_pb.PoolGift(octets=octets)
            found = await mail.pools.SetPool(pools_pb.SetPoolRequest(unit_id=wanted, given=given))
        else:
            found = await mail.pools.GetPool(pools_pb.GetPoolRequest(unit_id=wanted))
    show_one(plain(found) if in_json else _pool_row(found), in_json=in_json)


def _pool_row(found: pools_pb.Pool) -> dict[str, Any]:
    told = plain(found)
    shared = str(found.given.octets) if found.given.HasField("octets") else "nothing"
    taken = f"{found.octets_taken}{' (still counting)' if found.counting else ''}"
    return {"of": found.name, "octets_shared": shared, "octets_taken": taken, "full_since": told.get("full_since")}


@quota.command("recount")
@click.argument("account")
@as_json
@command
async def recount(account: str, in_json: bool) -> None:
    """Count anew what ACCOUNT keeps, message by message."""
    wanted = await holder_id(account, False)
    async with connected("mail") as mail:
        found = await mail.quotas.RecountUsage(pb.RecountUsageRequest(account_id=wanted))
    show_one(plain(found), in_json=in_json)


@quota.command("lift")
@click.argument("account")
@as_json
@command
async def lift(account: str, in_json: bool) -> None:
    """Let ACCOUNT, which wrote to too many, go on before the hour or the day ends."""
    wanted = await holder_id(account, False)
    async with connected("mail") as mail:
        found = await mail.quotas.LiftSendingLimit(pb.LiftSendingLimitRequest(account_id=wanted))
    show_one(plain(found) if in_json else _row(found), in_json=in_json)
