"""`workspace mail leaving`."""

from collections.abc import Sequence
from typing import Any, TextIO

import click
from google.protobuf.json_format import Parse, ParseError
from workspace.mail.v1 import leaving_pb2 as pb

from cli.commands.holders import holder_id
from cli.connection import connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one

_COLUMNS = ("of", "name", "action", "when", "text")


@click.group("leaving")
def leaving() -> None:
    """What may leave the accounts of a unit, and of those below it.

    UNIT is "Ministère/Direction", or an id. All rules of all units above an account hold for it.
    """


@leaving.command("show")
@click.argument("unit")
@as_json
@command
async def show_(unit: str, in_json: bool) -> None:
    """Show the rules of UNIT, and those that it has from above."""
    wanted = await holder_id(unit, of_unit=True)
    async with connected("mail") as mail:
        found = await mail.leaving.GetLeavingPolicy(pb.GetLeavingPolicyRequest(unit_id=wanted))
    _show(found, in_json)


@leaving.command("set")
@click.argument("unit")
@click.argument("rules", type=click.File(encoding="utf-8"))
@as_json
@command
async def set_(unit: str, rules: TextIO, in_json: bool) -> None:
    """Give UNIT the rules in the file RULES ("-": standard input), instead of those that it had.

    In JSON, as `show --json` has them in "given": {"rules": [{"name": …, "action": "LEAVING_ACTION_WARN", …}]}, with
    "approvers": [address, …] where a rule holds letters.
    """
    try:
        given = Parse(rules.read(), pb.LeavingRules())
    except (ParseError, UnicodeDecodeError) as error:
        raise WrongUsage(f"RULES cannot be read: {error}") from None
    wanted = await holder_id(unit, of_unit=True)
    async with connected("mail") as mail:
        found = await mail.leaving.SetLeavingPolicy(pb.SetLeavingPolicyRequest(unit_id=wanted, given=given))
    _show(found, in_json)


def _show(found: pb.LeavingPolicy, in_json: bool) -> None:
    if in_json:
        show_one(plain(found), in_json=True)
        return
    above = [row for each in found.inherited for row in _rows(each.unit_id, each.rules)]
    show([*above, *_rows(found.name, found.given.rules)], _COLUMNS, in_json=False)


def _rows(of: str, rules: Sequence[pb.LeavingRule]) -> list[dict[str, Any]]:
    told = ("of", "name", "action", "text")
    rows = []
    for rule in rules:
        when = [f"{field}: {_words(value)}" for field, value in plain(rule).items() if field not in told]
        action = pb.LeavingAction.Name(rule.action).removeprefix("LEAVING_ACTION_").lower()
        rows.append({"of": of, "name": rule.name, "action": action, "when": "; ".join(when), "text": rule.text})
    return rows


def _words(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value).removeprefix("LEAVING_TO_").lower()
