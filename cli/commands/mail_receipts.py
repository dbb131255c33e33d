"""`workspace mail receipts`."""

from typing import Any

import click
from workspace.mail.v1 import receipts_pb2 as pb

from cli.commands.holders import holder_id
from cli.connection import connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show_one

_PREFIX = "RECEIPT_MANNER_"
# "above": what a unit was given is taken away.
_CHOICES = {
    "above": pb.RECEIPT_MANNER_UNSPECIFIED,
    "never": pb.RECEIPT_MANNER_NEVER,
    "ask": pb.RECEIPT_MANNER_ASK,
    "always": pb.RECEIPT_MANNER_ALWAYS,
}


@click.group("receipts")
def receipts() -> None:
    """Whether senders who want to know that their letters are read are told so.

    UNIT is "Ministère/Direction", or an id. What it is given holds for each account in it and below it; the nearest to
    the account counts.
    """


@receipts.command("show")
@click.argument("unit")
@as_json
@command
async def show_(unit: str, in_json: bool) -> None:
    """Show what UNIT was given, and what holds for its accounts."""
    wanted = await holder_id(unit, of_unit=True)
    async with connected("mail") as mail:
        found = await mail.receipt_policies.GetReceiptPolicy(pb.GetReceiptPolicyRequest(unit_id=wanted))
    _show(found, in_json)


@receipts.command("set")
@click.argument("unit")
@click.option("--inside", type=click.Choice([*_CHOICES]), help="For letters of senders inside the administration.")
@click.option("--outside", type=click.Choice([*_CHOICES]), help="For letters of senders outside it.")
@as_json
@command
async def set_(unit: str, inside: str | None, outside: str | None, in_json: bool) -> None:
    """Give UNIT what is named; what is not named stays as it is. "above": as in the unit above."""
    if inside is None and outside is None:
        raise WrongUsage("neither --inside nor --outside")
    wanted = await holder_id(unit, of_unit=True)
    async with connected("mail") as mail:
        found = await mail.receipt_policies.GetReceiptPolicy(pb.GetReceiptPolicyRequest(unit_id=wanted))
        given = found.given
        if inside is not None:
            given.inside = _CHOICES[inside]
        if outside is not None:
            given.outside = _CHOICES[outside]
        found = await mail.receipt_policies.SetReceiptPolicy(pb.SetReceiptPolicyRequest(unit_id=wanted, given=given))
    _show(found, in_json)


def _show(found: pb.ReceiptPolicy, in_json: bool) -> None:
    show_one(plain(found) if in_json else _row(found), in_json=in_json)


def _row(found: pb.ReceiptPolicy) -> dict[str, Any]:
    row: dict[str, Any] = {"of": found.name}
    for name in ("inside", "outside"):
        given, holds = getattr(found.given, name), getattr(found.holds, name)
        whose = "given" if given != pb.RECEIPT_MANNER_UNSPECIFIED else "from above"
        row[name] = f"{pb.ReceiptManner.Name(holds).removeprefix(_PREFIX).lower()} ({whose})"
    return row
